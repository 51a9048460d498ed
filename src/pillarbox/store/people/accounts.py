"""Accounts: made, listed, changed."""

from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from pillarbox.model.account import SUPPRESSION_REASONS, Account
from pillarbox.store.lists.suppression import read_reasons, write_reasons
from pillarbox.store.tables import accounts


def insert_account(conn: Connection, account: Account) -> None:
    """Store a new account."""
    row = {name: getattr(account, name) for name in Account.__dataclass_fields__}
    row["suppressed_reasons"] = write_reasons(account.suppressed_reasons)
    conn.execute(insert(accounts), [row])


def read_account(row: Any) -> Account:
    """Read an account from its row."""
    values = row._asdict()
    written = values.pop("suppressed_reasons")
    reasons = SUPPRESSION_REASONS if written is None else read_reasons(written)
    return Account(**values, suppressed_reasons=reasons)


def find_account(conn: Connection, account_id: str) -> Account | None:
    """Give one account, None when there is none."""
    row = conn.execute(select(accounts).where(accounts.c.id == account_id)).one_or_none()
    return read_account(row) if row else None


def list_accounts(conn: Connection) -> list[Account]:
    """Give all accounts by id."""
    rows = conn.execute(select(accounts).order_by(accounts.c.id))
    return [read_account(row) for row in rows]


def count_accounts(conn: Connection) -> int:
    """Count the accounts."""
    return int(conn.execute(select(func.count()).select_from(accounts)).scalar_one())


def update_account(conn: Connection, account_id: str, changes: dict[str, Any]) -> None:
    """Change columns of one account."""
    conn.execute(update(accounts).where(accounts.c.id == account_id).values(**changes))
