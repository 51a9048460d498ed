"""The verification calls of SES v1, and "check now".

VerifyDomainIdentity asks for a TXT record, VerifyDomainDkim for the CNAMEs of DKIM tokens; either
verifies the domain (facts §7). Both make the identity where there is none, and both may be called
again: they answer the same and begin anew what has failed.
"""

import base64
import secrets
from collections.abc import Sequence

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest
from pillarbox.manage.identities.creation import (
    MAX_IDENTITIES,
    Made,
    NewIdentity,
    blank_row,
    check_room,
    create_identity,
    restart_domain,
    restarted,
)
from pillarbox.manage.identities.identities import (
    Identity,
    get_identity,
    lookup_name,
    missing_identity,
)
from pillarbox.manage.names import IdentityName, parse_identity, shortened
from pillarbox.model.queued import AcceptedMessage
from pillarbox.model.verification import FAILED, PENDING
from pillarbox.store.generations import bump_generation
from pillarbox.store.identity.identities import (
    TokenRow,
    find_identity,
    insert_identity,
    list_tokens,
    update_identity,
)

TXT_TOKEN_BYTES = 32


def verify_domain(
    conn: Connection, account_id: str, domain: str, *, now: int, most: int = MAX_IDENTITIES
) -> str:
    """Begin the verification of a domain by a TXT record and give its value, 44 characters.

    The record's name is `_amazonses.DOMAIN`. `most`: how many identities the account may have.
    Raises BadRequest or LimitExceeded.
    """
    bump_generation(conn, account_id)
    parsed = _check_domain(domain)
    _make_if_missing(conn, account_id, parsed, now, most)
    row = find_identity(conn, account_id, parsed.name)
    if row is None:
        raise missing_identity(domain)
    token = row.txt_token or base64.b64encode(secrets.token_bytes(TXT_TOKEN_BYTES)).decode()
    changes: dict[str, object] = {"txt_token": token, "next_check_at": now}
    if row.status == FAILED:
        changes |= restarted(now)
    update_identity(conn, account_id, row.name, changes)
    return token


def needs_dkim_tokens(conn: Connection, account_id: str, domain: str) -> bool:
    """Tell whether keys are to be made before `verify_domain_dkim`. Raises BadRequest."""
    return not list_tokens(conn, account_id, _check_domain(domain).name)


def verify_domain_dkim(
    conn: Connection,
    account_id: str,
    domain: str,
    tokens: Sequence[TokenRow],
    *,
    now: int,
    most: int = MAX_IDENTITIES,
) -> tuple[str, ...]:
    """Begin the verification of a domain by DKIM and give its tokens.

    `tokens`: new ones, where `needs_dkim_tokens`. Raises BadRequest or LimitExceeded.
    """
    bump_generation(conn, account_id)
    parsed = _check_domain(domain)
    _make_if_missing(conn, account_id, parsed, now, most)
    restart_domain(conn, account_id, parsed.name, tokens, now)
    return tuple(list_tokens(conn, account_id, parsed.name))


def verify_email(
    conn: Connection,
    account_id: str,
    address: str,
    mail: AcceptedMessage,
    *,
    now: int,
    most: int = MAX_IDENTITIES,
) -> None:
    """Begin the verification of an address, or send its mail again. Raises BadRequest."""
    if "@" not in address:
        raise BadRequest(f"Invalid email address<{shortened(address)}>.")
    create_identity(
        conn,
        account_id,
        NewIdentity(name=address),
        Made(mail=mail),
        now=now,
        again=True,
        everything_verified=False,
        most=most,
    )


def confirm_address(
    conn: Connection, account_id: str, address: str, *, issued_at: int, now: int
) -> bool:
    """Verify an address whose link was opened; False when the link is no longer for it.

    `issued_at`: when the link was made. It is worth nothing for an identity that was deleted and
    made anew since.
    """
    bump_generation(conn, account_id)
    row = find_identity(conn, account_id, address)
    if row is None or row.kind != "EMAIL_ADDRESS" or issued_at < row.created_at:
        return False
    changes = {"status": "SUCCESS", "last_success_at": now, "checked_at": now}
    update_identity(conn, account_id, address, changes)
    return True


def check_now(conn: Connection, account_id: str, name: str, *, now: int) -> Identity:
    """Have an identity's records looked up at once; what has failed begins anew. Raises NotFound.

    The address of a person is not asked again: that is what creating it again does.
    """
    bump_generation(conn, account_id)
    row = find_identity(conn, account_id, lookup_name(name))
    if row is None:
        raise missing_identity(name)
    if row.kind == "DOMAIN":
        restart_domain(conn, account_id, row.name, (), now)
    changes: dict[str, object] = {}
    if row.mail_from_status == FAILED:
        changes |= {
            "mail_from_status": PENDING,
            "mail_from_started_at": now,
            "mail_from_checks": 0,
        }
    if row.kind == "DOMAIN" or row.mail_from_domain is not None:
        update_identity(conn, account_id, row.name, {**changes, "next_check_at": now})
    return get_identity(conn, account_id, row.name, everything_verified=False)


def _check_domain(text: str) -> IdentityName:
    parsed = parse_identity(text)
    if parsed.kind != "DOMAIN":
        raise BadRequest(f"Invalid domain name: '{shortened(text)}'.")
    return parsed


def _make_if_missing(
    conn: Connection, account_id: str, parsed: IdentityName, now: int, most: int
) -> None:
    if find_identity(conn, account_id, parsed.name) is None:
        check_room(conn, account_id, most)
        insert_identity(conn, blank_row(account_id, parsed, now))
