"""The suppression list: addresses that an account sends nothing more to, and why."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from typing import Any

import msgspec
from sqlalchemy import Connection, bindparam, delete, select

from pillarbox.model.list_order import BY_NAME, ListOrder
from pillarbox.store.dialect import upsert
from pillarbox.store.keyset import sorted_page
from pillarbox.store.tables import suppressed_destinations

_columns = suppressed_destinations.c
_reasons = msgspec.json.Decoder(tuple[str, ...])


@dataclass(frozen=True, slots=True, kw_only=True)
class SuppressedRow:
    """An address on the list. `message_id`, `feedback_id`: what put it there, if it was mail."""

    account_id: str
    address: str
    reason: str
    updated_at: int
    message_id: str | None = None
    feedback_id: str | None = None


def write_reasons(reasons: Sequence[str]) -> str:
    """Write reasons for the store: each once, in order."""
    return msgspec.json.encode(sorted(set(reasons))).decode()


def read_reasons(text: str) -> tuple[str, ...]:
    """Read reasons from the store."""
    return _reasons.decode(text)


def folded(address: str) -> str:
    """Give an address as recipients are compared with the list: without regard to case."""
    return address.lower()


def put_suppressed(conn: Connection, row: SuppressedRow) -> None:
    """Put an address on the list; one that is there gets the new reason and time."""
    values = {name: getattr(row, name) for name in SuppressedRow.__dataclass_fields__}
    changed = {name: values[name] for name in ("reason", "updated_at", "message_id", "feedback_id")}
    statement = upsert(conn.dialect.name, suppressed_destinations).values(
        **values, folded=folded(row.address)
    )
    conn.execute(
        statement.on_conflict_do_update(index_elements=["account_id", "address"], set_=changed)
    )


def put_many_suppressed(conn: Connection, rows: Sequence[SuppressedRow]) -> None:
    """Put addresses on the list as `put_suppressed` does; of one named twice the last row holds."""
    last = {(row.account_id, row.address): row for row in rows}
    if last:
        values = [{**asdict(row), "folded": folded(row.address)} for row in last.values()]
        conn.execute(_put_many(conn.dialect.name), values)


@cache
def _put_many(dialect: str) -> Any:
    statement = upsert(dialect, suppressed_destinations)
    changed = ("reason", "updated_at", "message_id", "feedback_id")
    return statement.on_conflict_do_update(
        index_elements=["account_id", "address"],
        set_={name: getattr(statement.excluded, name) for name in changed},
    )


def find_suppressed(conn: Connection, account_id: str, address: str) -> SuppressedRow | None:
    """Give an entry of the list, None when the address is not on it."""
    query = _SELECT.where(_columns.account_id == account_id, _columns.address == address)
    row = conn.execute(query).one_or_none()
    return SuppressedRow(**row._asdict()) if row else None


def delete_suppressed(conn: Connection, account_id: str, address: str) -> bool:
    """Take an address off the list; tell whether it was on it."""
    statement = delete(suppressed_destinations).where(
        _columns.account_id == account_id, _columns.address == address
    )
    return conn.execute(statement).rowcount > 0


def list_suppressed(
    conn: Connection,
    account_id: str,
    *,
    after: str,
    limit: int,
    reasons: Sequence[str] = (),
    since: int | None = None,
    until: int | None = None,
    order: ListOrder = BY_NAME,
) -> list[SuppressedRow]:
    """Give entries by address, starting after one; `reasons` empty: whatever the reason.

    `since`, `until`: changed after the one and before the other, each included. `order`: by
    "updated_at" as well; an index serves both.
    """
    query = _SELECT.where(_columns.account_id == account_id)
    if reasons:
        query = query.where(_columns.reason.in_(reasons))
    if since is not None:
        query = query.where(_columns.updated_at >= since)
    if until is not None:
        query = query.where(_columns.updated_at <= until)
    page = sorted_page(
        query,
        name=_columns.address,
        columns={"updated_at": _columns.updated_at},
        after=after,
        order=order,
        limit=limit,
    )
    rows = conn.execute(page)
    return [SuppressedRow(**row._asdict()) for row in rows]


def suppressed_among(
    conn: Connection, account_id: str, addresses: Sequence[str]
) -> dict[str, frozenset[str]]:
    """Give those of the addresses that are on the list, folded, each with its reasons."""
    rows = conn.execute(_AMONG, {"account": account_id, "folded": sorted(map(folded, addresses))})
    found: dict[str, frozenset[str]] = {}
    for address, reason in rows:
        found[address] = found.get(address, frozenset()) | {reason}
    return found


_SELECT = select(*(_columns[name] for name in SuppressedRow.__dataclass_fields__))
# Built once: SQLAlchemy finds its compiled form by identity then.
_AMONG = select(_columns.folded, _columns.reason).where(
    _columns.account_id == bindparam("account"),
    _columns.folded.in_(bindparam("folded", expanding=True)),
)
