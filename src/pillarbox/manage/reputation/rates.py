"""The reputation of accounts, as the console and the command line show it: rates, volumes, why.

Functions on a connection, to be run in a read transaction. However many names there are, each
function asks a fixed number of queries; lists are of the names with the most mail.
"""

from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.errors import NotFound
from pillarbox.base.settings import Settings
from pillarbox.model.account import Account
from pillarbox.model.enforcement import Thresholds
from pillarbox.model.reputation import (
    HOUR_MS,
    SPAN_MS,
    Representative,
    Scope,
    Volume,
    hour_of,
    representative,
)
from pillarbox.store.coming_back import reputation as counts
from pillarbox.store.people.accounts import find_account

#: Names of a scope that are shown.
MOST = 50
_SHOWN = (Scope.SET, Scope.DOMAIN, Scope.IP)


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands for the mail of one name of a scope."""

    scope: Scope
    name: str
    seen: Representative


@dataclass(frozen=True, slots=True)
class AccountReputation:
    """An account's standing and that of its sets, domains and addresses, the most mail first."""

    account: Account
    seen: Representative
    parts: tuple[Standing, ...]

    def of(self, scope: Scope) -> tuple[Standing, ...]:
        """Give the standings of one scope."""
        return tuple(one for one in self.parts if one.scope == scope)


@dataclass(frozen=True, slots=True)
class RatePoint:
    """What became of the mail accepted in a span that began at `start`."""

    start: int
    volume: Volume


def thresholds_of(settings: Settings) -> Thresholds:
    """Give the thresholds as they are set."""
    found = settings.reputation
    return Thresholds(
        review_bounce=found.review_bounce_rate,
        pause_bounce=found.pause_bounce_rate,
        review_complaint=found.review_complaint_rate,
        pause_complaint=found.pause_complaint_rate,
        least=found.least_recipients,
    )


def account_standing(
    conn: Connection, account: Account, limits: Thresholds, *, now: int
) -> Representative:
    """Give what stands for an account's mail: one query.

    After the operator has restored it, from the next full hour on.
    """
    since = now - SPAN_MS
    if account.reputation_from is not None:
        since = max(since, hour_of(account.reputation_from) + HOUR_MS)
    hours = counts.hourly(conn, Scope.ACCOUNT, account.id, since=since)
    return representative(hours, least=limits.least, now=now)


def account_reputation(
    conn: Connection, account_id: str, limits: Thresholds, *, now: int, most: int = MOST
) -> AccountReputation:
    """Give an account's reputation and that of its parts. Raises NotFound.

    A set is there while it keeps metrics, and counts from its fresh start on.
    """
    account = find_account(conn, account_id)
    if account is None:
        raise NotFound(f"Account {account_id} does not exist.")
    seen = account_standing(conn, account, limits, now=now)
    parts = [
        part
        for scope in _SHOWN
        for part in scope_standings(conn, account_id, scope, limits, now=now, most=most)
    ]
    return AccountReputation(account, seen, tuple(parts))


def scope_standings(
    conn: Connection, account_id: str, scope: Scope, limits: Thresholds, *, now: int, most: int
) -> list[Standing]:
    """Give the standings of an account's sets, domains or addresses: three queries at most."""
    since = now - SPAN_MS
    names = counts.largest_names(conn, scope, account_id, since=since, limit=most)
    if not names:
        return []
    starts = dict.fromkeys(names, 0)
    if scope is Scope.SET:
        known = counts.metric_sets(conn, [account_id], names)
        starts = {name: start for (_, name), start in known.items()}
    found = counts.newest_by_name(conn, scope, account_id, starts, since=since, least=limits.least)
    return [
        Standing(scope, name, _seen(*found.get(name, (now, Volume())), limits))
        for name in names
        if name in starts
    ]


def rates_over_time(
    conn: Connection,
    account_id: str,
    scope: Scope,
    name: str = "",
    *,
    since: int,
    step_ms: int = HOUR_MS,
) -> list[RatePoint]:
    """Give what was counted for one name in spans of `step_ms`, oldest first: one query.

    Empty spans are left out. A set's spans before its fresh start are there too.
    """
    sums: dict[int, Volume] = {}
    for start, volume in counts.hourly(conn, scope, account_id, name, since=since):
        span = start - start % step_ms
        sums[span] = sums.get(span, Volume()) + volume
    return [RatePoint(start, sums[start]) for start in sorted(sums)]


def address_totals(conn: Connection, *, now: int, most: int = MOST) -> list[tuple[str, Volume]]:
    """Give what the mail of each sending address led to in 30 days, over all accounts."""
    return counts.totals_by_name(conn, Scope.IP, since=now - SPAN_MS, limit=most)


def _seen(since: int, volume: Volume, limits: Thresholds) -> Representative:
    return Representative(since, volume, volume.sent >= limits.least)
