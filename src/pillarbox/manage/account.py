"""The account: what it may send, and what it has sent."""

from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.errors import NotFound
from pillarbox.store.messages import BUCKET_MS
from pillarbox.store.sender import count_sent, read_accounts

DAY_MS = 24 * 3600 * 1000


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


def get_account(conn: Connection, account_id: str, *, now: int) -> AccountState:
    """Give the state of an account, its count of the last 24 hours to ten minutes exactly.

    An account that was suspended or restricted shows SHUTDOWN. Raises NotFound.
    """
    account = read_accounts(conn, [account_id]).get(account_id)
    if account is None:
        raise NotFound
    since = (now - DAY_MS) // BUCKET_MS * BUCKET_MS
    return AccountState(
        production=account.production,
        sending_enabled=account.sending_enabled,
        auto_warmup=account.auto_warmup,
        enforcement=account.enforcement if account.status == "active" else "SHUTDOWN",
        max_24h=account.max_24h,
        max_rate=account.max_rate,
        sent_24h=count_sent(conn, account_id, since),
    )
