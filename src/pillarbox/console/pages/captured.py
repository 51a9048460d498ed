"""Capture mode's inbox: mail as it would have arrived, the newest first, or the oldest."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass

from starlette.responses import Response

from pillarbox.base.errors import NotFound
from pillarbox.console.asked import asked_text
from pillarbox.console.listing import path_of
from pillarbox.console.mail_answers import (
    attachment_answer,
    html_answer,
    shown_source,
    source_answer,
)
from pillarbox.console.mail_view import read_headers, view_mail
from pillarbox.console.page import show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.deliver.capture import CapturedMessage, captured_files, read_captured
from pillarbox.model.user import Role

PATH = "/{account}/captured"
_ONE = f"{PATH}/{{name}}"
SIZE = 30
#: A page of those that have a text is looked for while less than this has passed.
SECONDS = 0.1
WHEN = Sort("captured", "captured_at", falling=True)
_HEX = frozenset("0123456789abcdef-")


@dataclass(frozen=True, slots=True, kw_only=True)
class CapturedLine:
    """A line of the inbox; `name`: its file, without what follows the recipient's position."""

    name: str
    recipient: str
    sender: str
    subject: str
    captured_at: int
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundLines:
    """A page of the inbox. `more`: the name past which the next page begins, "" when there is none.
    `reached`: the time of the mail at which looking stopped before the page was full, 0 otherwise.
    """

    lines: Sequence[CapturedLine]
    more: str = ""
    reached: int = 0


async def captured(visit: Visit) -> Response:
    """Show the inbox, or what is found in it; it follows by itself."""
    before, wanted = visit.query.get("before", ""), asked_text(visit, "text")
    url = visit.request.url
    found = await asyncio.to_thread(_find_lines, visit, before, wanted.lower())
    return visit.page(
        "captured.html",
        lines=found.lines,
        wanted=wanted,
        reached=found.reached,
        sorting=sorting_of(visit, WHEN),
        first=path_of(url.remove_query_params("before")) if before else "",
        next=path_of(url.include_query_params(before=found.more)) if found.more else "",
    )


async def one(visit: Visit) -> Response:
    """Show a captured mail."""
    found = await _find(visit)
    view = await asyncio.to_thread(view_mail, found.raw)
    text, whole = shown_source(found.raw)
    return visit.page(
        "captured_one.html",
        mail=found,
        view=view,
        base=visit.url(f"/captured/{visit.label('name')}"),
        source=text,
        whole=whole,
    )


async def html(visit: Visit) -> Response:
    """Give its HTML, for a frame."""
    return await html_answer((await _find(visit)).raw)


async def source(visit: Visit) -> Response:
    """Give the whole mail as a file."""
    found = await _find(visit)
    return source_answer(found.raw, found.message_id)


async def attachment(visit: Visit) -> Response:
    """Give an attachment."""
    return await attachment_answer((await _find(visit)).raw, visit.label("number"))


def _find_lines(visit: Visit, before: str, wanted: str) -> FoundLines:
    """Read a page past a mail: of all, or of those that have a text in lower case; of these so many
    as are found in time.
    """
    files = captured_files(
        visit.services.settings.captured_folder,
        visit.account_id,
        past=before,
        oldest_first=not sorting_of(visit, WHEN).falling,
    )
    found: list[CapturedLine] = []
    ends = time.monotonic() + SECONDS
    for file in files:
        mail = read_captured(file)
        if mail is None:
            continue
        line = _line(_name(file.name), mail)
        if wanted in f"{line.subject}\0{line.recipient}\0{line.sender}".lower():
            if len(found) == SIZE:
                return FoundLines(lines=found, more=found[-1].name)
            found.append(line)
        if wanted and time.monotonic() >= ends:
            return FoundLines(lines=found, more=line.name, reached=line.captured_at)
    return FoundLines(lines=found)


def _name(file: str) -> str:
    """Give `ID-POSITION` of a file's name."""
    return file.rpartition("-")[0]


def _line(name: str, mail: CapturedMessage) -> CapturedLine:
    return CapturedLine(
        name=name,
        recipient=mail.recipient,
        sender=mail.sender,
        subject=read_headers(mail.raw).header("subject"),
        captured_at=mail.captured_at,
        size=len(mail.raw),
    )


async def _find(visit: Visit) -> CapturedMessage:
    """Give a captured mail of this account; raises NotFound."""
    name = visit.label("name")
    if not set(name) <= _HEX:
        raise NotFound("There is no such mail.")
    folder, account_id = visit.services.settings.captured_folder, visit.account_id

    def find() -> CapturedMessage | None:
        files = folder.glob(f"*/{name}-{account_id}.json")
        file = next(files, None)
        return read_captured(file) if file else None

    found = await asyncio.to_thread(find)
    if found is None:
        raise NotFound("There is no such mail.")
    return found


PAGES = (
    show(PATH, Role.VIEWER, captured),
    show(_ONE, Role.VIEWER, one),
    show(f"{_ONE}/html", Role.VIEWER, html),
    show(f"{_ONE}/source", Role.VIEWER, source),
    show(f"{_ONE}/attachments/{{number}}", Role.VIEWER, attachment),
)
