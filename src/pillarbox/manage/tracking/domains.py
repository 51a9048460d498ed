"""Trace domains: hosts below a sender's primary domain that links and pixels go through.

Functions on a connection, to be run in a transaction of the store. A trace domain is a primary
domain and a prefix; it can be chosen once it was verified (`identity/tracking_checks.py`). The
custom domains of configuration sets are shown beside them, since they are verified the same way.

In capture mode every host counts as verified, which is derived here and never stored.
"""

import re
from dataclasses import dataclass
from functools import cache

from publicsuffixlist import PublicSuffixList
from sqlalchemy import Connection

from pillarbox.base.errors import AlreadyExists, BadRequest, LimitExceeded, NotFound
from pillarbox.manage.names import canonical_domain, shortened
from pillarbox.model.verification import VERIFIED_STATES
from pillarbox.store.generations import bump_generation
from pillarbox.store.identity.identities import BY_TROUBLE
from pillarbox.store.identity.sender_domains import sender_domains
from pillarbox.store.tracking.hosts import (
    TrackingHostRow,
    count_hosts,
    delete_host,
    find_host,
    insert_host,
    list_hosts,
    new_host_row,
    sets_using_host,
    settings_using_host,
    update_host,
)
from pillarbox.store.tracking.settings import forget_host

TRACE, CUSTOM = "trace", "custom"
MAX_TRACE_DOMAINS = 1000
PREFIX_HINT = "It is advisable to start the prefix with a letter."
_PREFIX = re.compile(r"[A-Za-z0-9-]{3,63}")
_PREFIX_RULE = (
    "The prefix must have 3 to 63 characters: letters, digits and hyphens; it must not start or "
    "end with a hyphen, nor be a number."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingDomain:
    """A tracking host as it is shown. `kind`: trace, or custom (of a configuration set).

    `status`, `https_status`: PENDING, SUCCESS, TEMPORARY_FAILURE or FAILED; `reason` and
    `https_reason` say why it is not SUCCESS. Times are milliseconds since the epoch. `hint`: what
    is advised for its name.
    """

    domain: str
    kind: str
    prefix: str | None
    primary_domain: str | None
    status: str
    reason: str | None
    https_status: str
    https_reason: str | None
    created_at: int
    checked_at: int | None
    last_success_at: int | None
    hint: str | None = None

    @property
    def trouble(self) -> int:
        """Its place in a list that begins with what is worst."""
        return BY_TROUBLE.index(self.status)

    @property
    def https_trouble(self) -> int:
        """Its place in a list that begins with the worst HTTPS."""
        return BY_TROUBLE.index(self.https_status)


def primary_domains(conn: Connection, account_id: str, *, everything_verified: bool) -> list[str]:
    """Name the registrable domains (public suffix list) of the verified sender domains."""
    statuses = None if everything_verified else VERIFIED_STATES
    found = (_registrable(one) for one in sender_domains(conn, account_id, statuses))
    return sorted({one for one in found if one is not None})


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList()


def _registrable(domain: str) -> str | None:
    found: str | None = _suffixes().privatesuffix(domain)
    return found


def check_prefix(prefix: str) -> str:
    """Give a prefix in lower case. Raises BadRequest for one that can't be used."""
    wrong = (
        not _PREFIX.fullmatch(prefix)
        or prefix.startswith("-")
        or prefix.endswith("-")
        or prefix.isdigit()
    )
    if wrong:
        raise BadRequest(_PREFIX_RULE)
    return prefix.lower()


def create_trace_domain(
    conn: Connection,
    account_id: str,
    primary_domain: str,
    prefix: str,
    *,
    now: int,
    everything_verified: bool,
) -> TrackingDomain:
    """Create a trace domain, to be verified. Raises BadRequest, AlreadyExists or LimitExceeded."""
    label = check_prefix(prefix)
    primary = canonical_domain(primary_domain.strip())
    allowed = primary_domains(conn, account_id, everything_verified=everything_verified)
    if primary is None or primary not in allowed:
        raise BadRequest(
            f"{shortened(primary_domain)} is not the primary domain of a verified sender domain."
        )
    host = canonical_domain(f"{label}.{primary}")
    if host is None:
        raise BadRequest(f"The name {shortened(f'{label}.{primary}')} is too long.")
    if count_hosts(conn, account_id, TRACE) >= MAX_TRACE_DOMAINS:
        raise LimitExceeded(f"An account has at most {MAX_TRACE_DOMAINS} trace domains.")
    _insert(conn, account_id, host, {"prefix": label, "primary_domain": primary}, now)
    bump_generation(conn, account_id)
    return get_tracking_domain(conn, account_id, host, everything_verified=everything_verified)


def _insert(
    conn: Connection, account_id: str, host: str, parts: dict[str, object], now: int
) -> None:
    """Store the host; a custom domain of the account of the same name becomes a trace domain."""
    known = find_host(conn, host)
    ours = known is not None and known.account_id == account_id and known.kind == CUSTOM
    if not ours and not insert_host(conn, new_host_row(host, account_id, TRACE, now)):
        raise AlreadyExists(f"The tracking domain {host} exists already.")
    update_host(conn, host, {"kind": TRACE, **parts})


def get_tracking_domain(
    conn: Connection, account_id: str, host: str, *, everything_verified: bool
) -> TrackingDomain:
    """Give one tracking host of the account. Raises NotFound."""
    return _shown(find_own_host(conn, account_id, host), everything_verified=everything_verified)


def list_tracking_domains(
    conn: Connection, account_id: str, *, everything_verified: bool
) -> list[TrackingDomain]:
    """Give the tracking hosts of the account by name."""
    rows = list_hosts(conn, account_id)
    return [_shown(one, everything_verified=everything_verified) for one in rows]


def begin_verification(
    conn: Connection, account_id: str, host: str, *, now: int
) -> TrackingHostRow:
    """Make a host due now, one that has FAILED anew; give its row. Raises NotFound."""
    row = find_own_host(conn, account_id, host)
    changes: dict[str, object] = {"next_check_at": now}
    if row.status == "FAILED":
        changes |= {"status": "PENDING", "check_started_at": now, "checks": 0}
        changes |= {"https_status": "PENDING", "https_started_at": now, "https_checks": 0}
    update_host(conn, row.host, changes)
    return find_own_host(conn, account_id, row.host)


def delete_trace_domain(conn: Connection, account_id: str, host: str) -> None:
    """Delete a trace domain that nothing uses. Raises NotFound or BadRequest.

    Links in mail that was sent go on working while its DNS record leads to us.
    """
    row = find_own_host(conn, account_id, host)
    if row.kind != TRACE:
        raise BadRequest(
            f"{row.host} is the custom domain of a configuration set: change its tracking options."
        )
    settings = settings_using_host(conn, account_id, row.host)
    sets = sets_using_host(conn, account_id, row.host)
    if settings or sets:
        users = [f"the tracking setting of {one or 'the account'}" for one in settings]
        users += [f"configuration set {one}" for one in sets]
        raise BadRequest(f"{row.host} is in use by {', '.join(users)}.")
    forget_host(conn, account_id, row.host)
    delete_host(conn, row.host)
    bump_generation(conn, account_id)


def find_own_host(conn: Connection, account_id: str, host: str) -> TrackingHostRow:
    """Give the row of a host of the account. Raises NotFound."""
    row = find_host(conn, canonical_domain(host.strip()) or "")
    if row is None or row.account_id != account_id:
        raise NotFound(f"The tracking domain {shortened(host)} does not exist.")
    return row


def _shown(row: TrackingHostRow, *, everything_verified: bool) -> TrackingDomain:
    def state(found: str) -> str:
        return "SUCCESS" if everything_verified else found

    status, https = state(row.status), state(row.https_status)
    advised = row.prefix is not None and not row.prefix[0].isalpha()
    return TrackingDomain(
        domain=row.host,
        kind=row.kind,
        prefix=row.prefix,
        primary_domain=row.primary_domain,
        status=status,
        reason=None if status == "SUCCESS" else row.reason,
        https_status=https,
        https_reason=None if https == "SUCCESS" else row.https_reason,
        created_at=row.created_at,
        checked_at=row.checked_at,
        last_success_at=row.last_success_at,
        hint=PREFIX_HINT if advised else None,
    )
