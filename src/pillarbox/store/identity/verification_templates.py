"""Custom verification mails of an account."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select, update

from pillarbox.store.dialect import insert_or_ignore
from pillarbox.store.tables import verification_templates

_columns = verification_templates.c


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateRow:
    """A custom verification mail; `tags` as `manage/tags.py` writes them."""

    account_id: str
    name: str
    from_address: str
    subject: str
    content: str
    success_url: str
    failure_url: str
    tags: str
    created_at: int


_FIELDS = tuple(TemplateRow.__dataclass_fields__)
_SELECT = select(*(_columns[name] for name in _FIELDS))


def insert_template(conn: Connection, row: TemplateRow) -> bool:
    """Add a mail; tell whether its name was free."""
    values = {name: getattr(row, name) for name in _FIELDS}
    statement = insert_or_ignore(conn.dialect.name, verification_templates).values(values)
    return conn.execute(statement.returning(_columns.name)).one_or_none() is not None


def count_templates(conn: Connection, account_id: str) -> int:
    """Count an account's mails."""
    query = select(func.count()).where(_columns.account_id == account_id)
    return conn.execute(query).scalar_one()


def find_template(conn: Connection, account_id: str, name: str) -> TemplateRow | None:
    """Give a mail, None when there is none of that name."""
    query = _SELECT.where(_columns.account_id == account_id, _columns.name == name)
    row = conn.execute(query).one_or_none()
    return TemplateRow(**row._asdict()) if row else None


def list_templates(
    conn: Connection, account_id: str, *, after: str, limit: int
) -> list[TemplateRow]:
    """Give mails by name, starting after one."""
    query = _SELECT.where(_columns.account_id == account_id, _columns.name > after)
    rows = conn.execute(query.order_by(_columns.name).limit(limit))
    return [TemplateRow(**row._asdict()) for row in rows]


def update_template(conn: Connection, row: TemplateRow) -> None:
    """Write what a mail says; its tags and its time stay."""
    changed = ("from_address", "subject", "content", "success_url", "failure_url")
    statement = (
        update(verification_templates)
        .where(_columns.account_id == row.account_id, _columns.name == row.name)
        .values({name: getattr(row, name) for name in changed})
    )
    conn.execute(statement)


def delete_template(conn: Connection, account_id: str, name: str) -> bool:
    """Remove a mail; tell whether it was there."""
    statement = delete(verification_templates).where(
        _columns.account_id == account_id, _columns.name == name
    )
    return conn.execute(statement).rowcount > 0
