"""Access keys, their secrets sealed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, insert, select, update

from pillarbox.store.tables import access_keys, accounts


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A row of `access_keys`; `account_status` is the account's, None in rows to insert."""

    id: str
    account_id: str
    secret_sealed: bytes
    session_token_sealed: bytes | None
    operations: str | None
    created_at: int
    expires_at: int | None
    revoked_at: int | None = None
    account_status: str | None = None

    def usable(self, now: int) -> bool:
        """Tell whether it is neither revoked nor has ended."""
        return self.revoked_at is None and (self.expires_at is None or self.expires_at > now)


_joined = select(access_keys, accounts.c.status.label("account_status")).join(
    accounts, accounts.c.id == access_keys.c.account_id
)


def insert_key(conn: Connection, row: KeyRow) -> None:
    """Store a new key."""
    columns = [column.name for column in access_keys.columns]
    conn.execute(insert(access_keys), [{name: getattr(row, name) for name in columns}])


def find_key(conn: Connection, key_id: str) -> KeyRow | None:
    """Give one key, revoked or not; None when there never was one."""
    row = conn.execute(_joined.where(access_keys.c.id == key_id)).one_or_none()
    return KeyRow(**row._asdict()) if row else None


def list_keys(conn: Connection, account_id: str | None) -> Sequence[KeyRow]:
    """Give the keys of an account, or of all, the oldest first."""
    query = _joined.order_by(access_keys.c.created_at, access_keys.c.id)
    if account_id is not None:
        query = query.where(access_keys.c.account_id == account_id)
    return [KeyRow(**row._asdict()) for row in conn.execute(query)]


def revoke_key(conn: Connection, key_id: str, now: int) -> bool:
    """Mark a key revoked; False when there is none to revoke."""
    statement = (
        update(access_keys)
        .where(access_keys.c.id == key_id, access_keys.c.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return conn.execute(statement).rowcount == 1
