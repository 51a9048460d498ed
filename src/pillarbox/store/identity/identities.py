"""Queries that manage identities and their DKIM tokens; `store/sets/sender.py` is for sending."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, case, delete, exists, func, insert, select, update

from pillarbox.model.list_order import BY_NAME, ListOrder
from pillarbox.store.dialect import insert_or_ignore
from pillarbox.store.keyset import containing, sorted_page
from pillarbox.store.tables import dkim_tokens, identities

#: The states of an identity, those first that somebody has to do something about.
BY_TROUBLE = ("FAILED", "TEMPORARY_FAILURE", "PENDING", "NOT_STARTED", "SUCCESS")


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
    txt_token: str | None = None
    dkim_status: str | None = None
    dkim_started_at: int | None = None
    dkim_checks: int | None = None
    signing_origin: str | None = None
    next_key_bits: int | None = None
    keys_made_at: int | None = None
    rotate_at: int | None = None
    mail_from_started_at: int | None = None
    mail_from_checks: int | None = None
    soa: str | None = None

    @property
    def dkim(self) -> str:
        """The state of its DKIM records; rows from before there was one share the identity's."""
        if self.kind != "DOMAIN":
            return "NOT_STARTED"
        return self.dkim_status or self.status

    @property
    def trouble(self) -> int:
        """The place of its state in BY_TROUBLE."""
        return BY_TROUBLE.index(self.status)

    @property
    def external(self) -> bool:
        """Whether a key of the customer's is to sign."""
        return self.signing_origin is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenRow:
    """A DKIM token with its key: the private one sealed, the public one as in its TXT record.

    `selector` None: the token itself. `origin`: EXTERNAL for a customer's key, None for ours.
    """

    token: str
    private_key_sealed: bytes
    public_key: str
    selector: str | None = None
    origin: str | None = None
    key_bits: int | None = None


def insert_identity(conn: Connection, row: IdentityRow) -> bool:
    """Store a new identity; tell whether it was stored, or another transaction was first."""
    values = {name: getattr(row, name) for name in IdentityRow.__dataclass_fields__}
    statement = (
        insert_or_ignore(conn.dialect.name, identities).values(values).returning(identities.c.name)
    )
    return conn.execute(statement).first() is not None


def insert_tokens(
    conn: Connection,
    account_id: str,
    identity: str,
    tokens: Sequence[TokenRow],
    now: int,
    *,
    first: int = 0,
) -> None:
    """Store keys of an identity at the positions from `first` on; the one at 0 signs."""
    conn.execute(
        insert(dkim_tokens),
        [
            {
                **{name: getattr(one, name) for name in TokenRow.__dataclass_fields__},
                "account_id": account_id,
                "identity": identity,
                "position": position,
                "created_at": now,
                "retired_at": None,
            }
            for position, one in enumerate(tokens, first)
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
    """Give the selectors of our own keys that an identity has now, in a lasting order."""
    query = select(func.coalesce(dkim_tokens.c.selector, dkim_tokens.c.token)).where(
        dkim_tokens.c.account_id == account_id,
        dkim_tokens.c.identity == identity,
        dkim_tokens.c.retired_at.is_(None),
        dkim_tokens.c.origin.is_(None),
    )
    return sorted(conn.execute(query).scalars())


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
    order: ListOrder = BY_NAME,
) -> list[IdentityRow]:
    """Give identities in the order of their names, starting after a name.

    `contains` is looked for in the name without regard to case. `order`: by "created_at" or
    "trouble" as well, which sorts all of the account's.
    """
    query = select(identities).where(identities.c.account_id == account_id)
    query = containing(query, contains, identities.c.name)
    if kind is not None:
        query = query.where(identities.c.kind == kind)
    if statuses is not None:
        query = query.where(identities.c.status.in_(statuses))
    places = {state: place for place, state in enumerate(BY_TROUBLE)}
    page = sorted_page(
        query,
        name=identities.c.name,
        columns={
            "created_at": identities.c.created_at,
            "trouble": case(places, value=identities.c.status),
        },
        after=after,
        order=order,
        limit=limit,
    )
    rows = conn.execute(page)
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


def find_identities(
    conn: Connection, account_id: str, names: Sequence[str]
) -> dict[str, IdentityRow]:
    """Give those of the named identities that the account has."""
    query = select(identities).where(
        identities.c.account_id == account_id, identities.c.name.in_(names)
    )
    return {row.name: IdentityRow(**row._asdict()) for row in conn.execute(query)}


def update_identity(
    conn: Connection, account_id: str, name: str, values: Mapping[str, Any]
) -> None:
    """Change columns of one identity."""
    conn.execute(
        update(identities)
        .where(identities.c.account_id == account_id, identities.c.name == name)
        .values(**values)
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
