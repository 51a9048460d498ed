"""What an identity's bounces, complaints and deliveries are told to (SES v1)."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, select

from pillarbox.store.dialect import upsert
from pillarbox.store.tables import identity_notifications


@dataclass(frozen=True, slots=True, kw_only=True)
class NotificationRow:
    """One kind of an identity's notifications. `topic` None: none; `headers`: show headers."""

    identity: str
    kind: str
    topic: str | None
    headers: bool


def list_notifications(
    conn: Connection, account_id: str, identities: list[str]
) -> list[NotificationRow]:
    """Give what is set for the named identities."""
    columns = identity_notifications.c
    query = select(columns.identity, columns.kind, columns.topic, columns.headers).where(
        columns.account_id == account_id, columns.identity.in_(identities)
    )
    return [NotificationRow(**row._asdict()) for row in conn.execute(query)]


def set_topic(
    conn: Connection, account_id: str, identity: str, kind: str, topic: str | None
) -> None:
    """Set the topic of one kind, None for none."""
    row = {"account_id": account_id, "identity": identity, "kind": kind, "topic": topic}
    statement = upsert(conn.dialect.name, identity_notifications).values(**row, headers=False)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["account_id", "identity", "kind"], set_={"topic": topic}
        )
    )


def set_headers(
    conn: Connection, account_id: str, identity: str, kind: str, *, headers: bool
) -> None:
    """Set whether notifications of one kind show the message's headers."""
    row = {"account_id": account_id, "identity": identity, "kind": kind, "topic": None}
    statement = upsert(conn.dialect.name, identity_notifications).values(**row, headers=headers)
    conn.execute(
        statement.on_conflict_do_update(
            index_elements=["account_id", "identity", "kind"], set_={"headers": headers}
        )
    )


def delete_notifications(conn: Connection, account_id: str, identity: str) -> None:
    """Forget what was set for an identity."""
    conn.execute(
        delete(identity_notifications).where(
            identity_notifications.c.account_id == account_id,
            identity_notifications.c.identity == identity,
        )
    )
