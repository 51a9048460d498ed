"""A message that is made from a template, as far as it is made when it is accepted.

Takes what a call says of its template; hands on the rows that all messages of the call share, and
each message's own body. The template itself is neither read nor rendered here: that is work of the
render stage, so that accepting many stays quick (docs/why/0062).
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import msgspec

from pillarbox.base.errors import BadRequest
from pillarbox.base.ids import uuid7
from pillarbox.model.send import TemplatedContent, TemplateUse
from pillarbox.model.template import SharedData, SharedRow, TemplatedBody, TemplateParts
from pillarbox.proto.handlebars.template_data import TemplateDataError, read_data
from pillarbox.proto.mime.addresses import Mailbox
from pillarbox.proto.mime.attachment import encode_attachment
from pillarbox.proto.mime.compose import address_head, extra_lines
from pillarbox.proto.mime.error import MimeError

#: Octets of a file as base64, line ends included, for each three of it.
_BASE64 = 4.11 / 3


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedUse:
    """What the messages of a call share, ready to be stored with the first of them.

    `name`: the stored template to look up; None when `template_id` is among `rows`. `size`: octets
    that each message has from it, about.
    """

    name: str | None
    template_id: bytes | None
    shared_id: bytes | None
    rows: tuple[SharedRow, ...]
    size: int


def share(use: TemplateUse, account_id: str, now: int) -> SharedUse:
    """Check what a call's messages share and give it its rows. Raises BadRequest."""
    check_data(use.default_data)
    try:
        for attachment in use.attachments:
            encode_attachment(attachment)
    except MimeError as error:
        raise BadRequest(str(error)) from error
    rows: list[SharedRow] = []
    template_id = shared_id = None
    if not isinstance(use.template, str):
        given = use.template
        parts = TemplateParts(subject=given.subject, text=given.text, html=given.html)
        rows.append(_row(parts, account_id, now))
        template_id = rows[-1].id
    if use.attachments or read_data(use.default_data):
        data = SharedData(default_data=use.default_data, attachments=use.attachments)
        rows.append(_row(data, account_id, now))
        shared_id = rows[-1].id
    attached = sum(len(one.data) for one in use.attachments)
    inline = sum(len(row.content) for row in rows if row.id == template_id)
    return SharedUse(
        name=use.template if isinstance(use.template, str) else None,
        template_id=template_id,
        shared_id=shared_id,
        rows=tuple(rows),
        size=int(attached * _BASE64) + inline,
    )


def check_data(data: str) -> None:
    """Check template data. Raises BadRequest."""
    try:
        read_data(data)
    except TemplateDataError as error:
        raise BadRequest(str(error)) from error


def begin_body(
    content: TemplatedContent,
    *,
    from_: Mailbox,
    to: Sequence[Mailbox],
    cc: Sequence[Mailbox],
    reply_to: Sequence[Mailbox],
    now: int,
    message_id: str,
    boundary: str,
) -> TemplatedBody:
    """Make a message's own body. Raises MimeError for headers, BadRequest for data."""
    check_data(content.data)
    extra_lines(content.headers)
    return TemplatedBody(
        head=address_head(from_, tuple(to), tuple(cc), tuple(reply_to)),
        date_ms=now,
        message_id=message_id,
        boundary=boundary,
        headers=content.headers,
        data=content.data or "{}",
    )


def with_headers(content: TemplatedContent, own: Sequence[tuple[str, str]]) -> TemplatedContent:
    """Replace headers of the same name, and add the others (SES v2, ReplacementHeaders)."""
    replaced = {name.lower() for name, _ in own}
    kept = tuple(one for one in content.headers if one[0].lower() not in replaced)
    return replace(content, headers=(*kept, *own))


def _row(value: TemplateParts | SharedData, account_id: str, now: int) -> SharedRow:
    return SharedRow(
        id=uuid7(now),
        account_id=account_id,
        content=msgspec.msgpack.encode(value),
        created_at=now,
        superseded_at=now,
    )
