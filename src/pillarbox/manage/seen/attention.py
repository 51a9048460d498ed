"""What of an account needs somebody's attention, on a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.manage.account import DAY_MS
from pillarbox.model.account import Account
from pillarbox.model.enforcement import HEALTHY
from pillarbox.store.addresses.address_blocks import blocks_of
from pillarbox.store.mail.messages import BUCKET_MS
from pillarbox.store.people import attention as rows
from pillarbox.store.sets.sender import count_sent

#: So many names of a kind are told; one more is looked for to say that there are others.
TOLD = 5
#: Counting stops here.
MOST_COUNTED, MOST_WAITING = 1000, 100_000
#: From this share of a daily quota on it is nearly used.
NEARLY = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Some names of a kind; `more`: there are others."""

    told: Sequence[str]
    more: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Blocked:
    """A sending address that a provider blocks until a moment. `address` empty: the system's own;
    `own`: it is the account's, not shared by all.
    """

    address: str
    group: str
    until: int
    own: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Attention:
    """What there is. `status`: active, or how the operator holds the account. `enforcement`: as its
    reputation has it. `sending_enabled`: whether its owner lets it send. `blocked`: TOLD at most,
    and one more if there are others. Counts that reach MOST_… may be more. `sent_24h`: recipients;
    `quota_used`: their share of the quota, None without one.
    """

    status: str
    enforcement: str
    enforcement_reason: str | None
    sending_enabled: bool
    broken_identities: Names
    paused_sets: Names
    failing_destinations: Names
    blocked: Sequence[Blocked]
    dead_letters: int
    waiting: int
    sent_24h: int
    quota_used: float | None

    @property
    def quota_nearly_used(self) -> bool:
        """Whether little is left of the daily quota, or nothing."""
        return self.quota_used is not None and self.quota_used >= NEARLY

    @property
    def anything(self) -> bool:
        """Whether there is anything to attend to; a queue alone is nothing."""
        names = (self.broken_identities, self.paused_sets, self.failing_destinations)
        return (
            self.status != "active"
            or self.enforcement != HEALTHY
            or not self.sending_enabled
            or any(one.told for one in names)
            or len(self.blocked) > 0
            or self.dead_letters > 0
            or self.quota_nearly_used
        )


def find_attention(
    conn: Connection, account: Account, *, everything_verified: bool, now: int
) -> Attention:
    """Look what needs attention; no records are looked at while identities count as verified."""
    broken = () if everything_verified else rows.broken_identities(conn, account.id, TOLD + 1)
    sent = count_sent(conn, account.id, (now - DAY_MS) // BUCKET_MS * BUCKET_MS)
    return Attention(
        status=account.status,
        enforcement=account.enforcement,
        enforcement_reason=account.enforcement_reason,
        sending_enabled=account.sending_enabled,
        broken_identities=_names(broken),
        paused_sets=_names(rows.paused_sets(conn, account.id, TOLD + 1)),
        failing_destinations=_names(rows.failing_destinations(conn, account.id, TOLD + 1)),
        blocked=_blocked(conn, account.id, now),
        dead_letters=rows.count_dead_letters(conn, account.id, MOST_COUNTED),
        waiting=rows.count_waiting(conn, account.id, MOST_WAITING),
        sent_24h=sent,
        quota_used=_share(sent, account.max_24h),
    )


def _blocked(conn: Connection, account_id: str, now: int) -> Sequence[Blocked]:
    return [
        Blocked(address=address, group=group, until=until, own=own)
        for address, group, until, own in blocks_of(conn, account_id, now, TOLD + 1)
    ]


def _names(found: Sequence[str]) -> Names:
    return Names(told=found[:TOLD], more=len(found) > TOLD)


def _share(sent: int, quota: float) -> float | None:
    """Give the share of a quota that is used; a quota of nothing is used up."""
    if quota < 0:
        return None
    return sent / quota if quota else 1.0
