"""Identities: the domains and addresses an account may send from.

Functions on a connection, to be run in a transaction of the store. They take what an API call says
and hand on the identity as it then is, or raise an ApiError in the real service's words (facts
§2.5). Making keys takes long and is done before the transaction (`store.identities.TokenRow`).

In capture mode every identity counts as verified. That is derived here from `everything_verified`
and never stored.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection

from pillarbox.base.errors import (
    AlreadyExists,
    BadRequest,
    ConcurrentModification,
    LimitExceeded,
    NotFound,
)
from pillarbox.manage.names import IdentityName, check_resource_tags, parse_identity, shortened
from pillarbox.manage.paging import BadToken, Page, Paging
from pillarbox.manage.tags import Tags, read_tags, write_tags
from pillarbox.store.configuration_sets import find_configuration_set
from pillarbox.store.generations import bump_generation
from pillarbox.store.identities import (
    IdentityRow,
    TokenRow,
    any_identity,
    count_identities,
    find_identity,
    insert_identity,
    insert_tokens,
    list_tokens,
    restart_check,
    retire_tokens,
)
from pillarbox.store.identities import (
    delete_identity as delete_identity_row,
)
from pillarbox.store.identities import (
    list_identities as list_identity_rows,
)
from pillarbox.store.tracking_settings import delete_tracking_setting

MAX_IDENTITIES = 10_000
DEFAULT_PAGE = MAX_PAGE = 1000
MIN_FILTER, MAX_FILTER = 3, 64

#: The states in which an identity may send. TEMPORARY_FAILURE: it was verified, its records have
#: gone, and the 72 hours in which they may come back are not over (facts §7).
VERIFIED_STATES = ("SUCCESS", "TEMPORARY_FAILURE")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """An identity as it is shown. Times are milliseconds since the epoch."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIdentity:
    """What is to be created.

    `key_bits`: the strength of the keys that come with it. `signing_chosen`: the call says how to
    sign; `own_key`: with a key of the caller's, or with another region's.
    """

    name: str
    tags: Tags = ()
    configuration_set: str | None = None
    key_bits: int = 2048
    signing_chosen: bool = False
    own_key: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityFilter:
    """Which identities to list. `contains`: part of the name, without regard to case."""

    contains: str | None = None
    kind: str | None = None
    status: str | None = None


def needs_tokens(conn: Connection, account_id: str, new: NewIdentity, *, again: bool) -> bool:
    """Check what is to be created, and tell whether DKIM tokens are to be made for it.

    Raises what `create_identity` would raise, before keys are made for nothing.
    """
    parsed = _check_new_identity(conn, account_id, new, again=again)
    return parsed.kind == "DOMAIN" and find_identity(conn, account_id, parsed.name) is None


def create_identity(
    conn: Connection,
    account_id: str,
    new: NewIdentity,
    tokens: Sequence[TokenRow],
    *,
    now: int,
    again: bool,
    everything_verified: bool,
) -> Identity:
    """Create an identity and begin its verification; `tokens` are for a new domain only.

    With `again` (v1), one that exists is answered as it is, and a failed check of it begins anew.
    The answer to a creation says NOT_STARTED; from then on it is PENDING (facts §1.7). Raises
    BadRequest, NotFound, AlreadyExists, LimitExceeded or ConcurrentModification.
    """
    parsed = _check_new_identity(conn, account_id, new, again=again)
    row = _new_row(account_id, parsed, new, now)
    if not insert_identity(conn, row):
        if not again:
            raise _taken(new.name)
        restart_check(conn, account_id, row.name, now=now, next_check_at=row.next_check_at)
        bump_generation(conn, account_id)
        return get_identity(conn, account_id, row.name, everything_verified=everything_verified)
    if row.kind == "DOMAIN":
        if not tokens:  # it was there when tokens were not made for it, and has gone since
            raise ConcurrentModification
        insert_tokens(conn, account_id, row.name, tokens, now)
    bump_generation(conn, account_id)
    shown = _shown(row, [one.token for one in tokens], everything_verified=everything_verified)
    return shown if everything_verified else replace(shown, status="NOT_STARTED")


def _check_new_identity(
    conn: Connection, account_id: str, new: NewIdentity, *, again: bool
) -> IdentityName:
    parsed = parse_identity(new.name)
    check_resource_tags(new.tags)
    _check_signing(new, parsed)
    chosen = new.configuration_set
    if chosen is not None and find_configuration_set(conn, account_id, chosen) is None:
        raise NotFound(
            f"Configuration set <{chosen}> does not exist.",
            query_code="ConfigurationSetDoesNotExist",
        )
    if find_identity(conn, account_id, parsed.name) is not None:
        if not again:
            raise _taken(new.name)
    elif count_identities(conn, account_id) >= MAX_IDENTITIES:
        raise LimitExceeded
    return parsed


def _new_row(account_id: str, parsed: IdentityName, new: NewIdentity, now: int) -> IdentityRow:
    return IdentityRow(
        account_id=account_id,
        name=parsed.name,
        kind=parsed.kind,
        created_at=now,
        status="PENDING",
        check_started_at=now,
        checks=0,
        checked_at=None,
        last_success_at=None,
        next_check_at=now if parsed.kind == "DOMAIN" else None,
        check_error=None,
        signing_enabled=parsed.kind == "DOMAIN",
        signing_key_bits=new.key_bits,
        feedback_forwarding=True,
        mail_from_domain=None,
        mail_from_status=None,
        mail_from_behavior="USE_DEFAULT_VALUE",
        configuration_set=new.configuration_set,
        tags=write_tags(new.tags),
    )


def get_identity(
    conn: Connection, account_id: str, name: str, *, everything_verified: bool
) -> Identity:
    """Give one identity. Raises NotFound."""
    row = find_identity(conn, account_id, _lookup_name(name))
    if row is None:
        raise _missing(name)
    tokens = list_tokens(conn, account_id, row.name)
    return _shown(row, tokens, everything_verified=everything_verified)


def delete_identity(conn: Connection, account_id: str, name: str, *, now: int) -> None:
    """Delete an identity, which stops sending at once. Raises NotFound."""
    found = _lookup_name(name)
    if not delete_identity_row(conn, account_id, found):
        raise _missing(name)
    retire_tokens(conn, account_id, found, now)
    delete_tracking_setting(conn, account_id, found)  # a domain that comes back is a new one
    bump_generation(conn, account_id)


def list_identities(
    conn: Connection,
    paging: Paging,
    *,
    token: str | None,
    size: int | None,
    least_size: int,
    wanted: IdentityFilter,
    everything_verified: bool,
) -> Page[Identity]:
    """Give a page of identities, without their tokens.

    `least_size`: the smallest page size that may be asked for; 0 means the default (v1).
    """
    if size is not None and not least_size <= size <= MAX_PAGE:
        raise BadRequest(
            f"Value {size} for parameter PageSize is invalid. "
            f"PageSize must be between {least_size} and {MAX_PAGE}."
        )
    _check_filter(wanted)
    try:
        after = paging.after(token)
    except BadToken:
        raise BadRequest(f"Invalid NextToken <{shortened(token or '')}>.") from None
    statuses = None if wanted.status is None else (wanted.status,)
    if everything_verified and wanted.status is not None:
        if wanted.status != "SUCCESS":
            return Page((), None)
        statuses = None
    limit = size or DEFAULT_PAGE
    rows = list_identity_rows(
        conn,
        paging.account_id,
        after=after,
        limit=limit + 1,
        contains=wanted.contains,
        kind=wanted.kind,
        statuses=statuses,
    )
    shown = [_shown(row, (), everything_verified=everything_verified) for row in rows]
    return paging.page(shown, limit, lambda identity: identity.name)


def _check_signing(new: NewIdentity, parsed: IdentityName) -> None:
    if new.signing_chosen and parsed.kind != "DOMAIN":
        raise BadRequest("The EmailIdentity value must be a valid domain.")
    if new.own_key:
        raise BadRequest("Signing with a key of your own is not supported yet.")


def covers(conn: Connection, account_id: str, domain: str, *, everything_verified: bool) -> bool:
    """Tell whether a domain or one above it is a verified identity of the account."""
    labels = domain.split(".")
    names = [".".join(labels[start:]) for start in range(len(labels) - 1)]
    statuses = None if everything_verified else VERIFIED_STATES
    return any_identity(conn, account_id, names, statuses)


def _check_filter(wanted: IdentityFilter) -> None:
    if wanted.contains is not None and not MIN_FILTER <= len(wanted.contains) <= MAX_FILTER:
        raise BadRequest(
            f"IDENTITY_NAME_CONTAINS must be between {MIN_FILTER} and {MAX_FILTER} characters"
        )


def _lookup_name(name: str) -> str:
    try:
        return parse_identity(name).name
    except BadRequest:
        return name  # nothing has such a name


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(f"Email identity {name} already exist.")


def _missing(name: str) -> NotFound:
    return NotFound(f"Email identity {name} does not exist.")


def _shown(row: IdentityRow, tokens: Sequence[str], *, everything_verified: bool) -> Identity:
    return Identity(
        name=row.name,
        kind=row.kind,
        created_at=row.created_at,
        status="SUCCESS" if everything_verified else row.status,
        verified=everything_verified or row.status in VERIFIED_STATES,
        signing_enabled=row.signing_enabled,
        signing_key_bits=row.signing_key_bits,
        tokens=tuple(tokens),
        feedback_forwarding=row.feedback_forwarding,
        mail_from_domain=row.mail_from_domain,
        mail_from_status=row.mail_from_status,
        mail_from_behavior=row.mail_from_behavior,
        configuration_set=row.configuration_set,
        tags=read_tags(row.tags),
        checked_at=row.checked_at,
        last_success_at=row.last_success_at,
        check_error=row.check_error,
    )
