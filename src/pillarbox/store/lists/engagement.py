"""What is known of recipients: events counted for them, once each.

An event is taken out of the outbox in the transaction that counts it, so that it is never counted
twice, whoever dies or comes late (docs/why/0066-counted-where-taken-out.md).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, case, delete

from pillarbox.model.engagement import KINDS, Told
from pillarbox.store.dialect import upsert
from pillarbox.store.tables import engagement, engagement_attributes, outbox

Key = tuple[str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Counting:
    """Events of one destination's shard that are to be counted for an application."""

    destination_id: bytes
    account_id: str
    application: str
    told: tuple[Told, ...]


def count_batch(conn: Connection, batch: Sequence[Counting]) -> list[int]:
    """Count what still waits in the outbox, and take it out (a batch function of
    `store/writer.py`); give how many events of each item that were.

    Rows are written in one order, so that two workers do not wait for each other crosswise.
    """
    rows: dict[Key, dict[str, Any]] = {}
    attributes: dict[tuple[str, str, str, str], dict[str, Any]] = {}
    counted = []
    for one in batch:
        taken = take_waiting(conn, one.destination_id, [told.event_id for told in one.told])
        for told in one.told:
            if told.event_id in taken:
                _count(rows, attributes, one, told)
        counted.append(len(taken))
    if rows:
        conn.execute(_add(conn.dialect.name), [rows[key] for key in sorted(rows)])
    if attributes:
        tagged = [attributes[key] for key in sorted(attributes)]
        conn.execute(_tag(conn.dialect.name), tagged)
    return counted


def take_waiting(conn: Connection, destination_id: bytes, event_ids: Sequence[bytes]) -> set[bytes]:
    """Take events out of the outbox of a destination; give those that were still there."""
    statement = (
        delete(outbox)
        .where(outbox.c.destination_id == destination_id, outbox.c.event_id.in_(event_ids))
        .returning(outbox.c.event_id)
    )
    return {bytes(one) for one in conn.execute(statement).scalars()}


def forget_recipient(conn: Connection, account_id: str, folded: str) -> bool:
    """Remove what is known of a recipient, in all applications; tell whether there was anything."""
    conn.execute(
        delete(engagement_attributes).where(
            engagement_attributes.c.account_id == account_id,
            engagement_attributes.c.folded == folded,
        )
    )
    statement = delete(engagement).where(
        engagement.c.account_id == account_id, engagement.c.folded == folded
    )
    return conn.execute(statement).rowcount > 0


def _count(
    rows: dict[Key, dict[str, Any]],
    attributes: dict[tuple[str, str, str, str], dict[str, Any]],
    place: Counting,
    told: Told,
) -> None:
    """Add an event to the rows that are going to be written."""
    for sign in told.signs:
        where = {
            "account_id": place.account_id,
            "application": place.application,
            "folded": sign.address.lower(),
        }
        key = (place.account_id, place.application, where["folded"])
        row = rows.setdefault(key, _new_row(where, sign.address, sign.at))
        row[sign.kind] += 1
        row[f"{sign.kind}_at"] = max(row[f"{sign.kind}_at"], sign.at)
        row["since"] = min(row["since"], sign.at)
        for name, value in told.attributes.items():
            known = attributes.get((*key, name))
            if known is None or known["at"] < told.tagged_at:
                new = {**where, "name": name, "value": value, "at": told.tagged_at}
                attributes[*key, name] = new


def _new_row(where: Mapping[str, str], address: str, at: int) -> dict[str, Any]:
    nothing = {name: 0 for kind in KINDS for name in (kind, f"{kind}_at")}
    return {**where, "address": address, "since": at, **nothing}


@cache
def _add(dialect: str) -> Any:
    statement = upsert(dialect, engagement)
    known, new = engagement.c, statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["account_id", "application", "folded"],
        set_={
            **{kind: known[kind] + new[kind] for kind in KINDS},
            **{f"{kind}_at": _larger(known, new, f"{kind}_at") for kind in KINDS},
            "since": case((new.since < known.since, new.since), else_=known.since),
        },
    )


def _larger(known: Any, new: Any, name: str) -> Any:
    return case((new[name] > known[name], new[name]), else_=known[name])


@cache
def _tag(dialect: str) -> Any:
    statement = upsert(dialect, engagement_attributes)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["account_id", "application", "folded", "name"],
        set_={"value": new.value, "at": new.at},
        where=new.at > engagement_attributes.c.at,
    )
