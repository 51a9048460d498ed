"""Capture mode's inbox: mail as it would have arrived, the newest first."""

import asyncio
from dataclasses import dataclass
from itertools import islice
from urllib.parse import quote

from starlette.responses import HTMLResponse, Response

from pillarbox.base.errors import NotFound
from pillarbox.console.mail_view import attachment_content, read_headers, view_mail
from pillarbox.console.page import show
from pillarbox.console.protection import MAIL_CSP
from pillarbox.console.visit import Visit
from pillarbox.deliver.capture import CapturedMessage, captured_files, read_captured
from pillarbox.model.user import Role

PATH = "/{account}/captured"
_ONE = f"{PATH}/{{name}}"
SIZE = 30
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


async def captured(visit: Visit) -> Response:
    """Show the inbox; it follows by itself."""
    before = visit.query.get("before", "")
    lines = await asyncio.to_thread(_lines, visit, before)
    more = lines[SIZE - 1].name if len(lines) > SIZE else ""
    return visit.page("captured.html", lines=lines[:SIZE], more=more, before=before)


async def one(visit: Visit) -> Response:
    """Show a captured mail."""
    found = await _find(visit)
    view = await asyncio.to_thread(view_mail, found.raw)
    return visit.page(
        "captured_one.html",
        mail=found,
        view=view,
        base=visit.url(f"/captured/{visit.label('name')}"),
        source=found.raw[:200_000].decode("utf-8", "replace"),
        whole=len(found.raw) <= 200_000,
    )


async def html(visit: Visit) -> Response:
    """Give its HTML, for a frame without scripts, network and our origin."""
    found = await _find(visit)
    view = await asyncio.to_thread(view_mail, found.raw)
    return HTMLResponse(
        view.html, headers={"Content-Security-Policy": MAIL_CSP, "X-Frame-Options": "SAMEORIGIN"}
    )


async def source(visit: Visit) -> Response:
    """Give the whole mail as a file."""
    found = await _find(visit)
    headers = {"Content-Disposition": f'attachment; filename="{found.message_id}.eml"'}
    return Response(found.raw, media_type="message/rfc822", headers=headers)


async def attachment(visit: Visit) -> Response:
    """Give an attachment, always as a file to save."""
    found, number = await _find(visit), visit.label("number")
    part = (
        await asyncio.to_thread(attachment_content, found.raw, int(number))
        if number.isdecimal() and len(number) < 6
        else None
    )
    if part is None:
        raise NotFound("There is no such attachment.")
    headers = {
        "Content-Disposition": f"attachment; filename*=UTF-8''{quote(part[0].name, safe='')}"
    }
    return Response(part[1], media_type="application/octet-stream", headers=headers)


def _lines(visit: Visit, before: str) -> list[CapturedLine]:
    files = captured_files(visit.services.settings.captured_folder, visit.account_id)
    if before:
        files = (file for file in files if _name(file.name) < before)
    found = []
    for file in islice(files, SIZE + 1):
        mail = read_captured(file)
        if mail is not None:
            found.append(_line(_name(file.name), mail))
    return found


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
