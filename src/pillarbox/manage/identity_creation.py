"""Creating identities, and beginning the verification of those that exist anew.

Making keys takes long and is done before the transaction: `needs_tokens` says whether, then
`create_identity` takes them.
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
from pillarbox.manage.identities import Identity, get_identity, shown_identity
from pillarbox.manage.names import IdentityName, check_resource_tags, parse_identity
from pillarbox.manage.tags import Tags, write_tags
from pillarbox.store.configuration_sets import find_configuration_set
from pillarbox.store.generations import bump_generation
from pillarbox.store.identities import (
    IdentityRow,
    TokenRow,
    count_identities,
    find_identity,
    insert_identity,
    insert_tokens,
    restart_check,
)

MAX_IDENTITIES = 10_000


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
    shown = shown_identity(
        row, [one.token for one in tokens], everything_verified=everything_verified
    )
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


def _check_signing(new: NewIdentity, parsed: IdentityName) -> None:
    if new.signing_chosen and parsed.kind != "DOMAIN":
        raise BadRequest("The EmailIdentity value must be a valid domain.")
    if new.own_key:
        raise BadRequest("Signing with a key of your own is not supported yet.")


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(f"Email identity {name} already exist.")
