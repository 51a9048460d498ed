"""The account: what it may send and has sent, and what its owner switches.

Functions on a connection, to be run in a transaction of the store. They change nothing that the
operator has decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.model.account import Account
from pillarbox.model.enforcement import SHUTDOWN
from pillarbox.store.generations import bump_generation
from pillarbox.store.lists.suppression import write_reasons
from pillarbox.store.mail.messages import BUCKET_MS
from pillarbox.store.people.accounts import find_account, update_account
from pillarbox.store.sets.sender import count_sent

DAY_MS = 24 * 3600 * 1000
STAYS_PAUSED = (
    "Sending is paused for this account by the operator of the service; it can't be enabled here."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountState:
    """An account as GetAccount shows it. `max_24h` -1: no limit. Sent: recipients in 24 hours."""

    production: bool
    sending_enabled: bool
    auto_warmup: bool
    enforcement: str
    max_24h: float
    max_rate: float
    sent_24h: int
    suppressed_reasons: tuple[str, ...]


def get_account(conn: Connection, account_id: str, *, now: int) -> AccountState:
    """Give the state of an account, its count of the last 24 hours to ten minutes exactly.

    An account that was suspended or restricted shows SHUTDOWN. Raises NotFound.
    """
    account = _find(conn, account_id)
    since = (now - DAY_MS) // BUCKET_MS * BUCKET_MS
    return AccountState(
        production=account.production,
        sending_enabled=account.sending_enabled,
        auto_warmup=account.auto_warmup,
        enforcement=_enforcement(account),
        max_24h=account.max_24h,
        max_rate=account.max_rate,
        sent_24h=count_sent(conn, account_id, since),
        suppressed_reasons=account.suppressed_reasons,
    )


def put_sending(conn: Connection, account_id: str, *, enabled: bool) -> None:
    """Switch an account's sending off, or on again.

    What the operator has paused or restricted its owner can't switch on: that raises BadRequest and
    changes nothing. Raises NotFound.
    """
    bump_generation(conn, account_id)  # first: it holds the row until the commit
    if enabled and _enforcement(_find(conn, account_id)) == SHUTDOWN:
        raise BadRequest(STAYS_PAUSED)
    update_account(conn, account_id, {"sending_enabled": enabled})


def put_auto_warmup(conn: Connection, account_id: str, *, enabled: bool) -> None:
    """Say whether dedicated addresses that are added from now on are warmed up (facts §8)."""
    bump_generation(conn, account_id)
    update_account(conn, account_id, {"auto_warmup": enabled})


def put_suppressed_reasons(conn: Connection, account_id: str, reasons: Sequence[str]) -> None:
    """Say for which reasons recipients are suppressed, where a set has no rule of its own."""
    bump_generation(conn, account_id)
    update_account(conn, account_id, {"suppressed_reasons": write_reasons(reasons)})


def _find(conn: Connection, account_id: str) -> Account:
    account = find_account(conn, account_id)
    if account is None:
        raise NotFound
    return account


def _enforcement(account: Account) -> str:
    return account.enforcement if account.status == "active" else SHUTDOWN
