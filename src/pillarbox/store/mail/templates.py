"""Queries on templates: the names of an account, and which version of each is in force."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from pillarbox.model.list_order import BY_NAME, ListOrder
from pillarbox.model.template import TemplateVersion
from pillarbox.store.dialect import insert_or_ignore
from pillarbox.store.keyset import containing, sorted_page
from pillarbox.store.tables import email_templates, shared_contents

_columns = email_templates.c


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRow:
    """A row of `email_templates`. `tags`: JSON."""

    account_id: str
    name: str
    version_id: bytes
    created_at: int
    updated_at: int
    tags: str


def insert_template(conn: Connection, row: TemplateRow) -> bool:
    """Store a new template; tell whether it was stored, or another transaction was first."""
    values = {name: getattr(row, name) for name in TemplateRow.__dataclass_fields__}
    statement = insert_or_ignore(conn.dialect.name, email_templates).values(values)
    return conn.execute(statement.returning(_columns.name)).first() is not None


def find_template(conn: Connection, account_id: str, name: str) -> TemplateRow | None:
    """Give one template of the account, None when there is none of this name."""
    query = select(email_templates).where(_columns.account_id == account_id, _columns.name == name)
    row = conn.execute(query).one_or_none()
    return TemplateRow(**row._asdict()) if row else None


def find_version(conn: Connection, account_id: str, name: str) -> TemplateVersion | None:
    """Give the version of a template that is in force, None when there is no such template."""
    query = (
        select(shared_contents.c.id, func.length(shared_contents.c.content))
        .select_from(
            email_templates.join(shared_contents, shared_contents.c.id == _columns.version_id)
        )
        .where(_columns.account_id == account_id, _columns.name == name)
    )
    row = conn.execute(query).one_or_none()
    return TemplateVersion(id=row[0], size=row[1]) if row else None


def put_version(
    conn: Connection, account_id: str, name: str, version_id: bytes, *, now: int
) -> None:
    """Put another version of a template in force."""
    statement = update(email_templates).where(
        _columns.account_id == account_id, _columns.name == name
    )
    conn.execute(statement.values(version_id=version_id, updated_at=now))


def delete_template(conn: Connection, account_id: str, name: str) -> None:
    """Delete a template; its versions stay for the messages that refer to them."""
    conn.execute(
        delete(email_templates).where(_columns.account_id == account_id, _columns.name == name)
    )


def count_templates(conn: Connection, account_id: str) -> int:
    """Count the account's templates."""
    query = select(func.count()).where(_columns.account_id == account_id)
    return int(conn.execute(query).scalar_one())


def list_templates(
    conn: Connection,
    account_id: str,
    *,
    after: str,
    limit: int,
    contains: str | None = None,
    order: ListOrder = BY_NAME,
) -> list[TemplateRow]:
    """Give templates by name, starting after one; `contains`: without regard to case.

    `order`: by "created_at" or "updated_at" as well, which sorts all of the account's.
    """
    query = select(email_templates).where(_columns.account_id == account_id)
    query = containing(query, contains, _columns.name)
    page = sorted_page(
        query,
        name=_columns.name,
        columns={"created_at": _columns.created_at, "updated_at": _columns.updated_at},
        after=after,
        order=order,
        limit=limit,
    )
    rows = conn.execute(page)
    return [TemplateRow(**row._asdict()) for row in rows]
