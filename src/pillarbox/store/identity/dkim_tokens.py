"""DKIM keys: which sign, which are served, in which order they come."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select, update

from pillarbox.model.account import SERVICE_ACCOUNT
from pillarbox.store.tables import dkim_tokens

#: How long a deleted identity's key stays in DNS: its mail may be on the way for so long.
RETIRED_KEPT_MS = 14 * 24 * 3600 * 1000
EXTERNAL = "EXTERNAL"

_SELECTOR = func.coalesce(dkim_tokens.c.selector, dkim_tokens.c.token)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyRow:
    """A key of an identity without its private half. `origin`: EXTERNAL, or None for ours."""

    token: str
    selector: str
    origin: str | None
    position: int
    public_key: str
    verified_at: int | None
    retired_at: int | None


def find_public_key(conn: Connection, token: str, now: int) -> str | None:
    """Give the TXT record of a selector of ours, its newest key first.

    None when it is not ours or was retired long ago.
    """
    columns = dkim_tokens.c
    query = (
        select(columns.public_key)
        .where(or_(columns.token == token, columns.selector == token), _served(now))
        .order_by(columns.created_at.desc(), columns.token.desc())
        .limit(1)
    )
    return conn.execute(query).scalar_one_or_none()


def find_private_key(conn: Connection, token: str) -> bytes | None:
    """Give the sealed private key of a token, retired or not: accepted mail is still signed."""
    query = select(dkim_tokens.c.private_key_sealed).where(dkim_tokens.c.token == token)
    return conn.execute(query).scalar_one_or_none()


def list_public_keys(conn: Connection, now: int) -> list[tuple[str, str]]:
    """Give (selector, TXT record) of every selector of customers that is served."""
    columns = dkim_tokens.c
    query = (
        select(_SELECTOR.label("selector"), columns.public_key)
        .where(_served(now), columns.account_id != SERVICE_ACCOUNT)
        .order_by(columns.created_at, columns.token)
    )
    newest = {row.selector: row.public_key for row in conn.execute(query)}
    return sorted(newest.items())


def list_keys(conn: Connection, account_id: str, identity: str) -> list[KeyRow]:
    """Give all keys an identity ever had, in the order of their positions."""
    columns = dkim_tokens.c
    query = (
        select(
            columns.token,
            _SELECTOR.label("selector"),
            columns.origin,
            columns.position,
            columns.public_key,
            columns.verified_at,
            columns.retired_at,
        )
        .where(columns.account_id == account_id, columns.identity == identity)
        .order_by(columns.position, columns.created_at)
    )
    return [KeyRow(**row._asdict()) for row in conn.execute(query)]


def retire_keys(conn: Connection, tokens: Sequence[str], now: int) -> None:
    """Take keys from their identity; accepted mail is still signed with them."""
    conn.execute(
        update(dkim_tokens)
        .where(dkim_tokens.c.token.in_(tokens), dkim_tokens.c.retired_at.is_(None))
        .values(retired_at=now)
    )


def place_key(conn: Connection, token: str, position: int) -> None:
    """Give a key its position; the one at 0 signs."""
    conn.execute(update(dkim_tokens).where(dkim_tokens.c.token == token).values(position=position))


def mark_keys(conn: Connection, tokens: Sequence[str], verified_at: int | None) -> None:
    """Say since when keys are known to be in DNS; None: they are not."""
    conn.execute(
        update(dkim_tokens).where(dkim_tokens.c.token.in_(tokens)).values(verified_at=verified_at)
    )


def _served(now: int) -> ColumnElement[bool]:
    columns = dkim_tokens.c
    live = or_(columns.retired_at.is_(None), columns.retired_at > now - RETIRED_KEPT_MS)
    return and_(live, columns.origin.is_(None))
