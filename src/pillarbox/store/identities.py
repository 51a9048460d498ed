"""Queries that manage identities and their DKIM tokens; `store/sender.py` is for sending."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, delete, exists, func, insert, select, update

from pillarbox.store.dialect import insert_or_ignore
from pillarbox.store.tables import dkim_tokens, identities


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityRow:
    """A row of `identities`."""

    account_id: str
    name: str
    kind: str
    created_at: int
    status: str
    check_started_at: int
    checks: int
    checked_at: int | None
    last_success_at: int | None
    next_check_at: int | None
    check_error: str | None
    signing_enabled: bool
    signing_key_bits: int
    feedback_forwarding: bool
    mail_from_domain: str | None
    mail_from_status: str | None
    mail_from_behavior: str
    configuration_set: str | None
    tags: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A DKIM token with its key: the private one sealed, the public one as in its TXT record."""

    token: str
    private_key_sealed: bytes
    public_key: str


def insert_identity(conn: Connection, row: IdentityRow) -> bool:
    """Store a new identity; tell whether it was stored, or another transaction was first."""
    values = {name: getattr(row, name) for name in IdentityRow.__dataclass_fields__}
    statement = (
        insert_or_ignore(conn.dialect.name, identities).values(values).returning(identities.c.name)
    )
    return conn.execute(statement).first() is not None


def insert_tokens(
    conn: Connection, account_id: str, identity: str, tokens: Sequence[TokenRow], now: int
) -> None:
    """Store the tokens of an identity, in the order of their positions; the first one signs."""
    conn.execute(
        insert(dkim_tokens),
        [
            {
                "token": one.token,
                "account_id": account_id,
                "identity": identity,
                "position": position,
                "private_key_sealed": one.private_key_sealed,
                "public_key": one.public_key,
                "created_at": now,
                "retired_at": None,
            }
            for position, one in enumerate(tokens)
        ],
    )


def find_identity(conn: Connection, account_id: str, name: str) -> IdentityRow | None:
    """Give one identity of the account, None when there is none of this name."""
    query = select(identities).where(
        identities.c.account_id == account_id, identities.c.name == name
    )
    row = conn.execute(query).one_or_none()
    return IdentityRow(**row._asdict()) if row else None


def list_tokens(conn: Connection, account_id: str, identity: str) -> list[str]:
    """Give the tokens an identity has now, in the order of their positions."""
    query = (
        select(dkim_tokens.c.token)
        .where(
            dkim_tokens.c.account_id == account_id,
            dkim_tokens.c.identity == identity,
            dkim_tokens.c.retired_at.is_(None),
        )
        .order_by(dkim_tokens.c.position)
    )
    return list(conn.execute(query).scalars())


def count_identities(conn: Connection, account_id: str) -> int:
    """Count the account's identities."""
    query = select(func.count()).where(identities.c.account_id == account_id)
    return int(conn.execute(query).scalar_one())


def list_identities(
    conn: Connection,
    account_id: str,
    *,
    after: str,
    limit: int,
    contains: str | None = None,
    kind: str | None = None,
    statuses: Sequence[str] | None = None,
) -> list[IdentityRow]:
    """Give identities in the order of their names, starting after a name.

    `contains` is looked for in the name without regard to case.
    """
    query = select(identities).where(
        identities.c.account_id == account_id, identities.c.name > after
    )
    if contains is not None:
        lowered = func.lower(identities.c.name)
        query = query.where(lowered.contains(contains.lower(), autoescape=True))
    if kind is not None:
        query = query.where(identities.c.kind == kind)
    if statuses is not None:
        query = query.where(identities.c.status.in_(statuses))
    rows = conn.execute(query.order_by(identities.c.name).limit(limit))
    return [IdentityRow(**row._asdict()) for row in rows]


def any_identity(
    conn: Connection, account_id: str, names: Sequence[str], statuses: Sequence[str] | None
) -> bool:
    """Tell whether the account has one of the named identities in one of the states.

    `statuses` None: in any state.
    """
    query = select(identities.c.name).where(
        identities.c.account_id == account_id, identities.c.name.in_(names)
    )
    if statuses is not None:
        query = query.where(identities.c.status.in_(statuses))
    return bool(conn.execute(select(exists(query))).scalar_one())


def restart_check(
    conn: Connection, account_id: str, name: str, *, now: int, next_check_at: int | None
) -> None:
    """Begin the verification of an identity anew, if it has failed."""
    conn.execute(
        update(identities)
        .where(
            identities.c.account_id == account_id,
            identities.c.name == name,
            identities.c.status == "FAILED",
        )
        .values(
            status="PENDING",
            check_started_at=now,
            checks=0,
            next_check_at=next_check_at,
            check_error=None,
        )
    )


def delete_identity(conn: Connection, account_id: str, name: str) -> bool:
    """Delete an identity; tell whether there was one."""
    statement = delete(identities).where(
        identities.c.account_id == account_id, identities.c.name == name
    )
    return conn.execute(statement).rowcount > 0


def retire_tokens(conn: Connection, account_id: str, identity: str, now: int) -> None:
    """Take the tokens from an identity; their keys stay in DNS while its mail is on the way."""
    conn.execute(
        update(dkim_tokens)
        .where(
            dkim_tokens.c.account_id == account_id,
            dkim_tokens.c.identity == identity,
            dkim_tokens.c.retired_at.is_(None),
        )
        .values(retired_at=now)
    )
