"""A mail as a person looks at it: headers, HTML, text, attachments, source.

Takes the bytes of a message; the standard library's parser takes any bytes. The HTML is shown in a
frame without scripts and network, so it is handed on as it is but for its inline images, whose
`cid:` addresses (RFC 2392) become `data:` ones.
"""

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, MIMEPart
from urllib.parse import unquote

MAX_SHOWN = 1_000_000
MAX_IMAGE = 5_000_000
_CID = re.compile(r"""cid:([^"'\s)>]+)""", re.IGNORECASE)
_IMAGE = re.compile(r"image/(png|jpeg|gif|webp|bmp|x-icon)")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file in a mail. `number`: its place among the parts, by which it is asked for."""

    number: int
    name: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MailView:
    """What is shown of a mail; `html` and `text` are cut at a million characters."""

    headers: tuple[tuple[str, str], ...]
    html: str
    text: str
    attachments: tuple[Attachment, ...]

    def header(self, name: str) -> str:
        """Give the first header of a name, decoded; empty when there is none."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), "")


def view_mail(raw: bytes) -> MailView:
    """Read a message."""
    parsed = _parse(raw)
    return MailView(
        headers=tuple((name, _shown(value)) for name, value in parsed.items()),
        html=_with_images(_body(parsed, "html"), parsed),
        text=_body(parsed, "plain"),
        attachments=tuple(_attachments(parsed)),
    )


def read_headers(raw: bytes) -> MailView:
    """Read a message's headers alone, for a list of many."""
    head = re.split(rb"\r?\n\r?\n", raw, maxsplit=1)[0]
    parsed = _parse(head + b"\r\n\r\n")
    headers = tuple((name, _shown(value)) for name, value in parsed.items())
    return MailView(headers=headers, html="", text="", attachments=())


def attachment_content(raw: bytes, number: int) -> tuple[Attachment, bytes] | None:
    """Give an attachment with its content, None when there is none of this number."""
    for one, part in _attached_parts(_parse(raw)):
        if one.number == number:
            return one, _content(part)
    return None


def _parse(raw: bytes) -> EmailMessage:
    parsed = message_from_bytes(raw, policy=policy.default)
    assert isinstance(parsed, EmailMessage)  # noqa: S101 - what the policy makes
    return parsed


def without_nul(text: str) -> str:
    """Give a text for a page: HTML has no NUL, and browsers differ in what they make of one."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")


def _shown(value: object) -> str:
    return without_nul(" ".join(str(value).split()))


def _body(parsed: EmailMessage, kind: str) -> str:
    try:
        part = parsed.get_body((kind,))
    except (AttributeError, LookupError):  # multiparts that are none
        return ""
    if part is None:
        return ""
    charset = part.get_content_charset("utf-8")
    try:
        text = _content(part).decode(charset, "replace")
    except LookupError:
        text = _content(part).decode("utf-8", "replace")
    return without_nul(text[:MAX_SHOWN])


def _content(part: MIMEPart) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def _attachments(parsed: EmailMessage) -> Iterator[Attachment]:
    for one, _ in _attached_parts(parsed):
        yield one


def _attached_parts(parsed: EmailMessage) -> Iterator[tuple[Attachment, EmailMessage]]:
    for number, part in enumerate(parsed.walk()):
        if part.is_multipart() or not isinstance(part, EmailMessage):
            continue
        name = part.get_filename("")
        if part.get_content_disposition() != "attachment" and not name:
            continue
        size = len(_content(part))
        yield Attachment(number, name or "attachment", part.get_content_type(), size), part


def _with_images(html: str, parsed: EmailMessage) -> str:
    images = {
        str(part.get("Content-ID", "")).strip().strip("<>"): part
        for part in parsed.walk()
        if isinstance(part, EmailMessage) and _IMAGE.fullmatch(part.get_content_type())
    }

    def inline(found: re.Match[str]) -> str:
        part = images.get(unquote(found[1]))
        content = _content(part) if part is not None else b""
        if part is None or not content or len(content) > MAX_IMAGE:
            return found[0]
        return f"data:{part.get_content_type()};base64,{base64.b64encode(content).decode()}"

    return _CID.sub(inline, html) if images else html
