"""The suppression list: who is on it and why, adding, taking off, the account's rule."""

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.base.errors import ApiError
from pillarbox.console.form import FormError, blame
from pillarbox.console.listing import SIZE, listing, paging_of, token_of
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.account import get_account, put_suppressed_reasons
from pillarbox.manage.paging import Page
from pillarbox.manage.recipients import suppression as manage
from pillarbox.manage.recipients.suppression import SuppressionFilter
from pillarbox.model.account import SUPPRESSION_REASONS
from pillarbox.model.list_order import NAME
from pillarbox.model.user import Role
from pillarbox.store.lists.suppression import SuppressedRow

PATH = "/{account}/suppression"
_BELOW = "/suppression"
SORTS = (Sort("address", NAME), Sort("since", "updated_at", falling=True))


async def suppression(visit: Visit) -> Response:
    """List it, by address or time; or look one address up."""
    address, reason = visit.query.get("address", "").strip(), visit.query.get("reason", "")
    sorting = sorting_of(visit, *SORTS)
    wanted = SuppressionFilter(reasons=[reason] if reason in SUPPRESSION_REASONS else [])

    def find(conn: Connection) -> tuple[Page[SuppressedRow], tuple[str, ...]]:
        reasons = get_account(conn, visit.account_id, now=visit.now).suppressed_reasons
        if address:
            return Page(_one(conn, visit.account_id, address), None), reasons
        paging = paging_of(visit, "suppression", sorting)
        page = manage.list_suppressed(conn, paging, token=token_of(visit), size=SIZE, wanted=wanted)
        return page, reasons

    page, reasons = await visit.read(find)
    return visit.page(
        "suppression.html",
        list=listing(visit, page),
        sorting=sorting,
        address=address,
        reason=reason,
        reasons=reasons,
    )


async def add(visit: Visit) -> Response:
    """Put an address on it."""
    address, reason = visit.form.text("new"), visit.form.text("new-reason")
    if reason not in SUPPRESSION_REASONS:
        raise FormError({"new-reason": "Choose one."})
    with blame("new"):
        await visit.change(
            "suppression.add",
            address,
            lambda conn: manage.put_suppressed(
                conn, visit.account_id, address, reason=reason, now=visit.now
            ),
            reason=reason,
        )
    return visit.redirect(visit.url(_BELOW), f"{address} is sent nothing more.")


async def remove(visit: Visit) -> Response:
    """Take an address off it."""
    address = visit.form.text("address")
    await visit.change(
        "suppression.remove",
        address,
        lambda conn: manage.delete_suppressed(conn, visit.account_id, address),
    )
    return visit.redirect(visit.url(_BELOW), f"{address} can be sent to again.")


async def save_rule(visit: Visit) -> Response:
    """Say for which reasons recipients get on it and are held back."""
    chosen = [one for one in SUPPRESSION_REASONS if one in visit.form.all("reason")]
    await visit.change(
        "suppression.rule",
        visit.account_id,
        lambda conn: put_suppressed_reasons(conn, visit.account_id, chosen),
        reasons=", ".join(chosen) or "none",
    )
    return visit.redirect(visit.url(_BELOW), "Saved. Configuration sets may have their own rule.")


def _one(conn: Connection, account_id: str, address: str) -> tuple[SuppressedRow, ...]:
    try:
        return (manage.get_suppressed(conn, account_id, address),)
    except ApiError:
        return ()


PAGES = (
    show(PATH, Role.VIEWER, suppression),
    act(PATH, Role.OPERATOR, add, suppression),
    act(f"{PATH}/remove", Role.OPERATOR, remove, suppression),
    act(f"{PATH}/rule", Role.OPERATOR, save_rule, suppression),
)
