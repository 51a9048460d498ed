"""One message: what happened to it, its recipients, its content; its queue in the hand."""

import asyncio

from starlette.responses import Response

from pillarbox.console.form import FormError
from pillarbox.console.mail_answers import (
    attachment_answer,
    html_answer,
    shown_source,
    source_answer,
)
from pillarbox.console.mail_view import view_mail
from pillarbox.console.page import act, show
from pillarbox.console.timeline import timeline
from pillarbox.console.visit import Visit
from pillarbox.manage.seen import queue as manage
from pillarbox.manage.seen.messages import MOST_EVENTS, find_message, get_content, get_message
from pillarbox.manage.seen.queue import Change
from pillarbox.model.queue_filter import QueueFilter
from pillarbox.model.user import Role

PATH = "/{account}/messages/{id}"
#: What is done to the recipients that wait, and to those that are set aside.
CHANGES: dict[str, tuple[Change, str]] = {
    "retry": (manage.retry_portion, "due now"),
    "hold": (manage.hold_portion, "set aside"),
    "release": (manage.release_portion, "in the queue again"),
    "cancel": (manage.cancel_portion, "given up"),
}


async def message(visit: Visit) -> Response:
    """Show a message."""
    message_id = visit.label("id")
    found = await visit.read(lambda conn: get_message(conn, visit.account_id, message_id))
    raw = found.content or b""
    view = await asyncio.to_thread(view_mail, raw)
    source, whole = shown_source(raw)
    states = {one.state for one in found.recipients}
    return visit.page(
        "message.html",
        found=found,
        message_id=message_id,
        base=_url(visit),
        view=view,
        source=source,
        whole=whole,
        moments=timeline(found),
        cut=len(found.events) >= MOST_EVENTS,
        waits=bool(states & {"queued", "in delivery"}),
        held="held" in states,
    )


async def html(visit: Visit) -> Response:
    """Give its HTML, for a frame."""
    return await html_answer(await _content(visit))


async def source(visit: Visit) -> Response:
    """Give the whole mail as a file."""
    return source_answer(await _content(visit), visit.label("id"))


async def attachment(visit: Visit) -> Response:
    """Give an attachment."""
    return await attachment_answer(await _content(visit), visit.label("number"))


async def change(visit: Visit) -> Response:
    """Retry, hold or release its recipients."""
    what = visit.form.text("what")
    if what not in CHANGES or what == "cancel":
        raise FormError({"": "There is nothing of that name to do."})
    return await _change(visit, what)


async def ask_cancel(visit: Visit) -> Response:
    """Ask whether its recipients are to be given up."""
    message_id = visit.label("id")
    found = await visit.read(lambda conn: find_message(conn, visit.account_id, message_id))
    return visit.confirm(
        title=f"Give up “{found.subject or 'this message'}”?",
        text="Its recipients that wait or are set aside are not tried again, and no event tells "
        "of it. What is being delivered at this moment is left alone.",
        button="Give it up",
        back=_url(visit),
    )


async def cancel(visit: Visit) -> Response:
    """Give its recipients up."""
    return await _change(visit, "cancel")


async def _change(visit: Visit, what: str) -> Response:
    function, words = CHANGES[what]
    message_id, account_id, now = visit.label("id"), visit.account_id, visit.now
    found = await visit.read(lambda conn: find_message(conn, account_id, message_id))
    chosen = QueueFilter(account_id=account_id, message_id=found.id)
    changed = await visit.change(
        f"message.{what}", message_id, lambda conn: function(conn, chosen, now)
    )
    done = f"{changed} recipient{' is' if changed == 1 else 's are'} {words}."
    return visit.redirect(_url(visit), done if changed else "Nobody's mail was left to change.")


async def _content(visit: Visit) -> bytes:
    return await visit.read(lambda conn: get_content(conn, visit.account_id, visit.label("id")))


def _url(visit: Visit) -> str:
    return visit.url(f"/messages/{visit.label('id')}")


PAGES = (
    show(PATH, Role.VIEWER, message),
    act(PATH, Role.OPERATOR, change, message),
    show(f"{PATH}/html", Role.VIEWER, html),
    show(f"{PATH}/source", Role.VIEWER, source),
    show(f"{PATH}/attachments/{{number}}", Role.VIEWER, attachment),
    show(f"{PATH}/cancel", Role.OPERATOR, ask_cancel),
    act(f"{PATH}/cancel", Role.OPERATOR, cancel),
)
