"""DKIM tokens: the keys that sign and the records that are served."""

from sqlalchemy import Connection, or_, select

from pillarbox.store.tables import dkim_tokens

#: How long a deleted identity's key stays in DNS: its mail may be on the way for so long.
RETIRED_KEPT_MS = 14 * 24 * 3600 * 1000


def find_public_key(conn: Connection, token: str, now: int) -> str | None:
    """Give the TXT record of a token, None when it is not ours or was retired long ago."""
    columns = dkim_tokens.c
    served = or_(columns.retired_at.is_(None), columns.retired_at > now - RETIRED_KEPT_MS)
    query = select(columns.public_key).where(columns.token == token, served)
    return conn.execute(query).scalar_one_or_none()


def find_private_key(conn: Connection, token: str) -> bytes | None:
    """Give the sealed private key of a token, retired or not: accepted mail is still signed."""
    query = select(dkim_tokens.c.private_key_sealed).where(dkim_tokens.c.token == token)
    return conn.execute(query).scalar_one_or_none()


def list_public_keys(conn: Connection, now: int) -> list[tuple[str, str]]:
    """Give (token, TXT record) of every token that is served."""
    columns = dkim_tokens.c
    served = or_(columns.retired_at.is_(None), columns.retired_at > now - RETIRED_KEPT_MS)
    query = select(columns.token, columns.public_key).where(served).order_by(columns.token)
    return [(row.token, row.public_key) for row in conn.execute(query)]
