"""Segments: saved rules, and the recipients that a rule holds for."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, case, delete, exists, func, not_, or_, select, update

from pillarbox.model.engagement import KINDS, Engagement
from pillarbox.model.list_order import BY_NAME, ListOrder
from pillarbox.model.segment import Did, Every, Has, Not, Rule, Segment
from pillarbox.store.dialect import insert_or_ignore
from pillarbox.store.keyset import sorted_page
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


def change_rule(conn: Connection, account_id: str, changed: Segment) -> bool:
    """Give a saved segment another rule; tell whether there is one of that name."""
    statement = (
        update(segments)
        .where(
            segments.c.account_id == account_id,
            segments.c.application == changed.application,
            segments.c.name == changed.name,
        )
        .values(rule=changed.rule)
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


def count_each(
    conn: Connection,
    account_id: str,
    application: str,
    rules: Sequence[Rule | None],
    *,
    now: int,
    until: str | None,
) -> list[int]:
    """Count for each of these rules the recipients it holds for, up to an address (None: all), in
    one walk over them.
    """
    counts = [
        func.count() if one is None else func.coalesce(func.sum(case((_holds(one, now), 1))), 0)
        for one in rules
    ]
    query = select(*counts).where(*_which(account_id, application, None, now))
    if until is not None:
        query = query.where(_known.folded <= until)
    return [int(one) for one in conn.execute(query).one()]


def end_of_portion(
    conn: Connection,
    account_id: str,
    application: str,
    *,
    after: str,
    portion: int,
    order: ListOrder = BY_NAME,
) -> str | None:
    """Give the last address in lower case of so many recipients past one, None when they end
    before.
    """
    query = sorted_page(
        select(_known.folded).where(*_which(account_id, application, None, 0)),
        name=_known.folded,
        columns={},
        after=after,
        order=order,
        limit=1,
    )
    return conn.execute(query.offset(portion - 1)).scalar_one_or_none()


def find_recipient(
    conn: Connection, account_id: str, applications: Sequence[str], folded: str
) -> list[tuple[str, Engagement]]:
    """Give what is known of one recipient in each of these applications, with their names."""
    query = select(engagement).where(
        _known.account_id == account_id,
        _known.application.in_(applications),
        _known.folded == folded,
    )
    rows = conn.execute(query.order_by(_known.application)).all()
    tags: dict[str, dict[str, str]] = {}
    said = select(_attributes.application, _attributes.name, _attributes.value).where(
        _attributes.account_id == account_id,
        _attributes.application.in_(applications),
        _attributes.folded == folded,
    )
    for application, name, value in conn.execute(said.order_by(_attributes.name)):
        tags.setdefault(application, {})[name] = value
    return [
        (row.application, _member(row._mapping, tags.get(row.application, {})))  # noqa: SLF001
        for row in rows
    ]


def list_members(
    conn: Connection,
    account_id: str,
    application: str,
    rule: Rule | None,
    *,
    now: int,
    after: str,
    limit: int,
    until: str | None = None,
    order: ListOrder = BY_NAME,
) -> list[Engagement]:
    """Give recipients that a rule holds for, by address in lower case, either way round, beginning
    past one; up to another, itself included, None: to the end.
    """
    query = select(engagement).where(*_which(account_id, application, rule, now))
    if until is not None:
        last = _known.folded >= until if order.falling else _known.folded <= until
        query = query.where(last)
    query = sorted_page(
        query, name=_known.folded, columns={}, after=after, order=order, limit=limit
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
