"""Counts of what mail led to: added to with what is settled, read over time."""

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BigInteger,
    Connection,
    bindparam,
    case,
    cast,
    delete,
    func,
    literal,
    or_,
    select,
)

from pillarbox.model.reputation import Scope, Tally, Volume, hour_of
from pillarbox.model.verification import VERIFIED_STATES
from pillarbox.store.dialect import upsert, worker_of
from pillarbox.store.tables import configuration_sets, identities, reputation_counts

_Key = tuple[str, str, str, int]
_columns = reputation_counts.c
_SENT, _BOUNCES, _COMPLAINTS = (
    func.sum(column) for column in (_columns.sent, _columns.bounces, _columns.complaints)
)


def add_tallies(conn: Connection, tallies: Sequence[Tally]) -> None:
    """Count mail for its account, domain and address, and for its set while that keeps metrics.

    A set's mail from before its fresh start counts for the hour it was accepted in, later mail not
    before the fresh start: what is counted from there on is told apart within the hour too.
    """
    sums: dict[_Key, Volume] = {}
    named = [one for one in tallies if one.configuration_set]
    names = (one.configuration_set or "" for one in named)
    sets = metric_sets(conn, (one.account_id for one in named), names)
    for one in tallies:
        for key in _keys(one, sets):
            sums[key] = sums.get(key, Volume()) + one.volume
    if sums:
        worker = worker_of(conn)
        rows = [_row(key, sums[key], worker) for key in sorted(sums)]
        conn.execute(_add(conn.dialect.name), rows)


def hourly(
    conn: Connection, scope: Scope, account_id: str, name: str = "", *, since: int
) -> list[tuple[int, Volume]]:
    """Give what was counted from a moment on, by the start of each span, in order."""
    query = (
        select(_columns.bucket, _SENT, _BOUNCES, _COMPLAINTS)
        .where(
            _columns.scope == scope,
            _columns.account_id == account_id,
            _columns.name == name,
            _columns.bucket >= since,
        )
        .group_by(_columns.bucket)
        .order_by(_columns.bucket)
    )
    return [(int(row[0]), _volume(row[1:])) for row in conn.execute(query)]


def newest_by_name(
    conn: Connection,
    scope: Scope,
    account_id: str,
    starts: Mapping[str, int],
    *,
    since: int,
    least: int,
) -> dict[str, tuple[int, Volume]]:
    """Give the newest spans of some names of a scope that stand for what they send, added up.

    As `model.reputation.representative` takes them, in the store, since a month of fifty names is a
    hundred thousand rows. `starts`: the names, each with the moment it counts from, if that is
    later than `since`. By name: the start of the oldest span taken, and what they hold; a name
    without any is left out.
    """
    later = {name: start for name, start in starts.items() if start > since}
    start = case(later, value=_columns.name, else_=since) if later else literal(since)
    spans = (
        select(
            _columns.name,
            _columns.bucket,
            cast(_SENT, BigInteger).label("sent"),
            cast(_BOUNCES, BigInteger).label("bounces"),
            cast(_COMPLAINTS, BigInteger).label("complaints"),
        )
        .where(
            _columns.scope == scope,
            _columns.account_id == account_id,
            _columns.name.in_(starts),
            _columns.bucket >= since,
            _columns.bucket >= start,
        )
        .group_by(_columns.name, _columns.bucket)
        .subquery()
    )
    found = spans.c
    taken = func.sum(found.sent).over(partition_by=found.name, order_by=found.bucket.desc())
    whole = func.sum(found.sent).over(partition_by=found.name)
    sums = select(
        *found,
        cast(taken - found.sent, BigInteger).label("newer"),
        cast(whole, BigInteger).label("whole"),
    ).subquery()
    one = sums.c
    query = (
        select(
            one.name,
            func.min(one.bucket),
            func.sum(one.sent),
            func.sum(one.bounces),
            func.sum(one.complaints),
        )
        .where(or_(one.newer < max(1, least), one.newer < one.whole * 7 // 30))
        .group_by(one.name)
    )
    return {row[0]: (int(row[1]), _volume(row[2:])) for row in conn.execute(query)}


def totals_by_name(
    conn: Connection, scope: Scope, *, since: int, limit: int
) -> list[tuple[str, Volume]]:
    """Give what was counted for the names of a scope over all accounts, the most mail first."""
    query = (
        select(_columns.name, _SENT, _BOUNCES, _COMPLAINTS)
        .where(_columns.scope == scope, _columns.bucket >= since)
        .group_by(_columns.name)
        .order_by(_SENT.desc(), _columns.name)
        .limit(limit)
    )
    return [(row[0], _volume(row[1:])) for row in conn.execute(query)]


def largest_names(
    conn: Connection, scope: Scope, account_id: str, *, since: int, limit: int
) -> list[str]:
    """Name those of a scope with the most mail since a moment, the largest first."""
    query = (
        select(_columns.name)
        .where(
            _columns.scope == scope,
            _columns.account_id == account_id,
            _columns.bucket >= since,
        )
        .group_by(_columns.name)
        .order_by(_SENT.desc(), _columns.name)
        .limit(limit)
    )
    return list(conn.execute(query).scalars())


def delete_old_counts(conn: Connection, before: int) -> int:
    """Remove what was counted for mail accepted before a moment; give how many rows."""
    return conn.execute(delete(reputation_counts).where(_columns.bucket < before)).rowcount


def metric_sets(
    conn: Connection, account_ids: Iterable[str], names: Iterable[str]
) -> dict[tuple[str, str], int]:
    """Give those of the sets that keep metrics, each with its fresh start, 0 for none."""
    wanted = {"accounts": sorted(set(account_ids)), "names": sorted(set(names))}
    if not wanted["names"]:
        return {}
    rows = conn.execute(_METRIC_SETS, wanted)
    return {(row.account_id, row.name): row.last_fresh_start or 0 for row in rows}


def verified_domains(conn: Connection, account_id: str, names: Iterable[str]) -> frozenset[str]:
    """Give those of the domains that the account has verified."""
    wanted = {"account": account_id, "names": sorted(set(names))}
    return frozenset(conn.execute(_VERIFIED_DOMAINS, wanted).scalars())


def _keys(one: Tally, sets: dict[tuple[str, str], int]) -> Iterable[_Key]:
    hour = hour_of(one.accepted_at)
    yield Scope.ACCOUNT, one.account_id, "", hour
    fresh = sets.get((one.account_id, one.configuration_set or ""))
    if fresh is not None and one.configuration_set:
        start = max(hour, fresh) if one.accepted_at >= fresh else hour
        yield Scope.SET, one.account_id, one.configuration_set, start
    if one.sending_domain:
        yield Scope.DOMAIN, one.account_id, one.sending_domain, hour
    if one.sent_from:
        yield Scope.IP, one.account_id, one.sent_from, hour


def _row(key: _Key, volume: Volume, worker: str) -> dict[str, Any]:
    scope, account_id, name, bucket = key
    return {
        "scope": scope,
        "account_id": account_id,
        "name": name,
        "bucket": bucket,
        "worker": worker,
        "sent": volume.sent,
        "bounces": volume.bounces,
        "complaints": volume.complaints,
    }


def _volume(sums: Sequence[Any]) -> Volume:
    sent, bounces, complaints = (int(one or 0) for one in sums)
    return Volume(sent, bounces, complaints)


# Built once: SQLAlchemy finds their compiled form by identity then.
_METRIC_SETS = select(
    configuration_sets.c.account_id,
    configuration_sets.c.name,
    configuration_sets.c.last_fresh_start,
).where(
    configuration_sets.c.account_id.in_(bindparam("accounts", expanding=True)),
    configuration_sets.c.name.in_(bindparam("names", expanding=True)),
    configuration_sets.c.reputation_metrics.is_(True),
)


_VERIFIED_DOMAINS = select(identities.c.name).where(
    identities.c.account_id == bindparam("account"),
    identities.c.name.in_(bindparam("names", expanding=True)),
    identities.c.kind == "DOMAIN",
    identities.c.status.in_(VERIFIED_STATES),
)


@cache
def _add(dialect: str) -> Any:
    statement = upsert(dialect, reputation_counts)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["scope", "account_id", "name", "bucket", "worker"],
        set_={
            "sent": _columns.sent + new.sent,
            "bounces": _columns.bounces + new.bounces,
            "complaints": _columns.complaints + new.complaints,
        },
    )
