"""Answers that give a mail away in parts: its HTML for a frame, its source, its attachments."""

import asyncio
from urllib.parse import quote

from starlette.responses import HTMLResponse, Response

from pillarbox.base.errors import NotFound
from pillarbox.console.mail_view import attachment_content, view_mail, without_nul
from pillarbox.console.protection import MAIL_CSP

#: Octets of a source that a page shows.
SHOWN = 200_000


async def html_answer(raw: bytes) -> Response:
    """Give its HTML, for a frame without scripts, network and our origin."""
    view = await asyncio.to_thread(view_mail, raw)
    headers = {"Content-Security-Policy": MAIL_CSP, "X-Frame-Options": "SAMEORIGIN"}
    return HTMLResponse(view.html, headers=headers)


def source_answer(raw: bytes, name: str) -> Response:
    """Give the whole mail as a file."""
    return Response(raw, media_type="message/rfc822", headers=to_save(f"{name}.eml"))


async def attachment_answer(raw: bytes, number: str) -> Response:
    """Give an attachment, always as a file to save; raises NotFound."""
    part = (
        await asyncio.to_thread(attachment_content, raw, int(number))
        if number.isdecimal() and len(number) < 6
        else None
    )
    if part is None:
        raise NotFound("There is no such attachment.")
    return Response(part[1], media_type="application/octet-stream", headers=to_save(part[0].name))


def to_save(name: str) -> dict[str, str]:
    """Give the header of a file to save under a name, whatever is in that (RFC 6266, RFC 8187)."""
    return {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(name, safe='')}"}


def shown_source(raw: bytes) -> tuple[str, bool]:
    """Give a source as text, and whether that is all of it."""
    return without_nul(raw[:SHOWN].decode("utf-8", "replace")), len(raw) <= SHOWN
