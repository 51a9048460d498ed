"""Accounts: made, listed, and what the operator decides about each."""

import secrets
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection

from pillarbox.base.errors import AlreadyExists, BadRequest, NotFound
from pillarbox.model.account import Account
from pillarbox.model.enforcement import HEALTHY
from pillarbox.store.generations import KEYS, bump_generation, bump_scope
from pillarbox.store.mail.messages import BUCKET_MS
from pillarbox.store.people import accounts as rows
from pillarbox.store.sets.sender import count_sent_by

SANDBOX_MAX_24H, SANDBOX_MAX_RATE = 200.0, 1.0
NO_LIMIT = -1.0
DEFAULT_MAX_RATE = 10_000.0
NO_RATE = 0.0
LARGEST_LIMIT = 1e12
_DAY_MS = 24 * 3600 * 1000
_FINE = ("active", HEALTHY)


def create_account(
    conn: Connection, *, now: int, account_id: str | None = None, name: str = "", production: bool
) -> Account:
    """Make an account; a sandbox one may send 200 messages a day to verified recipients (facts §9).

    Raises BadRequest for an id that is not 12 digits, AlreadyExists for one that is taken.
    """
    account_id = account_id or f"{secrets.randbelow(10**12):012d}"
    if len(account_id) != 12 or not (account_id.isascii() and account_id.isdecimal()):
        raise BadRequest("An account id is 12 digits.")
    if rows.find_account(conn, account_id) is not None:
        raise AlreadyExists(f"Account {account_id} exists already.")
    account = Account(
        id=account_id,
        name=name or account_id,
        created_at=now,
        production=production,
        status="active",
        sending_enabled=True,
        auto_warmup=True,
        enforcement=HEALTHY,
        max_24h=NO_LIMIT if production else SANDBOX_MAX_24H,
        max_rate=DEFAULT_MAX_RATE if production else SANDBOX_MAX_RATE,
        generation=1,
    )
    rows.insert_account(conn, account)
    return account


def sent_24h(conn: Connection, account_ids: Sequence[str], *, now: int) -> dict[str, int]:
    """Give the recipients that accounts had accepted in 24 hours, to ten minutes exactly."""
    since = (now - _DAY_MS) // BUCKET_MS * BUCKET_MS
    return dict.fromkeys(account_ids, 0) | count_sent_by(conn, account_ids, since)


def list_accounts(conn: Connection) -> Sequence[Account]:
    """Give all accounts by id."""
    return rows.list_accounts(conn)


def set_account(
    conn: Connection, account_id: str, changes: Mapping[str, Any], *, now: int
) -> Account:
    """Change what the operator decides: name, production, status, max_24h, max_rate.

    Who is restored begins anew: what its mail led to so far is no longer held against it. Raises
    NotFound for an unknown account, BadRequest for a limit that is none. What is changed holds for
    the next request on any worker.
    """
    check_limits(changes)
    if changes:
        bump_generation(conn, account_id)  # first: it holds the row until the commit
    before = rows.find_account(conn, account_id)
    if before is None:
        raise NotFound(f"Account {account_id} does not exist.")
    if changes.get("status") == "active" and (before.status, before.enforcement) != _FINE:
        changes = {**changes, **_begun_anew(now)}
    if changes:
        rows.update_account(conn, account_id, dict(changes))
        bump_scope(conn, KEYS)  # a closed account's keys say so
    account = rows.find_account(conn, account_id)
    if account is None:
        raise NotFound(f"Account {account_id} does not exist.")
    return account


def check_limits(changes: Mapping[str, Any]) -> None:
    """Raise BadRequest for limits that say nothing."""
    for name, none in (("max_24h", NO_LIMIT), ("max_rate", NO_RATE)):
        limit = changes.get(name, none)
        if limit != none and not 0 <= limit <= LARGEST_LIMIT:
            raise BadRequest(
                f"This must be from 0 to {LARGEST_LIMIT:,.0f}, or {none:g} for no limit."
            )


def _begun_anew(now: int) -> dict[str, Any]:
    return {
        "enforcement": HEALTHY,
        "enforcement_since": now,
        "enforcement_reason": "restored by the operator",
        "reputation_from": now,
    }
