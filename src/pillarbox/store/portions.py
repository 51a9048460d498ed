"""Portions of shared limits in the store: leased, weighed by what each holder recently wanted.

A holder gets its fair portion (`base/allotment.py`), but never more than the others' portions leave
while their leases last: what one has too much it gives up at its next renewal, and only then
another can have it. So the sum stays within the limit, at every moment, whoever dies; the bounds
are stated in `base/portions.py`. All names of a worker are renewed in one go, and only those whose
portion or wish has changed, or whose lease is half over, are written.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Connection, bindparam, delete, or_, select

from pillarbox.base.allotment import allot, whole_grains
from pillarbox.base.portions import GRACE_MS, LEASE_MS, Grant, Wish
from pillarbox.store.dialect import insert_or_ignore, upsert
from pillarbox.store.tables import portions

#: The holder of a limit's own row.
LIMIT = ""
#: Holders of what rounding leaves over change so often.
EPOCH_MS = 10_000
#: Rows of the dead are kept so long.
FORGET_MS = 60_000
#: Changes smaller than this are not written before the lease is renewed.
NOTICEABLE = 0.02


@dataclass(frozen=True, slots=True)
class Holding:
    """One holder's row of a limit."""

    name: str
    holder: str
    portion: float
    wanted: float
    until: int


@dataclass(frozen=True, slots=True)
class Renewal:
    """All that one worker wants renewed at a moment, and the names it gives back."""

    holder: str
    now: int
    wishes: Sequence[Wish]
    given_back: Sequence[str] = ()


def renew_portions(conn: Connection, renewals: Sequence[Renewal]) -> list[list[Grant]]:
    """Renew portions (a batch function of `store/writer.py`); give those that were written.

    A name whose portions another worker changes at the moment is left out: its turn comes again.
    """
    return [_renew(conn, renewal) for renewal in renewals]


def _renew(conn: Connection, renewal: Renewal) -> list[Grant]:
    if renewal.given_back:
        delete_holdings(conn, renewal.holder, renewal.given_back)
    held = hold_limits(conn, sorted(wish.name for wish in renewal.wishes))
    wishes = [wish for wish in renewal.wishes if wish.name in held]
    due = changes(renewal, wishes, read_holdings(conn, [wish.name for wish in wishes]))
    write_holdings(conn, [holding for holding, _ in due])
    return [grant for _, grant in due]


def changes(
    renewal: Renewal, wishes: Iterable[Wish], holdings: Iterable[Holding]
) -> list[tuple[Holding, Grant]]:
    """Decide which portions of a worker are to be written, and what it may use of them. Pure."""
    by_name: dict[str, dict[str, Holding]] = {}
    for one in holdings:
        if one.holder == renewal.holder or one.until + GRACE_MS > renewal.now:
            by_name.setdefault(one.name, {})[one.holder] = one
    decided = (_decide(renewal, wish, by_name.get(wish.name, {})) for wish in wishes)
    return [one for one in decided if one is not None]


def _decide(
    renewal: Renewal, wish: Wish, known: dict[str, Holding]
) -> tuple[Holding, Grant] | None:
    """Decide on one name; None: nothing to write."""
    others = {holder: one for holder, one in known.items() if holder != renewal.holder}
    wanted = {holder: one.wanted for holder, one in others.items()}
    wanted[renewal.holder] = wish.wanted
    fair = allot(wanted, wish.grains, renewal.now // EPOCH_MS)[renewal.holder]
    portion = min(fair, max(0.0, 1.0 - sum(one.portion for one in others.values())))
    if wish.grains:
        portion = whole_grains(portion, wish.grains) / wish.grains
    until = renewal.now + LEASE_MS
    mine = known.get(renewal.holder)
    new = Holding(wish.name, renewal.holder, max(portion, wish.least), wish.wanted, until)
    if mine is not None and not _worth_writing(mine, new, wish, portion, renewal.now):
        return None
    return new, Grant(wish.name, portion, until)


def _worth_writing(mine: Holding, new: Holding, wish: Wish, portion: float, now: int) -> bool:
    return (
        mine.until - now <= LEASE_MS // 2
        or abs(new.wanted - mine.wanted) > NOTICEABLE
        or abs(new.portion - mine.portion) > NOTICEABLE / (10 if wish.grains else 1)
        or abs(portion - wish.held) > NOTICEABLE / (10 if wish.grains else 1)
    )


def hold_limits(conn: Connection, names: Sequence[str]) -> set[str]:
    """Make the limits' own rows where they are missing, and hold those that nobody else holds."""
    if not names:
        return set()
    rows = [
        {"name": name, "holder": LIMIT, "portion": 0, "wanted": 0, "until": 0} for name in names
    ]
    known = set(conn.execute(_KNOWN_LIMITS, {"names": names}).scalars())
    missing = [row for row in rows if row["name"] not in known]
    if missing:
        conn.execute(insert_or_ignore(conn.dialect.name, portions), missing)
    return set(conn.execute(_HOLD_LIMITS, {"names": names}).scalars())


def read_holdings(conn: Connection, names: Sequence[str]) -> list[Holding]:
    """Give the holders' rows of limits."""
    if not names:
        return []
    return [Holding(*row) for row in conn.execute(_READ, {"names": names})]


def all_holdings(conn: Connection, prefix: str, now: int) -> list[Holding]:
    """Give the rows, with a lease that lasts, of limits whose names begin so."""
    here = portions.c
    query = select(here.name, here.holder, here.portion, here.wanted, here.until).where(
        here.holder != LIMIT, here.until > now, here.name.startswith(prefix, autoescape=True)
    )
    return [Holding(*row) for row in conn.execute(query.order_by(here.name, here.holder))]


def write_holdings(conn: Connection, holdings: Sequence[Holding]) -> None:
    """Write a holder's portions."""
    rows = [
        {
            "name": one.name,
            "holder": one.holder,
            "portion": one.portion,
            "wanted": one.wanted,
            "until": one.until,
        }
        for one in holdings
    ]
    if rows:
        conn.execute(_write(conn.dialect.name), rows)


def delete_holdings(conn: Connection, holder: str, names: Sequence[str]) -> None:
    """Forget a holder's portions of limits."""
    here = portions.c
    conn.execute(delete(portions).where(here.holder == holder, here.name.in_(names)))


def forget_the_dead(conn: Connection, now: int) -> None:
    """Forget holders whose lease ended a while ago, and limits that nobody uses."""
    here, before = portions.c, now - FORGET_MS
    in_use = select(here.name).where(here.until >= before)
    conn.execute(
        delete(portions).where(
            here.until < before, or_(here.holder != LIMIT, here.name.not_in(in_use))
        )
    )


# Built once: SQLAlchemy finds their compiled form by identity then.
_columns = portions.c
_NAMES = _columns.name.in_(bindparam("names", expanding=True))
_KNOWN_LIMITS = select(_columns.name).where(_NAMES, _columns.holder == LIMIT)
_HOLD_LIMITS = _KNOWN_LIMITS.with_for_update(skip_locked=True)
_READ = select(
    _columns.name, _columns.holder, _columns.portion, _columns.wanted, _columns.until
).where(_NAMES, _columns.holder != LIMIT)


@cache
def _write(dialect: str) -> Any:
    statement = upsert(dialect, portions)
    new = statement.excluded
    return statement.on_conflict_do_update(
        index_elements=["name", "holder"],
        set_={"portion": new.portion, "wanted": new.wanted, "until": new.until},
    )
