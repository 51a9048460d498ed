"""Identities: the domains and addresses an account may send from.

Functions on a connection, to be run in a transaction of the store. They take what an API call says
and hand on the identity as it then is, or raise an ApiError in the real service's words (facts
§2.5). Here they are read and deleted; `identity_creation` makes them, `identity_list` lists them.

In capture mode every identity counts as verified. That is derived here from `everything_verified`
and never stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.manage.names import parse_identity
from pillarbox.manage.tags import Tags, read_tags
from pillarbox.model.verification import NOT_STARTED, SUCCESS, VERIFIED_STATES
from pillarbox.store.generations import bump_generation
from pillarbox.store.identity.dkim_tokens import list_keys
from pillarbox.store.identity.identities import (
    IdentityRow,
    any_identity,
    find_identities,
    find_identity,
    list_tokens,
    retire_tokens,
)
from pillarbox.store.identity.identities import (
    delete_identity as delete_identity_row,
)
from pillarbox.store.identity.notifications import delete_notifications
from pillarbox.store.tracking.settings import delete_tracking_setting


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An identity as it is shown. Times are milliseconds since the epoch.

    `status`: of its verification; `dkim_status`: of its DKIM records. `tokens`: its selectors.
    `signing_key_bits` signs now, `next_key_bits` will. `txt_token`: what verifies it in SES v1.
    `soa`: who answers for its domain, as the last check saw it.
    """

    name: str
    kind: str
    created_at: int
    status: str
    verified: bool
    signing_enabled: bool
    signing_key_bits: int
    tokens: tuple[str, ...]
    feedback_forwarding: bool
    mail_from_domain: str | None
    mail_from_status: str | None
    mail_from_behavior: str
    configuration_set: str | None
    tags: Tags
    checked_at: int | None
    last_success_at: int | None
    check_error: str | None
    dkim_status: str
    signing_origin: str
    next_key_bits: int
    keys_made_at: int
    txt_token: str | None
    soa: str | None


def get_identity(
    conn: Connection, account_id: str, name: str, *, everything_verified: bool
) -> Identity:
    """Give one identity. Raises NotFound."""
    row = find_identity(conn, account_id, lookup_name(name))
    if row is None:
        raise missing_identity(name)
    return shown_identity(row, selectors(conn, row), everything_verified=everything_verified)


def get_identities(
    conn: Connection, account_id: str, names: Sequence[str], *, everything_verified: bool
) -> dict[str, Identity]:
    """Give those of the named identities that there are, each by the name that was asked for."""
    wanted = {name: lookup_name(name) for name in names}
    rows = find_identities(conn, account_id, sorted(set(wanted.values())))
    return {
        name: shown_identity(row, selectors(conn, row), everything_verified=everything_verified)
        for name, found in wanted.items()
        if (row := rows.get(found)) is not None
    }


def selectors(conn: Connection, row: IdentityRow) -> list[str]:
    """Give the selectors an identity is to sign with: three tokens of ours, or the customer's."""
    if not row.external:
        return list_tokens(conn, row.account_id, row.name)
    keys = list_keys(conn, row.account_id, row.name)
    return [one.selector for one in keys if one.origin is not None and one.retired_at is None][:1]


def delete_identity(conn: Connection, account_id: str, name: str, *, now: int) -> None:
    """Delete an identity, which stops sending at once. Raises NotFound."""
    bump_generation(conn, account_id)
    found = lookup_name(name)
    if not delete_identity_row(conn, account_id, found):
        raise missing_identity(name)
    retire_tokens(conn, account_id, found, now)
    delete_notifications(conn, account_id, found)
    delete_tracking_setting(conn, account_id, found)  # a domain that comes back is a new one


def covers(conn: Connection, account_id: str, domain: str, *, everything_verified: bool) -> bool:
    """Tell whether a domain or one above it is a verified identity of the account."""
    labels = domain.split(".")
    names = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    statuses = None if everything_verified else VERIFIED_STATES
    return any_identity(conn, account_id, names, statuses)


def lookup_name(name: str) -> str:
    """Give the canonical form of a name that is looked for; nothing has one that is no name."""
    try:
        return parse_identity(name).name
    except BadRequest:
        return name


def missing_identity(name: str) -> NotFound:
    """Say that there is no such identity, in the real service's words (facts §2.5)."""
    return NotFound(f"Email identity {name} does not exist.")


def shown_identity(
    row: IdentityRow, tokens: Sequence[str], *, everything_verified: bool
) -> Identity:
    """Give a row as it is shown; `everything_verified`: capture mode."""
    dkim, mail_from = row.dkim, row.mail_from_status
    if everything_verified:
        dkim = NOT_STARTED if dkim == NOT_STARTED else SUCCESS
        mail_from = None if mail_from is None else SUCCESS
    return Identity(
        name=row.name,
        kind=row.kind,
        created_at=row.created_at,
        status=SUCCESS if everything_verified else row.status,
        verified=everything_verified or row.status in VERIFIED_STATES,
        signing_enabled=row.signing_enabled,
        signing_key_bits=row.signing_key_bits,
        tokens=tuple(tokens),
        feedback_forwarding=row.feedback_forwarding,
        mail_from_domain=row.mail_from_domain,
        mail_from_status=mail_from,
        mail_from_behavior=row.mail_from_behavior,
        configuration_set=row.configuration_set,
        tags=read_tags(row.tags),
        checked_at=row.checked_at,
        last_success_at=row.last_success_at,
        check_error=row.check_error,
        dkim_status=dkim,
        signing_origin=row.signing_origin or "AWS_SES",
        next_key_bits=row.next_key_bits or row.signing_key_bits,
        keys_made_at=row.keys_made_at or row.created_at,
        txt_token=row.txt_token,
        soa=row.soa,
    )
