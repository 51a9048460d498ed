"""Creating identities, and beginning the verification of those that exist anew.

Keys and mails are made before the transaction, since that takes long: `what_it_needs` says which,
then `create_identity` takes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal

from sqlalchemy import Connection

from pillarbox.accept.system_mail import keep_system_mail
from pillarbox.base.errors import AlreadyExists, ConcurrentModification, LimitExceeded
from pillarbox.manage.identities.dkim_signing import EXTERNAL, Signing, begin_dkim, check_signing
from pillarbox.manage.identities.identities import Identity, get_identity
from pillarbox.manage.names import IdentityName, check_resource_tags, parse_identity
from pillarbox.manage.sets.configuration_sets import missing_set
from pillarbox.manage.tags import Tags, write_tags
from pillarbox.model.queued import AcceptedMessage
from pillarbox.model.verification import (
    FAILED,
    LINK_MS,
    NOT_STARTED,
    PENDING,
    VERIFIED_STATES,
)
from pillarbox.store.generations import bump_generation
from pillarbox.store.identity.identities import (
    IdentityRow,
    TokenRow,
    count_identities,
    find_identity,
    insert_identity,
    insert_tokens,
    list_tokens,
    update_identity,
)
from pillarbox.store.sets.configuration_sets import find_configuration_set

MAX_IDENTITIES = 10_000
DEFAULT_BITS = 2048


@dataclass(frozen=True, slots=True, kw_only=True)
class NewIdentity:
    """What is to be created. `signing`: what the call says of it, None for nothing."""

    name: str
    tags: Tags = ()
    configuration_set: str | None = None
    signing: Signing | None = None

    @property
    def key_bits(self) -> int:
        """The strength of our keys that come with it."""
        return (self.signing and self.signing.bits) or DEFAULT_BITS


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """What is made before the transaction that needs it: keys, or the mail of an address."""

    keys: Sequence[TokenRow] = ()
    mail: AcceptedMessage | None = None


def what_it_needs(
    conn: Connection,
    account_id: str,
    new: NewIdentity,
    *,
    again: bool,
    most: int = MAX_IDENTITIES,
) -> Literal["nothing", "tokens", "external", "mail"]:
    """Check what is to be created, and tell what is to be made for it.

    `most`: how many identities the account may have. Raises what `create_identity` would raise,
    before anything is made for nothing.
    """
    parsed = _check_new_identity(conn, account_id, new, again=again, most=most)
    row = find_identity(conn, account_id, parsed.name)
    if parsed.kind != "DOMAIN":
        return "nothing" if row and row.status in VERIFIED_STATES else "mail"
    if row is not None and (row.external or list_tokens(conn, account_id, row.name)):
        return "nothing"
    return "external" if new.signing is not None and new.signing.external else "tokens"


def create_identity(
    conn: Connection,
    account_id: str,
    new: NewIdentity,
    made: Made,
    *,
    now: int,
    again: bool,
    everything_verified: bool,
    most: int = MAX_IDENTITIES,
) -> Identity:
    """Create an identity and begin its verification; what was made for it is kept with it.

    With `again` (v1), one that exists is answered as it is, a failed check of it begins anew, and
    the mail of an address is sent again. The answer to a creation says NOT_STARTED; from then on it
    is PENDING (facts §1.7). Raises BadRequest, NotFound, AlreadyExists, LimitExceeded or
    ConcurrentModification.
    """
    bump_generation(conn, account_id)  # first, so that changes of an account take turns
    parsed = _check_new_identity(conn, account_id, new, again=again, most=most)
    # The link in the mail must not be older than the identity that it confirms.
    now = now if made.mail is None else min(now, made.mail.message.created_at)
    row = _new_row(account_id, parsed, new, now)
    created = insert_identity(conn, row)
    if not created and not again:
        raise _taken(new.name)
    if row.kind == "DOMAIN":
        _begin_domain(conn, row, made.keys, now, created=created)
    else:
        _begin_address(conn, row, made.mail, now, created=created)
    shown = get_identity(conn, account_id, row.name, everything_verified=everything_verified)
    if not created or everything_verified:
        return shown
    return replace(shown, status=NOT_STARTED, dkim_status=NOT_STARTED)


def _begin_domain(
    conn: Connection, row: IdentityRow, keys: Sequence[TokenRow], now: int, *, created: bool
) -> None:
    """Give a domain its keys, or begin a failed check of one that exists anew."""
    if created:
        if not keys:  # it was there when they were not made for it, and has gone since
            raise ConcurrentModification
        insert_tokens(conn, row.account_id, row.name, keys, now)
        return
    restart_domain(conn, row.account_id, row.name, keys, now)


def restart_domain(
    conn: Connection, account_id: str, name: str, keys: Sequence[TokenRow], now: int
) -> None:
    """Begin what has failed of a domain's checks anew; `keys` for one that has none yet."""
    row = find_identity(conn, account_id, name)
    if row is None:
        raise ConcurrentModification
    if row.dkim == NOT_STARTED and keys and not list_tokens(conn, account_id, name):
        insert_tokens(conn, account_id, name, keys, now)
        begin_dkim(conn, row, now, signing_enabled=True, keys_made_at=now)
    elif row.dkim == FAILED:
        begin_dkim(conn, row, now)
    elif row.status == FAILED:
        update_identity(conn, account_id, name, restarted(now))


def restarted(now: int) -> dict[str, object]:
    """Give the columns of a check that begins."""
    return {
        "status": PENDING,
        "check_started_at": now,
        "checks": 0,
        "next_check_at": now,
        "check_error": None,
    }


def _begin_address(
    conn: Connection, row: IdentityRow, mail: AcceptedMessage | None, now: int, *, created: bool
) -> None:
    """Send an address its mail, and wait for its link for as long as that holds."""
    if not created:
        found = find_identity(conn, row.account_id, row.name)
        if found is None or found.status in VERIFIED_STATES:
            return
        changes = {**restarted(now), "next_check_at": _first_due(found, now)}
        update_identity(conn, row.account_id, row.name, changes)
    if mail is not None:
        keep_system_mail(conn, [mail])


def _first_due(row: IdentityRow, now: int) -> int:
    """Tell when an address is looked at next: at once where it has a MAIL FROM domain."""
    return now + LINK_MS if row.mail_from_domain is None else now


def _check_new_identity(
    conn: Connection, account_id: str, new: NewIdentity, *, again: bool, most: int
) -> IdentityName:
    parsed = parse_identity(new.name)
    check_resource_tags(new.tags)
    if new.signing is not None:
        check_signing(new.signing, parsed.kind)
    chosen = new.configuration_set
    if chosen is not None and find_configuration_set(conn, account_id, chosen) is None:
        raise missing_set(chosen)
    if find_identity(conn, account_id, parsed.name) is not None:
        if not again:
            raise _taken(new.name)
    else:
        check_room(conn, account_id, most)
    return parsed


def check_room(conn: Connection, account_id: str, most: int = MAX_IDENTITIES) -> None:
    """Check that the account may have one more identity. Raises LimitExceeded."""
    if count_identities(conn, account_id) >= most:
        raise LimitExceeded


def _new_row(account_id: str, parsed: IdentityName, new: NewIdentity, now: int) -> IdentityRow:
    domain = parsed.kind == "DOMAIN"
    external = domain and new.signing is not None and new.signing.external
    return replace(
        blank_row(account_id, parsed, now),
        signing_enabled=domain,
        signing_key_bits=new.key_bits,
        configuration_set=new.configuration_set,
        tags=write_tags(new.tags),
        dkim_status=PENDING if domain else None,
        signing_origin=EXTERNAL if external else None,
    )


def blank_row(account_id: str, parsed: IdentityName, now: int) -> IdentityRow:
    """Give the row of an identity whose verification begins, without DKIM."""
    domain = parsed.kind == "DOMAIN"
    return IdentityRow(
        account_id=account_id,
        name=parsed.name,
        kind=parsed.kind,
        created_at=now,
        status=PENDING,
        check_started_at=now,
        checks=0,
        checked_at=None,
        last_success_at=None,
        next_check_at=now if domain else now + LINK_MS,
        check_error=None,
        signing_enabled=False,
        signing_key_bits=DEFAULT_BITS,
        feedback_forwarding=True,
        mail_from_domain=None,
        mail_from_status=None,
        mail_from_behavior="USE_DEFAULT_VALUE",
        configuration_set=None,
        tags=write_tags(()),
        dkim_status=NOT_STARTED if domain else None,
    )


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(f"Email identity {name} already exist.")
