"""The front page, and an account's home."""

from starlette.responses import Response

from pillarbox.console.page import show
from pillarbox.console.visit import Visit
from pillarbox.model.user import Role


async def front(visit: Visit) -> Response:
    """Go to the only account, or let choose one."""
    if len(visit.accounts) == 1:
        return visit.redirect(f"/console/{visit.accounts[0].id}")
    return visit.page("accounts.html")


async def home(visit: Visit) -> Response:
    """Show how the account is doing."""
    return visit.page("home.html")


PAGES = (show("", Role.VIEWER, front), show("/{account}", Role.VIEWER, home))
