"""The message of a `Simple` content, composed (RFC 5322, RFC 2045, RFC 2046 §5.1.4).

Takes the caller's texts and the parsed mailboxes; hands on the whole message with CRLF line ends:
header fields in a fixed order, then a text part, an HTML part, or both as multipart/alternative,
with inline files as multipart/related and attached ones as multipart/mixed around them. Bcc is
never written.
"""

from pillarbox.model.send import Attachment, SimpleContent
from pillarbox.proto.mime.addresses import Mailbox
from pillarbox.proto.mime.attachment import encode_attachment
from pillarbox.proto.mime.body import encode_part
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.headers import address_line, check_header_name, stamp_lines, text_line
from pillarbox.proto.mime.multipart import Entity, Pieces, lay_out
from pillarbox.proto.mime.single_headers import check_single

_MAX_EXTRA, _MAX_NAME, _MAX_VALUE = 15, 126, 995  # facts §3
_OUR_NAMES = """
from to cc bcc reply-to subject date message-id mime-version return-path dkim-signature received
resent-bcc feedback-id
"""
_OURS = frozenset(_OUR_NAMES.split())


def compose_simple(
    content: SimpleContent,
    *,
    from_: Mailbox,
    to: tuple[Mailbox, ...] = (),
    cc: tuple[Mailbox, ...] = (),
    reply_to: tuple[Mailbox, ...] = (),
    date_ms: int,
    message_id: str,
    boundary: str,
) -> bytes:
    """Compose the message. `message_id` has no angle brackets; `boundary` is a fresh random token.

    Raises MimeError, with a text for the caller, for what can't be composed.
    """
    head = address_head(from_, to, cc, reply_to)
    stamp = stamp_lines(date_ms, message_id)
    return compose_under(head, content, stamp=stamp, boundary=boundary)


def compose_parts(head: bytes, content: SimpleContent, *, stamp: bytes, boundary: str) -> Pieces:
    """Compose a message as `compose_under` does; give its header section, blank line included, and
    its body in pieces.

    Raises MimeError.
    """
    subject = text_line("Subject", content.subject.data, content.subject.charset)
    extra = b"".join(extra_lines(content.headers))
    fields, octets = _with_files(_texts(content, boundary), content.attachments, boundary)
    end = b"" if octets[-1].endswith(b"\r\n") else b"\r\n"
    lines = (head, subject, extra, stamp, b"MIME-Version: 1.0\r\n", fields, b"\r\n")
    return b"".join(lines), (*octets, end)


def address_head(
    from_: Mailbox,
    to: tuple[Mailbox, ...],
    cc: tuple[Mailbox, ...],
    reply_to: tuple[Mailbox, ...],
) -> bytes:
    """Write the fields that name mailboxes. Raises MimeError."""
    head = [address_line("From", (from_,))]
    for name, mailboxes in (("To", to), ("Cc", cc), ("Reply-To", reply_to)):
        if mailboxes:
            head.append(address_line(name, mailboxes))
    return b"".join(head)


def compose_under(head: bytes, content: SimpleContent, *, stamp: bytes, boundary: str) -> bytes:
    """Compose a message whose first fields are written; `stamp`: those of its date and id.

    Raises MimeError.
    """
    written, body = compose_parts(head, content, stamp=stamp, boundary=boundary)
    return b"".join((written, *body))


def extra_lines(headers: tuple[tuple[str, str], ...]) -> list[bytes]:
    """Write the caller's own fields (SES v2 Simple.Headers).

    Raises MimeError for those it may not set.
    """
    if len(headers) > _MAX_EXTRA:
        raise MimeError(f"The number of headers exceeds {_MAX_EXTRA}.")
    check_single(name for name, _ in headers)
    return [_extra_line(name, value) for name, value in headers]


def _extra_line(name: str, value: str) -> bytes:
    check_header_name(name)
    if len(name) > _MAX_NAME or len(value) > _MAX_VALUE:
        raise MimeError("The header is too long.")
    lower = name.lower()
    if lower in _OURS or lower.startswith(("content-", "x-ses-")):
        raise MimeError(f"The header '{name}' can't be set.")
    return text_line(name, value.strip(" \t"))


def _texts(content: SimpleContent, boundary: str) -> Pieces:
    """Encode the text part, the HTML part, or both as alternatives."""
    parts = [
        _in_pieces(encode_part(kind, text.data, text.charset))
        for kind, text in (("text/plain", content.text), ("text/html", content.html))
        if text is not None
    ]
    if not parts:
        raise MimeError("The body has neither a text nor an HTML part.")
    return parts[0] if len(parts) == 1 else lay_out("alternative", parts, boundary)


def _with_files(texts: Pieces, attachments: tuple[Attachment, ...], boundary: str) -> Pieces:
    """Put inline files beside the HTML that shows them, and the others after the message."""
    inline = [_in_pieces(encode_attachment(one)) for one in attachments if one.inline]
    attached = [_in_pieces(encode_attachment(one)) for one in attachments if not one.inline]
    if inline:
        texts = lay_out("related", [texts, *inline], f"=_related{boundary}")
    if attached:
        texts = lay_out("mixed", [texts, *attached], f"=_mixed{boundary}")
    return texts


def _in_pieces(entity: Entity) -> Pieces:
    fields, octets = entity
    return fields, (octets,)
