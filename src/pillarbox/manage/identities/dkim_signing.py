"""How an identity's mail is signed: with our keys or the customer's own, of which strength.

The choice is checked before keys are made or read (`check_signing`, `needed_keys`), since that
takes long; `set_signing` then stores it with them in one transaction.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest, ConcurrentModification
from pillarbox.manage.identities.identities import (
    Identity,
    get_identity,
    lookup_name,
    missing_identity,
)
from pillarbox.model.verification import PENDING, VERIFIED_STATES
from pillarbox.store.generations import bump_generation
from pillarbox.store.identity.dkim_tokens import KeyRow, list_keys, mark_keys, retire_keys
from pillarbox.store.identity.identities import (
    IdentityRow,
    TokenRow,
    find_identity,
    insert_tokens,
    update_identity,
)
from pillarbox.store.identity.key_order import order_keys

OURS, EXTERNAL = "AWS_SES", "EXTERNAL"
DAY_MS = 24 * 3600 * 1000
#: How long a new key of ours waits until resolvers have forgotten the one before: the TTL of our
#: records, and as much again for clocks and caches that stretch it.
SETTLING_MS = 2 * 3600 * 1000
WAITING = -1


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """What a call says of signing; None where it says nothing. `private_key`: base64."""

    origin: str | None = None
    selector: str | None = None
    private_key: str | None = None
    bits: int | None = None

    @property
    def external(self) -> bool:
        """Whether a key of the customer's is to sign."""
        given = self.selector is not None or self.private_key is not None
        return self.origin == EXTERNAL or (self.origin is None and given)


@dataclass(frozen=True, slots=True)
class NeededKeys:
    """What is to be made before `set_signing`.

    `kind`: nothing, the customer's key, three tokens, or a new key for the token `selector`.
    """

    kind: Literal["none", "external", "tokens", "next"]
    selector: str = ""
    bits: int = 2048


def check_signing(signing: Signing, kind: str) -> None:
    """Check what a call says of signing for an identity of a kind. Raises BadRequest."""
    if kind != "DOMAIN":
        raise BadRequest("The EmailIdentity value must be a valid domain.")
    if signing.origin not in {None, OURS, EXTERNAL}:
        raise BadRequest("DKIM keys of another region can't be used here.")
    given = (signing.selector is not None, signing.private_key is not None)
    if signing.external and not all(given):
        raise BadRequest("DomainSigningSelector and DomainSigningPrivateKey must be specified.")
    if signing.external and signing.bits is not None:
        raise BadRequest("NextSigningKeyLength can't be specified for a signing key of your own.")
    if not signing.external and any(given):
        raise BadRequest(
            "DomainSigningSelector and DomainSigningPrivateKey can only be specified for the "
            "origin EXTERNAL."
        )


def needed_keys(
    conn: Connection, account_id: str, name: str, signing: Signing, now: int
) -> NeededKeys:
    """Check a change and tell what keys it needs. Raises NotFound or BadRequest."""
    row = _domain(conn, account_id, name, signing)
    if signing.external:
        return NeededKeys("external")
    ours = _live(conn, row, external=False)
    bits = signing.bits or row.next_key_bits or row.signing_key_bits
    if not ours:
        return NeededKeys("tokens", bits=bits)
    if bits == (row.next_key_bits or row.signing_key_bits):
        return NeededKeys("none")
    if now - (row.keys_made_at or row.created_at) < DAY_MS and row.next_key_bits is not None:
        raise BadRequest("The length of the next signing key can be changed once in 24 hours.")
    return NeededKeys("next", ours[min(1, len(ours) - 1)].selector, bits)


def set_signing(
    conn: Connection,
    account_id: str,
    name: str,
    signing: Signing,
    keys: Sequence[TokenRow],
    *,
    now: int,
    everything_verified: bool,
) -> Identity:
    """Let an identity sign as a call says, with the keys that `needed_keys` asked for.

    What signed before signs on until the new key is found in DNS. Raises NotFound, BadRequest, or
    ConcurrentModification when the identity changed since the keys were made.
    """
    bump_generation(conn, account_id)  # first, so that changes of an account take turns
    needed = needed_keys(conn, account_id, name, signing, now)
    other = needed.kind == "next" and any(one.selector != needed.selector for one in keys)
    if other or (needed.kind == "none") != (not keys):
        raise ConcurrentModification
    row = _domain(conn, account_id, name, signing)
    if signing.external:
        _take_external(conn, row, keys, now)
    else:
        _take_ours(conn, row, needed, keys, now)
    if everything_verified:  # nothing is looked up: it signs from now on
        order_keys(conn, _domain(conn, account_id, name, signing), now)
    return get_identity(conn, account_id, row.name, everything_verified=everything_verified)


def _take_external(conn: Connection, row: IdentityRow, keys: Sequence[TokenRow], now: int) -> None:
    """Put the customer's key to wait for being found, in place of another that waits."""
    live = _live(conn, row, external=True)
    retire_keys(conn, [one.token for one in live if one.position == WAITING], now)
    insert_tokens(conn, row.account_id, row.name, keys, now, first=WAITING)
    begin_dkim(conn, row, now, signing_origin=EXTERNAL, keys_made_at=now)


def _take_ours(
    conn: Connection, row: IdentityRow, needed: NeededKeys, keys: Sequence[TokenRow], now: int
) -> None:
    if needed.kind == "tokens":
        first = 1 if _live(conn, row, external=True) else 0
        insert_tokens(conn, row.account_id, row.name, keys, now, first=first)
        changes = {"signing_key_bits": needed.bits, "next_key_bits": None, "keys_made_at": now}
        update_identity(conn, row.account_id, row.name, changes)
    elif needed.kind == "next":
        _put_next(conn, row, needed, keys, now)
    if row.external:
        begin_dkim(conn, row, now, signing_origin=None)


def _put_next(
    conn: Connection, row: IdentityRow, needed: NeededKeys, keys: Sequence[TokenRow], now: int
) -> None:
    """Serve a new key at the token that signs next, and say when it begins to sign."""
    (old,) = [one for one in _live(conn, row, external=False) if one.selector == needed.selector]
    retire_keys(conn, [old.token], now)
    insert_tokens(conn, row.account_id, row.name, keys, now, first=old.position)
    mark_keys(conn, [one.token for one in keys], old.verified_at)
    changes = {
        "next_key_bits": needed.bits,
        "keys_made_at": now,
        "rotate_at": now + SETTLING_MS,
    }
    update_identity(conn, row.account_id, row.name, changes)


def begin_dkim(conn: Connection, row: IdentityRow, now: int, **changes: object) -> None:
    """Begin the 72 hours of an identity's DKIM records anew, and its own if they have failed."""
    values = {
        "dkim_status": PENDING,
        "dkim_started_at": now,
        "dkim_checks": 0,
        "next_check_at": now,
        **changes,
    }
    if row.status not in VERIFIED_STATES:
        values |= {"status": PENDING, "check_started_at": now, "checks": 0, "check_error": None}
    update_identity(conn, row.account_id, row.name, values)


def _domain(conn: Connection, account_id: str, name: str, signing: Signing) -> IdentityRow:
    row = find_identity(conn, account_id, lookup_name(name))
    if row is None:
        raise missing_identity(name)
    check_signing(signing, row.kind)
    return row


def _live(conn: Connection, row: IdentityRow, *, external: bool) -> list[KeyRow]:
    keys = list_keys(conn, row.account_id, row.name)
    return [one for one in keys if one.retired_at is None and (one.origin is not None) == external]
