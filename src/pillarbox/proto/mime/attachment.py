"""An attached file as a MIME entity (RFC 2045, RFC 2183, RFC 2231, RFC 2392).

Takes the file with what the caller says of it; hands on its Content-* fields and encoded octets.
What the caller doesn't say is decided by the file name.
"""

import mimetypes
import re
from urllib.parse import quote

from pillarbox.model.send import Attachment
from pillarbox.proto.mime.attachment_types import check_file_name
from pillarbox.proto.mime.body import find_long_line, write_base64, write_quoted_printable
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.headers import text_line
from pillarbox.proto.mime.multipart import Entity
from pillarbox.proto.mime.params import MIME_ATOM

_TYPES = mimetypes.MimeTypes()  # Python's own table: the same on every machine
_UNKNOWN = "application/octet-stream"
_TYPE = re.compile(
    rf'{MIME_ATOM}/{MIME_ATOM}(?:[ ]*;[ ]*{MIME_ATOM}=(?:{MIME_ATOM}|"[ !#-\[\]-~]*"))*'
)
_CONTENT_ID = re.compile(r"[!-;=?-~]{1,76}")
_PLAIN_NAME = re.compile(r"[ !#-\[\]-~]{1,60}")
_SECTION = 60
_UNBROKEN = re.compile(rb"(?<!\r)\n|\r(?!\n)|\x00")


def encode_attachment(attachment: Attachment) -> Entity:
    """Encode one attachment.

    Raises MimeError for a name, type or id that can't stand in a header, a kind of file that mail
    services don't carry, and data that its transfer encoding can't hold.
    """
    name = attachment.file_name
    if not name or re.search(r"[\x00-\x1f\x7f]", name):
        raise MimeError("The file name of an attachment is empty or has control characters.")
    check_file_name(name)
    encoding, octets = _encode(attachment)
    disposition = "inline" if attachment.inline else "attachment"
    fields = [
        f"Content-Type: {_content_type(attachment)}{_parameter('name', name)}\r\n",
        f"Content-Disposition: {disposition}{_parameter('filename', name)}\r\n",
        f"Content-Transfer-Encoding: {encoding}\r\n",
        _content_id(attachment.content_id),
    ]
    written = "".join(fields).encode("ascii")
    if attachment.description:
        written += text_line("Content-Description", attachment.description)
    return written, octets


def _content_type(attachment: Attachment) -> str:
    given = attachment.content_type
    if given is None:
        guessed = _TYPES.guess_type(attachment.file_name, strict=False)[0] or _UNKNOWN
        return guessed if not _is_composite(guessed) else _UNKNOWN
    if not _TYPE.fullmatch(given):
        raise MimeError("The content type of an attachment can't be read.")
    if _is_composite(given):
        raise MimeError("An attachment can't be of a multipart or message type.")
    return given


def _is_composite(kind: str) -> bool:
    """Tell whether a type may not be base64, since it holds parts itself (RFC 2045 §6.4)."""
    return kind.lower().startswith(("multipart/", "message/"))


def _encode(attachment: Attachment) -> tuple[str, bytes]:
    data = attachment.data
    if attachment.encoding == "BASE64":
        return "base64", write_base64(data)
    if attachment.encoding == "QUOTED_PRINTABLE":
        if _UNBROKEN.search(data):
            raise MimeError("Quoted-printable is for text with CRLF line ends: use BASE64.")
        return "quoted-printable", write_quoted_printable(data)
    if not data.isascii() or _UNBROKEN.search(data) or find_long_line(data) is not None:
        raise MimeError("The data of an attachment is not 7bit: use BASE64.")
    return "7bit", data


def _content_id(content_id: str | None) -> str:
    if content_id is None:
        return ""
    bare = content_id.removeprefix("<").removesuffix(">")
    if not _CONTENT_ID.fullmatch(bare):
        raise MimeError("The content id of an attachment can't stand in a header.")
    return f"Content-ID: <{bare}>\r\n"


def _parameter(name: str, value: str) -> str:
    """Write a parameter on a line of its own, or in numbered sections (RFC 2231 §3, §4)."""
    if _PLAIN_NAME.fullmatch(value):
        return f';\r\n {name}="{value}"'
    written = quote(value, safe="", errors="replace")
    sections = [written[at : at + _SECTION] for at in range(0, len(written), _SECTION)]
    first = f";\r\n {name}*0*=UTF-8''{sections[0]}"
    rest = (f";\r\n {name}*{number}*={one}" for number, one in enumerate(sections[1:], 1))
    return first + "".join(rest)
