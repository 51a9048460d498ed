"""What `accept` has to know of an account's set-up: accounts, identities, configuration sets."""

from collections.abc import Iterable, Sequence

import msgspec
from sqlalchemy import Connection, and_, bindparam, func, or_, select

from pillarbox.model.account import Account
from pillarbox.model.sender import SenderIdentity, SendingRules
from pillarbox.store.lists.suppression import read_reasons
from pillarbox.store.people.accounts import read_account
from pillarbox.store.tables import (
    accounts,
    configuration_sets,
    dkim_tokens,
    event_destinations,
    identities,
    send_counts,
)

_READ_ACCOUNTS = select(accounts).where(accounts.c.id.in_(bindparam("ids", expanding=True)))


def read_accounts(conn: Connection, ids: Iterable[str]) -> dict[str, Account]:
    """Give the accounts with these ids; one that does not exist is missing from the answer."""
    rows = conn.execute(_READ_ACCOUNTS, {"ids": list(ids)})
    return {row.id: read_account(row) for row in rows}


def find_sender_identities(
    conn: Connection, account_id: str, names: Sequence[str]
) -> dict[str, SenderIdentity]:
    """Give those of the named identities that the account has, each with the token that signs.

    A key counts as verified from the check that found it on; before checks of DKIM of their own
    (no `dkim_status`), with its identity.
    """
    active = and_(
        dkim_tokens.c.account_id == identities.c.account_id,
        dkim_tokens.c.identity == identities.c.name,
        dkim_tokens.c.position == 0,
        dkim_tokens.c.retired_at.is_(None),
    )
    query = (
        select(
            identities.c.name,
            identities.c.kind,
            identities.c.status,
            identities.c.signing_enabled,
            dkim_tokens.c.token.label("signing_token"),
            or_(dkim_tokens.c.verified_at.is_not(None), identities.c.dkim_status.is_(None)).label(
                "signing_verified"
            ),
            identities.c.feedback_forwarding,
            identities.c.mail_from_domain,
            identities.c.mail_from_status,
            identities.c.mail_from_behavior,
            identities.c.configuration_set,
        )
        .select_from(identities.outerjoin(dkim_tokens, active))
        .where(identities.c.account_id == account_id, identities.c.name.in_(names))
    )
    return {row.name: SenderIdentity(**row._asdict()) for row in conn.execute(query)}


def find_sending_rules(conn: Connection, account_id: str, name: str) -> SendingRules | None:
    """Give a configuration set as far as it shapes a message, None when there is none."""
    sets = configuration_sets.c
    query = select(
        sets.name,
        sets.sending_enabled,
        sets.tls_policy,
        sets.sending_pool,
        sets.max_delivery_seconds,
        sets.custom_redirect_domain,
        sets.https_policy,
        sets.suppressed_reasons,
    ).where(sets.account_id == account_id, sets.name == name)
    row = conn.execute(query).one_or_none()
    if row is None:
        return None
    values = row._asdict()
    reasons = values.pop("suppressed_reasons")
    types = _published_types(conn, account_id, name)
    return SendingRules(
        **values,
        suppressed_reasons=None if reasons is None else read_reasons(reasons),
        tracks_opens="OPEN" in types,
        tracks_clicks="CLICK" in types,
    )


def _published_types(conn: Connection, account_id: str, name: str) -> set[str]:
    """Give the event types that the enabled destinations of a configuration set want."""
    columns = event_destinations.c
    query = select(columns.event_types).where(
        columns.account_id == account_id,
        columns.configuration_set == name,
        columns.enabled.is_(True),
    )
    found = conn.execute(query).scalars()
    return {kind for types in found for kind in msgspec.json.decode(types, type=list[str])}


def count_sent(conn: Connection, account_id: str, since: int) -> int:
    """Count the recipients an account had accepted since a moment, to ten minutes exactly."""
    query = select(func.coalesce(func.sum(send_counts.c.recipients), 0)).where(
        send_counts.c.account_id == account_id, send_counts.c.bucket >= since
    )
    return int(conn.execute(query).scalar_one())


def count_sent_by(conn: Connection, account_ids: Sequence[str], since: int) -> dict[str, int]:
    """Count the recipients of several accounts; one that had none accepted is missing."""
    columns = send_counts.c
    query = (
        select(columns.account_id, func.sum(columns.recipients))
        .where(columns.account_id.in_(account_ids), columns.bucket >= since)
        .group_by(columns.account_id)
    )
    return {row[0]: int(row[1]) for row in conn.execute(query)}
