"""Segments: saved rules, and the recipients that a rule holds for."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, delete, exists, func, not_, or_, select

from pillarbox.model.engagement import KINDS, Engagement
from pillarbox.model.segment import Did, Every, Has, Not, Rule, Segment
from pillarbox.store.dialect import insert_or_ignore
from pillarbox.store.tables import engagement, engagement_attributes, segments

_known, _attributes = engagement.c, engagement_attributes.c


def insert_segment(conn: Connection, account_id: str, new: Segment) -> bool:
    """Save a segment; tell whether it was saved, or there is one of that name."""
    statement = insert_or_ignore(conn.dialect.name, segments).values(
        account_id=account_id,
        application=new.application,
        name=new.name,
        rule=new.rule,
        created_at=new.created_at,
    )
    return conn.execute(statement.returning(segments.c.name)).first() is not None


def delete_segment(conn: Connection, account_id: str, application: str, name: str) -> bool:
    """Remove a saved segment; tell whether there was one."""
    statement = delete(segments).where(
        segments.c.account_id == account_id,
        segments.c.application == application,
        segments.c.name == name,
    )
    return conn.execute(statement).rowcount > 0


def list_segments(conn: Connection, account_id: str) -> list[Segment]:
    """Give an account's saved segments, by application and name."""
    columns = segments.c
    query = select(columns.application, columns.name, columns.rule, columns.created_at).where(
        columns.account_id == account_id
    )
    rows = conn.execute(query.order_by(columns.application, columns.name))
    return [Segment(**row._asdict()) for row in rows]


def list_applications(conn: Connection, account_id: str) -> list[str]:
    """Give the applications that anything is known in, in order: one step in the key for each."""
    found: list[str] = []
    while True:
        after = found[-1] if found else ""
        query = (
            select(_known.application)
            .where(_known.account_id == account_id, _known.application > after)
            .order_by(_known.application)
            .limit(1)
        )
        following = conn.execute(query).scalar_one_or_none()
        if following is None:
            return found
        found.append(following)


def count_members(
    conn: Connection, account_id: str, application: str, rule: Rule | None, now: int
) -> int:
    """Count the recipients that a rule holds for; None: all."""
    query = select(func.count()).where(*_which(account_id, application, rule, now))
    return int(conn.execute(query).scalar_one())


def list_members(
    conn: Connection,
    account_id: str,
    application: str,
    rule: Rule | None,
    *,
    now: int,
    after: str,
    limit: int,
) -> list[Engagement]:
    """Give recipients that a rule holds for, by address in lower case, beginning after one."""
    query = (
        select(engagement)
        .where(*_which(account_id, application, rule, now), _known.folded > after)
        .order_by(_known.folded)
        .limit(limit)
    )
    rows = conn.execute(query).all()
    tags = _attributes_of(conn, account_id, application, [row.folded for row in rows])
    return [_member(row._mapping, tags.get(row.folded, {})) for row in rows]  # noqa: SLF001


def _attributes_of(
    conn: Connection, account_id: str, application: str, folded: Sequence[str]
) -> dict[str, dict[str, str]]:
    query = select(_attributes.folded, _attributes.name, _attributes.value).where(
        _attributes.account_id == account_id,
        _attributes.application == application,
        _attributes.folded.in_(folded),
    )
    found: dict[str, dict[str, str]] = {}
    for address, name, value in conn.execute(query.order_by(_attributes.name)):
        found.setdefault(address, {})[name] = value
    return found


def _member(row: Any, attributes: dict[str, str]) -> Engagement:
    return Engagement(
        address=row["address"],
        folded=row["folded"],
        since=row["since"],
        counts={kind: row[kind] for kind in KINDS},
        last={kind: row[f"{kind}_at"] for kind in KINDS if row[f"{kind}_at"]},
        attributes=attributes,
    )


def _which(account_id: str, application: str, rule: Rule | None, now: int) -> list[Any]:
    scope = [_known.account_id == account_id, _known.application == application]
    return scope if rule is None else [*scope, _holds(rule, now)]


def _holds(rule: Rule, now: int) -> Any:
    """Write a rule as a condition. `now`: what "in 30 days" counts back from."""
    match rule:
        case Did(kind, _, int(within)):
            return _known[f"{kind}_at"] >= now - within
        case Did(kind, times):
            return _known[kind] >= times
        case Has(name, value):
            return _has(name, value)
        case Not(inner):
            return not_(_holds(inner, now))
        case Every(rules):
            return and_(*(_holds(one, now) for one in rules))
    return or_(*(_holds(one, now) for one in rule.rules))


def _has(name: str, value: str | None) -> Any:
    which = exists().where(
        _attributes.account_id == _known.account_id,
        _attributes.application == _known.application,
        _attributes.folded == _known.folded,
        _attributes.name == name,
    )
    return which if value is None else which.where(_attributes.value == value)
