"""What waits for delivery, by destination; try it now, set it aside, let it go on, give it up."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.form import FormError
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, Sorting, sorting_of
from pillarbox.console.steps import go_on, take_step
from pillarbox.console.visit import Visit
from pillarbox.manage.seen import queue as manage
from pillarbox.manage.seen.queue import Change
from pillarbox.model.queue_filter import LaneInQueue, QueueFilter
from pillarbox.model.user import Role

PATH = "/{account}/queue"
_BELOW = "/queue"
SHOWN = 100
SORTS = (
    Sort("waiting", "recipients", falling=True),
    Sort("destination", "domain"),
    Sort("delivery", "in_flight", falling=True),
    Sort("due", "next_due"),
)
#: Counting ends here: the page is looked at most when a queue is long, and follows it.
MOST_COUNTED = 50_000
CHANGES: dict[str, tuple[Change, str]] = {
    "retry": (manage.retry_portion, "are due now"),
    "hold": (manage.hold_portion, "are set aside"),
    "release": (manage.release_portion, "are in the queue again"),
    "cancel": (manage.cancel_portion, "are given up"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """The first lanes in the order that is chosen, and how many other lanes there are.

    `total`: recipients of all of them; `bounded`: counting has ended, so that there may be more.
    """

    lanes: Sequence[LaneInQueue]
    others: int
    total: int
    bounded: bool


async def queue(visit: Visit) -> Response:
    """Show what waits and what is set aside."""
    wanted, sorting = visit.query.get("domain", "").strip(), sorting_of(visit, *SORTS)

    def find(conn: Connection) -> tuple[Shown, Shown]:
        account_id = visit.account_id
        waiting = manage.list_some_lanes(conn, account_id, most=MOST_COUNTED)
        held = manage.list_some_lanes(conn, account_id, held=True, most=MOST_COUNTED)
        return _shown(waiting, wanted, sorting), _shown(held, wanted, sorting)

    waiting, held = await visit.read(find)
    return visit.page(
        "queue.html",
        waiting=waiting,
        held=held,
        sorting=sorting,
        domain=wanted,
        most_counted=MOST_COUNTED,
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


def _shown(lanes: Sequence[LaneInQueue], wanted: str, sorting: Sorting) -> Shown:
    """Choose those with a part in their domains, and of these the first."""
    found = [one for one in lanes if wanted.lower() in one.domain]
    return Shown(
        lanes=sorting.arrange(found)[:SHOWN],
        others=max(0, len(found) - SHOWN),
        total=sum(one.recipients for one in found),
        bounded=sum(one.recipients for one in lanes) >= MOST_COUNTED,
    )


async def _change(visit: Visit, domain: str, what: str) -> Response:
    """Do a step of it; with many recipients another follows."""
    function, words = CHANGES[what]
    chosen, now = QueueFilter(account_id=visit.account_id, domain=domain), visit.now
    step = await take_step(visit, lambda conn: function(conn, chosen, now), manage.PORTION)
    await visit.change(f"queue.{what}", domain, lambda _conn: None, recipients=step.changed)
    text, back = f"{step.done:,} recipients at {domain} {words}.", visit.url(_BELOW)
    if step.more:
        return go_on(visit, step, title=f"Mail to {domain}", text=text, back=back, what=what)
    return visit.redirect(back, text)


PAGES = (
    show(PATH, Role.VIEWER, queue),
    act(f"{PATH}/{{domain}}", Role.OPERATOR, change, queue),
    show(f"{PATH}/{{domain}}/cancel", Role.OPERATOR, ask_cancel),
    act(f"{PATH}/{{domain}}/cancel", Role.OPERATOR, cancel, queue),
)
