"""Messages looked for: by recipient, sender, id, tag, state, time and subject, from either end."""

import time
from dataclasses import dataclass

from starlette.responses import Response

from pillarbox.base.ids import row_id_of, ses_message_id, uuid7_ms
from pillarbox.console.asked import asked_text, moment_of
from pillarbox.console.form import FormError
from pillarbox.console.page import show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.seen.messages import search_messages
from pillarbox.manage.seen.queue import STATE_NAMES
from pillarbox.model.message_search import FoundMessages, MessageQuery
from pillarbox.model.user import Role

PATH = "/{account}/messages"
_BELOW = "/messages"
DAY_MS = 86_400_000
#: The span of time when none is given.
DAYS = 7
#: Looking goes on to the next portion while less than this has passed.
SECONDS = 0.1
WHEN = Sort("accepted", "created_at", falling=True)
STATES = {name: state for state, name in STATE_NAMES.items()}
NOTHING = FoundMessages(items=(), next=None, full=False)
_FIELDS = ("id", "recipient", "sender", "subject", "tag", "state", "since", "until")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, by field, to be shown again."""

    typed: dict[str, str]

    @property
    def narrowed(self) -> bool:
        """Whether anything is asked for beside a span of time."""
        return any(self.typed[name] for name in _FIELDS[1:6])


async def messages(visit: Visit) -> Response:
    """Show the form and a page of what it finds."""
    message_id = asked_text(visit, "id")
    if row_id_of(message_id) is not None:
        return visit.redirect(visit.url(f"{_BELOW}/{message_id}"))
    asked = Asked({name: asked_text(visit, name) for name in _FIELDS})
    try:
        wanted = _query(visit, asked.typed)
    except FormError as error:
        visit.problems = error.problems
        return _page(visit, asked, status=error.status)
    before, ends = _cursor(visit.query.get("before", "")), time.monotonic() + SECONDS
    found = await visit.read(
        lambda conn: search_messages(conn, wanted, before, lambda: time.monotonic() < ends)
    )
    return _page(visit, asked, found, further=before is not None)


def _page(
    visit: Visit,
    asked: Asked,
    found: FoundMessages = NOTHING,
    *,
    further: bool = False,
    status: int = 200,
) -> Response:
    own = visit.request.url.remove_query_params("before")
    region = visit.services.settings.service.region
    query = f"{own.query}&" if own.query else ""
    return visit.page(
        "messages.html",
        status=status,
        asked=asked,
        found=found,
        sorting=sorting_of(visit, WHEN),
        states=STATES,
        message_id_of=lambda row_id: ses_message_id(row_id, region),
        names=STATE_NAMES,
        reached=uuid7_ms(found.next) if found.next else 0,
        first=visit.url(f"{_BELOW}?{own.query}") if further else "",
        next=visit.url(f"{_BELOW}?{query}before={found.next.hex()}") if found.next else "",
    )


def _query(visit: Visit, typed: dict[str, str]) -> MessageQuery:
    """Read the form; raises FormError."""
    if typed["id"]:
        raise FormError({"id": "This is no message id: sending gives one."})
    since, until = moment_of("since", typed["since"]), moment_of("until", typed["until"])
    until = until if until is not None else visit.now + 60_000
    since = since if since is not None else min(visit.now, until) - DAYS * DAY_MS
    if since >= until:
        raise FormError({"until": "This is not after the other."})
    if typed["state"] not in {"", *STATES}:
        raise FormError({"state": "Choose one."})
    recipient = typed["recipient"]
    whole = "@" in recipient[1:-1]
    return MessageQuery(
        account_id=visit.account_id,
        since=since,
        until=until,
        recipient=recipient if whole else None,
        recipient_part=None if whole else recipient or None,
        sender=typed["sender"] or None,
        subject=typed["subject"] or None,
        tag=_tag(typed["tag"]),
        state=STATES.get(typed["state"]),
        oldest_first=not sorting_of(visit, WHEN).falling,
    )


def _tag(text: str) -> tuple[str, str | None] | None:
    name, equals, value = text.partition("=")
    return (name.strip(), value.strip() if equals else None) if text else None


def _cursor(text: str) -> bytes | None:
    try:
        return bytes.fromhex(text) or None
    except ValueError:
        return None


PAGES = (show(PATH, Role.VIEWER, messages),)
