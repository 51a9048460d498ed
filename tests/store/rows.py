"""Rows for store tests: accounts, identities, accepted messages."""

from typing import Any

from sqlalchemy import Connection, insert, select

from pillarbox.base.ids import uuid7
from pillarbox.model.event import SEND, Event
from pillarbox.model.queued import AcceptedMessage, Message
from pillarbox.store.mail.lanes import wake_lanes
from pillarbox.store.mail.messages import insert_messages
from pillarbox.store.publishing.events import insert_events
from pillarbox.store.tables import accounts, configuration_sets, dkim_tokens, identities, recipients

NOW = 1_800_000_000_000
ACCOUNT = "123456789012"


def add_account(conn: Connection, **changes: Any) -> None:
    row = {
        "id": ACCOUNT,
        "name": "default",
        "created_at": NOW,
        "production": True,
        "status": "active",
        "sending_enabled": True,
        "auto_warmup": True,
        "enforcement": "HEALTHY",
        "max_24h": -1.0,
        "max_rate": 0.0,
        "generation": 1,
    }
    conn.execute(insert(accounts).values({**row, **changes}))


def add_identity(conn: Connection, name: str = "example.com", **changes: Any) -> None:
    row = {
        "account_id": ACCOUNT,
        "name": name,
        "kind": "EMAIL_ADDRESS" if "@" in name else "DOMAIN",
        "created_at": NOW,
        "status": "SUCCESS",
        "check_started_at": NOW,
        "checks": 1,
        "signing_enabled": True,
        "signing_key_bits": 2048,
        "feedback_forwarding": True,
        "mail_from_behavior": "USE_DEFAULT_VALUE",
        "tags": "[]",
    }
    conn.execute(insert(identities).values({**row, **changes}))


def add_configuration_set(conn: Connection, name: str = "spring", **changes: Any) -> None:
    row = {
        "account_id": ACCOUNT,
        "name": name,
        "created_at": NOW,
        "sending_enabled": True,
        "reputation_metrics": True,
        "tags": "[]",
    }
    conn.execute(insert(configuration_sets).values({**row, **changes}))


def accepted(
    *recipients: str,
    now: int = NOW,
    account: str = ACCOUNT,
    content: bytes = b"Subject: x\r\n\r\nhello\r\n",
    configuration_set: str | None = None,
    sending_pool: str | None = None,
) -> AcceptedMessage:
    message = Message(
        id=uuid7(now),
        account_id=account,
        created_at=now,
        source="a@example.com",
        subject="x",
        configuration_set=configuration_set,
        size=len(content),
        eight_bit=False,
        tls_required=False,
        sending_pool=sending_pool,
        signing_domain=None,
        signing_token=None,
        return_path_domain="bounce.example.net",
        feedback_to=None,
        deadline=now + 1000,
    )
    send = Event(
        id=uuid7(now),
        account_id=account,
        message_id=message.id,
        position=None,
        type=SEND,
        created_at=now,
        detail={},
        configuration_set=configuration_set,
    )
    return AcceptedMessage(
        message=message,
        content=content,
        mail={"messageId": message.id.hex()},
        recipients=recipients or ("to@example.org",),
        send_event=send,
    )


def put(conn: Connection, *messages: AcceptedMessage) -> None:
    """Store messages as accept does."""
    insert_messages(conn, messages)
    insert_events(conn, [one.send_event for one in messages if one.send_event])
    due = {
        one.message.lane(address): one.message.created_at
        for one in messages
        for address in one.recipients
    }
    wake_lanes(conn, due, NOW)


def states(conn: Connection) -> list[tuple[str, int, int, str | None]]:
    """(address, state, due_at, owner) of every recipient, by address."""
    columns = recipients.c
    query = select(columns.address, columns.state, columns.due_at, columns.claim_owner)
    return [tuple(row) for row in conn.execute(query.order_by(columns.address))]


def add_token(conn: Connection, identity: str, token: str) -> None:
    """Give a domain the DKIM token that signs for it."""
    row = {
        "token": token,
        "account_id": ACCOUNT,
        "identity": identity,
        "position": 0,
        "private_key_sealed": b"sealed",
        "public_key": "p",
        "created_at": NOW,
    }
    conn.execute(insert(dkim_tokens).values(row))
