"""The front page, and an account's home."""

from starlette.responses import Response

from pillarbox.console.page import show
from pillarbox.console.visit import Visit
from pillarbox.manage.first_steps import first_steps
from pillarbox.model.user import Role


async def front(visit: Visit) -> Response:
    """Go to the only account, or let choose one."""
    if len(visit.accounts) == 1:
        return visit.redirect(f"/console/{visit.accounts[0].id}")
    return visit.page("accounts.html")


async def home(visit: Visit) -> Response:
    """Show what is left to do at first, and how the account is doing."""
    services = visit.services
    steps = await visit.read(
        lambda conn: first_steps(
            conn,
            visit.account_id,
            everything_verified=services.everything_verified,
            capturing=services.settings.capturing,
        )
    )
    return visit.page("home.html", steps=steps)


PAGES = (show("", Role.VIEWER, front), show("/{account}", Role.VIEWER, home))
