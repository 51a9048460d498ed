"""What waits for delivery, by destination; try it now, set it aside, let it go on, give it up."""

from collections.abc import Sequence

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.form import FormError
from pillarbox.console.page import act, show
from pillarbox.console.visit import Visit
from pillarbox.manage import queue as manage
from pillarbox.manage.queue import Change
from pillarbox.model.queue_filter import LaneInQueue, QueueFilter
from pillarbox.model.user import Role

PATH = "/{account}/queue"
_BELOW = "/queue"
SHOWN = 100
#: Portions that one click changes at most; what is left is said.
MOST_PORTIONS = 50
CHANGES: dict[str, tuple[Change, str]] = {
    "retry": (manage.retry_portion, "are due now"),
    "hold": (manage.hold_portion, "are set aside"),
    "release": (manage.release_portion, "are in the queue again"),
    "cancel": (manage.cancel_portion, "are given up"),
}


async def queue(visit: Visit) -> Response:
    """Show what waits and what is set aside."""
    chosen = QueueFilter(account_id=visit.account_id)

    def find(conn: Connection) -> tuple[Sequence[LaneInQueue], Sequence[LaneInQueue]]:
        return manage.list_lanes(conn, chosen), manage.list_lanes(conn, chosen, held=True)

    waiting, held = await visit.read(find)
    return visit.page(
        "queue.html",
        waiting=waiting[:SHOWN],
        held=held[:SHOWN],
        more=max(0, len(waiting) - SHOWN),
        total=sum(one.recipients for one in waiting),
    )


async def ask_cancel(visit: Visit) -> Response:
    """Ask whether a domain's mail is to be given up."""
    domain = visit.label("domain")
    return visit.confirm(
        title=f"Give up all mail to {domain}?",
        text="Its recipients are not tried again, and no event tells of it. What is being "
        "delivered at this moment is left alone.",
        button="Give it up",
        back=visit.url(_BELOW),
    )


async def cancel(visit: Visit) -> Response:
    """Give a domain's mail up."""
    return await _change(visit, visit.label("domain"), "cancel")


async def change(visit: Visit) -> Response:
    """Retry, hold or release a domain's mail."""
    what = visit.form.text("what")
    if what not in CHANGES or what == "cancel":
        raise FormError({"": "There is nothing of that name to do."})
    return await _change(visit, visit.label("domain"), what)


async def _change(visit: Visit, domain: str, what: str) -> Response:
    """Change a portion after the other, so that nobody waits long for the writer's turn."""
    function, words = CHANGES[what]
    chosen = QueueFilter(account_id=visit.account_id, domain=domain)
    changed, now = 0, visit.now
    for _ in range(MOST_PORTIONS):
        portion = await visit.services.store.write(lambda conn: function(conn, chosen, now))
        changed += portion
        if portion < manage.PORTION:
            break
    await visit.change(f"queue.{what}", domain, lambda _conn: None, recipients=changed)
    return visit.redirect(visit.url(_BELOW), f"{changed} recipients at {domain} {words}.")


PAGES = (
    show(PATH, Role.VIEWER, queue),
    act(f"{PATH}/{{domain}}", Role.OPERATOR, change, queue),
    show(f"{PATH}/{{domain}}/cancel", Role.OPERATOR, ask_cancel),
    act(f"{PATH}/{{domain}}/cancel", Role.OPERATOR, cancel, queue),
)
