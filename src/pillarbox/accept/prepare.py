"""Making a request ready to be decided: addresses parsed, content composed or finished.

Takes a SendRequest; hands on a Prepared. What is wrong with tags and with the sender's address is
told at once; what is wrong with the rest of the content is kept in `problem`, since the account,
the configuration set and the identity come first.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Literal

import msgspec

from pillarbox.accept.prepared import Party, Prepared
from pillarbox.accept.templated import SharedUse, begin_body
from pillarbox.base.clock import iso8601
from pillarbox.base.errors import BadRequest
from pillarbox.base.ids import ses_message_id, uuid7
from pillarbox.model.send import RawContent, SendRequest, SimpleContent, TemplatedContent
from pillarbox.proto.mime.addresses import Mailbox, parse_address
from pillarbox.proto.mime.compose import address_head, compose_parts
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.events import common_headers, event_headers
from pillarbox.proto.mime.feedback_id import feedback_id
from pillarbox.proto.mime.headers import stamp_lines
from pillarbox.proto.mime.raw import (
    RawMessage,
    check_raw,
    finish_parts,
    header_mailboxes,
    header_recipients,
    parse_raw,
)
from pillarbox.proto.mime.ses_headers import (
    SesHeaders,
    check_tags,
    parse_list_management,
    read_ses_headers,
)
from pillarbox.proto.mime.unsubscribe import UNSUBSCRIBE_FIELDS, without_unsubscribe

_ANGLE = re.compile(r"<([^<>]*)>\s*$")
Api = Literal["v1", "v2"]
#: How many octets of a header section the event record may look at.
_HEAD = 300 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Stamp:
    """What makes this message this message: its row id, its time, its boundary, our domain."""

    id: bytes
    now: int
    boundary: str
    region: str
    message_id_domain: str

    @classmethod
    def make(cls, now: int, region: str, message_id_domain: str, token: str) -> "Stamp":
        """Make a fresh one; `token` gives random text for the boundary."""
        return cls(
            id=uuid7(now),
            now=now,
            boundary=f"----=_Part_{token}",
            region=region,
            message_id_domain=message_id_domain,
        )

    @property
    def message_id(self) -> str:
        """The message id as the API gives it."""
        return ses_message_id(self.id, self.region)

    @property
    def message_id_header(self) -> str:
        """The same as the Message-ID header has it, without the brackets."""
        return f"{self.message_id}@{self.message_id_domain}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Composed:
    """What either kind of content comes to.

    `head`: the header section and its blank line; of a message with a template, nothing. `body`:
    the rest, in pieces: it is put together once. `shown`: the octets whose headers the event record
    shows, with the caller's X-SES-* fields. `return_path`: what the message's own Return-Path field
    says.
    """

    head: bytes
    body: Sequence[bytes | memoryview]
    shown: bytes
    senders: tuple[Party, ...]
    recipients: tuple[Party, ...]
    options: SesHeaders = field(default_factory=SesHeaders)
    return_path: str | None = None
    problem: BadRequest | None = None


def prepare(
    request: SendRequest, stamp: Stamp, api: Api = "v2", shared: SharedUse | None = None
) -> Prepared:
    """Prepare one request; `api`: whose rules for message tags apply.

    `shared`: of a request with a template, what its call's messages share.

    Raises BadRequest for tags and sender addresses that can't be taken.
    """
    try:
        check_tags(request.tags, api)
        composed = _compose(request, stamp)
        check_tags(composed.options.tags or ())
        contact_list = request.contact_list
        if contact_list is None and composed.options.list_management is not None:
            contact_list = parse_list_management(composed.options.list_management)
        feedback_to = request.feedback_to or composed.return_path
        senders = _with_feedback(composed.senders, feedback_to)
    except MimeError as error:
        raise BadRequest(str(error)) from error
    source = request.from_address or composed.senders[0].shown
    tags = request.tags or composed.options.tags or ()
    head = composed.head
    if contact_list is not None and composed.problem is None and shared is None:
        head = without_unsubscribe(head)
    if shared is None:
        head = feedback_id(head, request.caller.account_id, stamp.region, tags) + head
    content = b"".join((head, *composed.body))
    common = common_headers(composed.shown, message_id=stamp.message_id)
    return Prepared(
        id=stamp.id,
        now=stamp.now,
        caller=request.caller,
        operation=request.operation,
        source=source,
        senders=senders,
        recipients=tuple({one.address: one for one in composed.recipients}.values()),
        recipient_count=len(composed.recipients),
        feedback_to=feedback_to,
        report=request.report,
        tags=tags,
        configuration_set=request.configuration_set or composed.options.configuration_set,
        content=content,
        subject=common.get("subject"),
        eight_bit=shared is None and not content.isascii(),
        mail=_mail_object(source, composed, common, stamp, request),
        problem=composed.problem,
        tracking=request.tracking,
        contact_list=contact_list,
        shared=shared,
    )


def _compose(request: SendRequest, stamp: Stamp) -> _Composed:
    if isinstance(request.content, SimpleContent):
        return _compose_simple(request, request.content, stamp)
    if isinstance(request.content, TemplatedContent):
        return _begin_templated(request, request.content, stamp)
    return _finish_raw(request, request.content, stamp)


def _compose_simple(request: SendRequest, content: SimpleContent, stamp: Stamp) -> _Composed:
    if request.from_address is None:
        raise MimeError("Missing required header 'From'.")
    sender = parse_address(request.from_address)
    senders = (_party(sender, request.from_address),)
    try:
        to, cc, bcc = (_parties(part) for part in (request.to, request.cc, request.bcc))
        addresses = address_head(
            sender, _mailboxes(to), _mailboxes(cc), _mailboxes(_parties(request.reply_to))
        )
        lines = stamp_lines(stamp.now, stamp.message_id_header)
        head, body = compose_parts(addresses, content, stamp=lines, boundary=stamp.boundary)
    except MimeError as error:
        return _unsendable(error, b"", senders)
    recipients = tuple(party for _, party in (*to, *cc, *bcc))
    return _Composed(head=head, body=body, shown=head, senders=senders, recipients=recipients)


def read_source(request: SendRequest) -> tuple[Mailbox, str]:
    """Give the sender of a message with a template, parsed and as it is written.

    Raises BadRequest.
    """
    written = request.from_address
    if not written:
        raise BadRequest("Source cannot be empty")
    try:
        return parse_address(written), written
    except MimeError as error:
        raise BadRequest(str(error)) from error


def _begin_templated(request: SendRequest, content: TemplatedContent, stamp: Stamp) -> _Composed:
    """Make what is known before the template is rendered; its events show the address fields."""
    sender, written = read_source(request)
    senders = (_party(sender, written),)
    if request.contact_list is not None:
        content = _without_unsubscribe_fields(content)
    try:
        to, cc, bcc = (_parties(part) for part in (request.to, request.cc, request.bcc))
        body = begin_body(
            content,
            from_=sender,
            to=_mailboxes(to),
            cc=_mailboxes(cc),
            reply_to=_mailboxes(_parties(request.reply_to)),
            now=stamp.now,
            message_id=stamp.message_id_header,
            boundary=stamp.boundary,
        )
    except (MimeError, BadRequest) as error:
        return _unsendable(error, b"", senders)
    feedback = feedback_id(b"", request.caller.account_id, stamp.region, request.tags)
    return _Composed(
        head=b"",
        body=(msgspec.msgpack.encode(replace(body, head=feedback + body.head)),),
        shown=body.head + b"MIME-Version: 1.0\r\n\r\n",
        senders=senders,
        recipients=tuple(party for _, party in (*to, *cc, *bcc)),
    )


def _without_unsubscribe_fields(content: TemplatedContent) -> TemplatedContent:
    kept = (one for one in content.headers if one[0].lower() not in UNSUBSCRIBE_FIELDS)
    return replace(content, headers=tuple(kept))


def _finish_raw(request: SendRequest, content: RawContent, stamp: Stamp) -> _Composed:
    given = request.from_address
    senders = (_party(parse_address(given), given),) if given is not None else ()
    try:
        raw = parse_raw(content.data)
        senders = (*_authors(raw), *senders)
        named = bool(request.to or request.cc or request.bcc)
        check_raw(raw, from_given=given is not None, recipients_given=named)
        head, kept, end = finish_parts(
            raw,
            date_ms=stamp.now,
            message_id=stamp.message_id_header,
            from_override=parse_address(given) if given is not None else None,
        )
        recipients = _named(request) or tuple(_party(one) for one in header_recipients(raw))
    except MimeError as error:
        if not senders:
            raise
        return _unsendable(error, content.data, senders)
    if not senders:
        raise MimeError("Missing required header 'From'.")
    return _Composed(
        head=head,
        body=(kept, end),
        shown=raw.data[: min(raw.body_start, _HEAD)],
        senders=senders,
        recipients=recipients,
        options=read_ses_headers(raw.fields),
        return_path=_return_path(raw),
    )


def _unsendable(error: Exception, data: bytes, senders: tuple[Party, ...]) -> _Composed:
    return _Composed(
        head=b"",
        body=(data,),
        shown=b"\r\n",
        senders=senders,
        recipients=(),
        problem=BadRequest(str(error)),
    )


def _authors(raw: RawMessage) -> tuple[Party, ...]:
    """Give all whom the message itself names as its author: they must be verified like the
    caller's.
    """
    return tuple(_party(one) for name in ("From", "Sender") for one in header_mailboxes(raw, name))


def _return_path(raw: RawMessage) -> str | None:
    """Give the address of the Return-Path field: bounces go there, unless the API says where."""
    field = raw.first("Return-Path")
    written = field.text.strip().strip("<>").strip() if field else ""
    return written or None


def _with_feedback(senders: tuple[Party, ...], feedback_to: str | None) -> tuple[Party, ...]:
    """Add who gets bounces and complaints: verified like an author, or mail would go to
    strangers.
    """
    if feedback_to is None:
        return senders
    party = _party(parse_address(feedback_to), feedback_to)
    return senders if party in senders else (*senders, party)


def _named(request: SendRequest) -> tuple[Party, ...]:
    written = (*request.to, *request.cc, *request.bcc)
    return tuple(_party(parse_address(one), one) for one in written)


def _parties(written: Iterable[str]) -> list[tuple[Mailbox, Party]]:
    """Parse addresses, once for the header and for the envelope; one named twice is there twice."""
    parsed = ((parse_address(one), one) for one in written)
    return [(mailbox, _party(mailbox, one)) for mailbox, one in parsed]


def _mailboxes(parties: Iterable[tuple[Mailbox, Party]]) -> tuple[Mailbox, ...]:
    return tuple(mailbox for mailbox, _ in parties)


def _party(mailbox: Mailbox, shown: str | None = None) -> Party:
    shown = shown if shown is not None else str(mailbox)
    angle = _ANGLE.search(shown)
    bare = (angle.group(1) if angle else shown).strip()
    written = bare if bare.lower() == mailbox.address.lower() else mailbox.address
    return Party(mailbox.address, written, shown)


def _mail_object(
    source: str, composed: _Composed, common: dict[str, Any], stamp: Stamp, request: SendRequest
) -> dict[str, Any]:
    headers, truncated = event_headers(composed.shown)
    return {
        "timestamp": iso8601(stamp.now),
        "source": source,
        "sendingAccountId": request.caller.account_id,
        "messageId": stamp.message_id,
        "destination": [one.address for one in composed.recipients],
        "headersTruncated": truncated,
        "headers": headers,
        "commonHeaders": common,
    }
