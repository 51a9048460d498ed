"""Access keys: made, opened, listed, revoked.

A secret is shown once, when its key is made; the store has it sealed. Temporary keys have a session
token that each request must carry, and an end.
"""

import secrets
import string
from collections.abc import Iterable
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.base.secrets import Sealer
from pillarbox.model.credentials import AccessKey
from pillarbox.store.generations import KEYS, bump_scope
from pillarbox.store.people import keys as rows
from pillarbox.store.people.accounts import find_account

_ID_ALPHABET = string.ascii_uppercase + "234567"
_SECRET_ALPHABET = string.ascii_letters + string.digits + "+/"
MAX_SESSION_SECONDS = 36 * 3600


@dataclass(frozen=True, slots=True, kw_only=True)
class NewKey:
    """A key just made, with its secret in the clear: to be shown once."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None
    expires_at: int | None


def create_key(
    conn: Connection,
    sealer: Sealer,
    account_id: str,
    *,
    now: int,
    operations: Iterable[str] | None = None,
    session_seconds: int | None = None,
) -> NewKey:
    """Make a key of an account; limited to operations, or temporary, when asked.

    Raises NotFound for an unknown account, BadRequest for a session that is too long.
    """
    if find_account(conn, account_id) is None:
        raise NotFound(f"Account {account_id} does not exist.")
    if session_seconds is not None and not 0 < session_seconds <= MAX_SESSION_SECONDS:
        raise BadRequest(f"A session lasts from 1 to {MAX_SESSION_SECONDS} seconds.")
    new = NewKey(
        access_key_id=("ASIA" if session_seconds else "AKIA") + _random(_ID_ALPHABET, 16),
        secret_access_key=_random(_SECRET_ALPHABET, 40),
        session_token=_random(_SECRET_ALPHABET, 120) if session_seconds else None,
        expires_at=now + session_seconds * 1000 if session_seconds else None,
    )
    keep_key(conn, sealer, account_id, new, now=now, operations=operations)
    return new


def keep_key(
    conn: Connection,
    sealer: Sealer,
    account_id: str,
    new: NewKey,
    *,
    now: int,
    operations: Iterable[str] | None = None,
) -> None:
    """Store a key with its secrets sealed; it works from the next request on, on every worker."""
    token = new.session_token
    row = rows.KeyRow(
        id=new.access_key_id,
        account_id=account_id,
        secret_sealed=sealer.seal(new.secret_access_key.encode(), _place(new.access_key_id)),
        session_token_sealed=sealer.seal(token.encode(), _place(new.access_key_id))
        if token
        else None,
        operations=None if operations is None else msgspec.json.encode(sorted(operations)).decode(),
        created_at=now,
        expires_at=new.expires_at,
    )
    rows.insert_key(conn, row)
    bump_scope(conn, KEYS)


def open_key(conn: Connection, sealer: Sealer, access_key_id: str) -> AccessKey | None:
    """Give a key with its secrets opened; None for one that is unknown or revoked."""
    row = rows.find_key(conn, access_key_id)
    if row is None or row.revoked_at is not None:
        return None
    token = row.session_token_sealed
    return AccessKey(
        access_key_id=row.id,
        account_id=row.account_id,
        secret=sealer.open(row.secret_sealed, _place(row.id)).decode(),
        session_token=sealer.open(token, _place(row.id)).decode() if token else None,
        operations=frozenset(msgspec.json.decode(row.operations, type=list[str]))
        if row.operations is not None
        else None,
        expires_at=row.expires_at,
        account_closed=row.account_status == "closed",
    )


def revoke_key(conn: Connection, access_key_id: str, *, now: int) -> None:
    """End a key at once, on every worker.

    Raises NotFound when there is no such key, or it is revoked already.
    """
    if not rows.revoke_key(conn, access_key_id, now):
        raise NotFound(f"Access key {access_key_id} does not exist or is revoked already.")
    bump_scope(conn, KEYS)


def _place(access_key_id: str) -> str:
    return f"access_keys/{access_key_id}"


def _random(alphabet: str, length: int) -> str:
    return "".join(secrets.choice(alphabet) for _ in range(length))
