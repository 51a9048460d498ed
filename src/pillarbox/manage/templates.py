"""Templates of an account: created, read, changed, deleted, listed, tried out.

Functions on a connection, to be run in a transaction of the store; the console reads with the same.
A version of a template is never changed: an update puts another one in force, so that mail that was
accepted before is rendered as it was then (docs/why/0062). Errors are in the real service's words
where they are known.
"""

from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from pillarbox.accept.decision import missing_template
from pillarbox.accept.prepare import Stamp
from pillarbox.base.errors import AlreadyExists, BadRequest, LimitExceeded
from pillarbox.base.ids import uuid7
from pillarbox.manage.names import check_resource_tags, check_template_name, shortened
from pillarbox.manage.paging import BadToken, Page, Paging
from pillarbox.manage.quotas import Quotas
from pillarbox.manage.tags import Tags, read_tags, write_tags
from pillarbox.model.template import RenderingFailure, SharedRow, TemplatedBody, TemplateParts
from pillarbox.proto.handlebars.nodes import MissingAttribute, TemplateError
from pillarbox.proto.handlebars.rendering import Template
from pillarbox.proto.handlebars.template_data import TemplateDataError, read_data
from pillarbox.render.templated import CallData, ParsedTemplate, fill
from pillarbox.store.generations import bump_generation
from pillarbox.store.mail import templates as rows
from pillarbox.store.mail.shared_contents import insert_shared, read_shared, supersede_shared
from pillarbox.store.mail.templates import TemplateRow

#: Octets of all parts together (facts §3).
MAX_SIZE = 500 * 1024
DEFAULT_PAGE, MAX_PAGE = 10, 100
MAX_TEMPLATES = Quotas().templates
_PIXEL = "{{ses:openTracker}}"
_NO_SUBJECT = "The subject must be specified."
_TWO_PIXELS = f"{_PIXEL} can't be specified more than once."


@dataclass(frozen=True, slots=True, kw_only=True)
class EmailTemplate:
    """A template. `created_at`, `updated_at`: milliseconds since the epoch."""

    name: str
    subject: str | None
    text: str | None
    html: str | None
    created_at: int = 0
    updated_at: int = 0
    tags: Tags = ()


def create_template(
    conn: Connection,
    account_id: str,
    new: EmailTemplate,
    *,
    now: int,
    most: int = MAX_TEMPLATES,
) -> None:
    """Create a template; `most`: how many an account may have.

    Raises BadRequest, AlreadyExists or LimitExceeded.
    """
    content = check_template(new)
    check_resource_tags(new.tags)
    bump_generation(conn, account_id)  # first, so that changes of an account take turns
    if rows.find_template(conn, account_id, new.name) is not None:
        raise _taken(account_id, new.name)
    if rows.count_templates(conn, account_id) >= most:
        raise LimitExceeded(f"The account has {most} templates already.")
    version = _new_version(conn, account_id, content, now)
    row = TemplateRow(
        account_id=account_id,
        name=new.name,
        version_id=version,
        created_at=now,
        updated_at=now,
        tags=write_tags(new.tags),
    )
    if not rows.insert_template(conn, row):
        raise _taken(account_id, new.name)


def get_template(conn: Connection, account_id: str, name: str) -> EmailTemplate:
    """Give a template. Raises NotFound."""
    row = rows.find_template(conn, account_id, name)
    if row is None:
        raise missing_template(shortened(name))
    content = read_shared(conn, [row.version_id])[row.version_id]
    parts = msgspec.msgpack.decode(content, type=TemplateParts)
    return EmailTemplate(
        name=row.name,
        subject=parts.subject,
        text=parts.text,
        html=parts.html,
        created_at=row.created_at,
        updated_at=row.updated_at,
        tags=read_tags(row.tags),
    )


def update_template(conn: Connection, account_id: str, changed: EmailTemplate, *, now: int) -> None:
    """Replace all parts of a template. Raises BadRequest or NotFound."""
    bump_generation(conn, account_id)  # first, so that changes of an account take turns
    row = rows.find_template(conn, account_id, changed.name)
    if row is None:
        raise missing_template(shortened(changed.name))
    version = _new_version(conn, account_id, check_template(changed), now)
    supersede_shared(conn, row.version_id, now)
    rows.put_version(conn, account_id, row.name, version, now=now)


def delete_template(conn: Connection, account_id: str, name: str, *, now: int) -> None:
    """Delete a template; mail that was accepted before goes out. Raises NotFound."""
    bump_generation(conn, account_id)  # first, so that changes of an account take turns
    row = rows.find_template(conn, account_id, name)
    if row is None:
        raise missing_template(shortened(name))
    supersede_shared(conn, row.version_id, now)
    rows.delete_template(conn, account_id, name)


def list_templates(
    conn: Connection,
    paging: Paging,
    *,
    token: str | None,
    size: int | None,
    contains: str | None = None,
) -> Page[TemplateRow]:
    """Give a page of templates by name; `contains`: part of it, without regard to case.

    Raises BadRequest.
    """
    if size is not None and not 1 <= size <= MAX_PAGE:
        raise BadRequest(f"The page size must be between 1 and {MAX_PAGE}")
    try:
        after, order = paging.start(token)
    except BadToken:
        raise BadRequest(f"invalid nextToken {shortened(token or '')}") from None
    limit = size or DEFAULT_PAGE
    found = rows.list_templates(
        conn, paging.account_id, after=after, limit=limit + 1, contains=contains, order=order
    )
    return paging.page(found, limit, lambda row: row.name)


def check_template(template: EmailTemplate) -> bytes:
    """Check a template and give it as it is stored. Raises BadRequest."""
    check_template_name(template.name)
    if not template.subject:
        raise BadRequest(_NO_SUBJECT)
    if template.text is None and template.html is None:
        raise BadRequest("The template must have a text or an HTML part.")
    parts = _parts(template)
    content = msgspec.msgpack.encode(parts)
    if len(content) > MAX_SIZE:
        raise _invalid(template.name, f"The template is larger than {MAX_SIZE // 1024} KB.")
    if template.html is not None and template.html.count(_PIXEL) > 1:
        raise _invalid(template.name, _TWO_PIXELS)
    try:
        ParsedTemplate.parse(parts)
    except TemplateError as error:
        raise _invalid(template.name, str(error)) from None
    return content


def find_faults(template: EmailTemplate) -> dict[str, str]:
    """Say by part (`subject`, `text`, `html`) what is wrong with it, in the words of errors."""
    faults = {}
    for name in ("subject", "text", "html"):
        try:
            Template.parse(getattr(template, name) or "")
        except TemplateError as error:
            faults[name] = str(error)
    if not template.subject:
        faults["subject"] = _NO_SUBJECT
    if (template.html or "").count(_PIXEL) > 1:
        faults.setdefault("html", _TWO_PIXELS)
    return faults


def render_template(template: EmailTemplate, data: str, stamp: Stamp) -> str:
    """Give the message that a template and data come to, without addresses. Raises BadRequest."""
    try:
        read_data(data)
    except TemplateDataError:
        raise _bad_rendering(
            template.name, "Template rendering data is invalid", "InvalidRenderingParameter"
        ) from None
    body = TemplatedBody(
        head=b"",
        date_ms=stamp.now,
        message_id=stamp.message_id_header,
        boundary=stamp.boundary,
        data=data,
    )
    try:
        return fill(ParsedTemplate.parse(_parts(template)), CallData(), body).decode()
    except RenderingFailure as failure:
        missing = isinstance(failure.__cause__, MissingAttribute)
        code = "MissingRenderingAttribute" if missing else "InvalidRenderingParameter"
        raise _bad_rendering(template.name, str(failure), code) from None


def _parts(template: EmailTemplate) -> TemplateParts:
    return TemplateParts(
        name=template.name, subject=template.subject, text=template.text, html=template.html
    )


def _new_version(conn: Connection, account_id: str, content: bytes, now: int) -> bytes:
    row = SharedRow(
        id=uuid7(now), account_id=account_id, content=content, created_at=now, superseded_at=None
    )
    insert_shared(conn, [row])
    return row.id


def _taken(account_id: str, name: str) -> AlreadyExists:
    error = AlreadyExists(f"Template {name} already exists for account id {account_id}")
    error.members["Name"] = name
    return error


def _invalid(name: str, why: str) -> BadRequest:
    return _bad_rendering(name, why, "InvalidTemplate")


def _bad_rendering(name: str, why: str, query_code: str) -> BadRequest:
    error = BadRequest(why, query_code=query_code)
    error.members["TemplateName"] = name
    return error
