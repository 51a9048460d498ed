"""Events on their way: how far destinations are behind; dead letters, replayed or discarded."""

import json

from starlette.responses import Response

from pillarbox.base.errors import NotFound
from pillarbox.base.ids import uuid_text
from pillarbox.console.listing import MOST_SORTED, SIZE, listing, paging_of, path_of, token_of
from pillarbox.console.page import act, show
from pillarbox.console.row_id import row_id
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.steps import Step, go_on, take_step
from pillarbox.console.visit import Visit
from pillarbox.manage.paging import Page
from pillarbox.manage.seen import backlog
from pillarbox.model.user import Role
from pillarbox.store.publishing.dead_letters import DeadLetter, page_dead_letters
from pillarbox.store.publishing.lag import COUNT_MOST

PATH = "/{account}/events"
DEAD = f"{PATH}/dead"
_ONE = f"{DEAD}/{{event}}/{{destination}}"
_ALL = f"{PATH}/destinations/{{destination}}"
SORTS = (
    Sort("name", "name"),
    Sort("waiting", "lag.waiting", falling=True),
    Sort("oldest", "lag.since"),
    Sort("dead", "lag.dead", falling=True),
)
#: Dead letters are in the order of their events.
WHEN = Sort("event", "event_id", falling=True)


async def destinations(visit: Visit) -> Response:
    """List the destinations of all configuration sets, with what they have not got.

    By name they come a page at a time, in another order the first MOST_SORTED at once.
    """
    behind, sorting = visit.query.get("behind", "") == "on", sorting_of(visit, *SORTS)
    paged = sorting.first
    page = await visit.read(
        lambda conn: backlog.list_backlog(
            conn,
            paging_of(visit, "event-destinations"),
            token=token_of(visit) if paged else None,
            size=SIZE if paged else MOST_SORTED,
            behind=behind,
            now=visit.now,
        )
    )
    cut = MOST_SORTED if page.next_token and not paged else 0
    if not paged:
        page = Page(tuple(sorting.arrange(page.items)), None)
    return visit.page(
        "events.html",
        list=listing(visit, page),
        behind=behind,
        sorting=sorting,
        cut=cut,
        count_most=COUNT_MOST,
    )


async def dead(visit: Visit) -> Response:
    """List dead letters, the newest events first, or the oldest."""
    sorting = sorting_of(visit, WHEN)
    chosen = visit.query.get("destination", "")
    destination_id = row_id(chosen) if chosen else None
    before = _cursor(visit.query.get("before", ""))
    found = await visit.read(
        lambda conn: page_dead_letters(
            conn,
            visit.account_id,
            destination_id=destination_id,
            before=before,
            limit=SIZE + 1,
            oldest_first=not sorting.falling,
        )
    )
    letters, url = found[:SIZE], visit.request.url
    last = letters[-1] if len(found) > SIZE else None
    past = f"{last.event_id.hex()}{last.destination_id.hex()}" if last else ""
    return visit.page(
        "dead_letters.html",
        letters=letters,
        chosen=chosen,
        sorting=sorting,
        first=path_of(url.remove_query_params("before")) if before else "",
        next=path_of(url.include_query_params(before=past)) if past else "",
    )


async def dead_letter(visit: Visit) -> Response:
    """Show one, with the record of its event."""
    event_id, destination_id = row_id(visit.label("event")), row_id(visit.label("destination"))
    letter, record = await visit.read(
        lambda conn: backlog.get_dead_letter(conn, visit.account_id, event_id, destination_id)
    )
    text = json.dumps(record, indent=2, ensure_ascii=False) if record else ""
    return visit.page("dead_letter.html", letter=letter, record=text, id=uuid_text(event_id))


async def replay(visit: Visit) -> Response:
    """Publish one again."""
    event_id, destination_id = row_id(visit.label("event")), row_id(visit.label("destination"))
    await visit.change(
        "dead-letter.replay",
        f"{uuid_text(event_id)} {uuid_text(destination_id)}",
        lambda conn: _one_of(
            backlog.replay_portion(
                conn, visit.account_id, destination_id, event_id=event_id, now=visit.now
            )
        ),
    )
    return visit.redirect(visit.url("/events/dead"), "It is published again, with 3 new days.")


async def ask_discard(visit: Visit) -> Response:
    """Ask whether one is to go."""
    event, destination = visit.label("event"), visit.label("destination")
    return visit.confirm(
        title="Discard this dead letter?",
        text="Its destination will never get this event. The message itself is left alone.",
        button="Discard",
        back=visit.url(f"/events/dead/{event}/{destination}"),
    )


async def discard(visit: Visit) -> Response:
    """Discard one."""
    event_id, destination_id = row_id(visit.label("event")), row_id(visit.label("destination"))
    await visit.change(
        "dead-letter.discard",
        f"{uuid_text(event_id)} {uuid_text(destination_id)}",
        lambda conn: _one_of(
            backlog.discard_portion(conn, visit.account_id, destination_id, event_id=event_id)
        ),
    )
    return visit.redirect(visit.url("/events/dead"), "It is discarded.")


async def ask_replay_all(visit: Visit) -> Response:
    """Ask whether all of a destination are to be published again."""
    letter = await _newest(visit)
    return visit.confirm(
        title=f"Publish all dead letters of {letter.destination} again?",
        text="They go in the order of their events, each with 3 new days. What it can't take is "
        "refused again.",
        button="Publish again",
        back=_dead_of(visit),
        danger=False,
    )


async def replay_all(visit: Visit) -> Response:
    """Publish all of a destination again."""
    letter, account_id, now = await _newest(visit), visit.account_id, visit.now
    step = await take_step(
        visit,
        lambda conn: backlog.replay_portion(conn, account_id, letter.destination_id, now=now),
        backlog.PORTION,
    )
    await _note(visit, "dead-letter.replay", letter, step)
    text = f"{step.done:,} events are published again."
    if step.more and await _some_left(visit):
        title = f"Dead letters of {letter.destination}"
        return go_on(visit, step, title=title, text=text, back=_dead_of(visit))
    return visit.redirect(_dead_of(visit), text)


async def ask_discard_all(visit: Visit) -> Response:
    """Ask whether all of a destination are to go."""
    letter = await _newest(visit)
    return visit.confirm(
        title=f"Discard all dead letters of {letter.destination}?",
        text="It will never get these events. Their messages are left alone.",
        button="Discard all",
        back=_dead_of(visit),
    )


async def discard_all(visit: Visit) -> Response:
    """Discard all of a destination."""
    letter, account_id = await _newest(visit), visit.account_id
    step = await take_step(
        visit,
        lambda conn: backlog.discard_portion(conn, account_id, letter.destination_id),
        backlog.PORTION,
    )
    await _note(visit, "dead-letter.discard", letter, step)
    text = f"{step.done:,} dead letters are discarded."
    if step.more and await _some_left(visit):
        title = f"Dead letters of {letter.destination}"
        return go_on(visit, step, title=title, text=text, back=_dead_of(visit))
    return visit.redirect(visit.url("/events/dead"), text)


async def _newest(visit: Visit) -> DeadLetter:
    destination_id = row_id(visit.label("destination"))
    return await visit.read(lambda conn: backlog.letters_of(conn, visit.account_id, destination_id))


async def _note(visit: Visit, action: str, letter: DeadLetter, step: Step) -> None:
    await visit.change(action, letter.destination, lambda _conn: None, events=step.changed)


async def _some_left(visit: Visit) -> bool:
    """Tell whether there is work for another step, which needs a dead letter to begin with."""
    destination_id = row_id(visit.label("destination"))
    left = await visit.read(
        lambda conn: page_dead_letters(
            conn, visit.account_id, destination_id=destination_id, limit=1
        )
    )
    return bool(left)


def _one_of(number: int) -> None:
    if not number:
        raise NotFound("This dead letter is not there any more.")


def _dead_of(visit: Visit) -> str:
    return visit.url(f"/events/dead?destination={visit.label('destination')}")


def _cursor(text: str) -> tuple[bytes, bytes] | None:
    return (row_id(text[:32]), row_id(text[32:])) if text else None


PAGES = (
    show(PATH, Role.VIEWER, destinations),
    show(DEAD, Role.VIEWER, dead),
    show(_ONE, Role.VIEWER, dead_letter),
    act(f"{_ONE}/replay", Role.OPERATOR, replay, dead_letter),
    show(f"{_ONE}/discard", Role.OPERATOR, ask_discard),
    act(f"{_ONE}/discard", Role.OPERATOR, discard, ask_discard),
    show(f"{_ALL}/replay", Role.OPERATOR, ask_replay_all),
    act(f"{_ALL}/replay", Role.OPERATOR, replay_all, ask_replay_all),
    show(f"{_ALL}/discard", Role.OPERATOR, ask_discard_all),
    act(f"{_ALL}/discard", Role.OPERATOR, discard_all, ask_discard_all),
)
