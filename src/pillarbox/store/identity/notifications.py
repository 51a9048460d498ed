"""What an identity's bounces, complaints and deliveries are told to (SES v1)."""

from dataclasses import dataclass

from sqlalchemy import Connection, delete, func, select

from pillarbox.model.event_destination import Sns
from pillarbox.model.publishing import Place
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
    conn: Connection, account_id: str, identity: str, kind: str, topic: str | None, row_id: bytes
) -> bytes:
    """Set the topic of one kind, None for none; give what stands for it in the outbox: `row_id`, or
    what it was given before.
    """
    row = {"account_id": account_id, "identity": identity, "kind": kind, "topic": topic}
    statement = upsert(conn.dialect.name, identity_notifications).values(
        **row, headers=False, id=row_id
    )
    kept = func.coalesce(identity_notifications.c.id, row_id)
    statement = statement.on_conflict_do_update(
        index_elements=["account_id", "identity", "kind"], set_={"topic": topic, "id": kept}
    )
    found: bytes = conn.execute(statement.returning(identity_notifications.c.id)).scalar_one()
    return found


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


def notification_place(conn: Connection, row_id: bytes) -> Place | None:
    """Give the topic that a row in the outbox stands for; None: no identity has it."""
    columns = identity_notifications.c
    query = select(columns.account_id, columns.topic).where(
        columns.id == row_id, columns.topic.is_not(None)
    )
    row = conn.execute(query).one_or_none()
    return Place(row.account_id, Sns(row.topic)) if row else None


def delete_notifications(conn: Connection, account_id: str, identity: str) -> None:
    """Forget what was set for an identity."""
    conn.execute(
        delete(identity_notifications).where(
            identity_notifications.c.account_id == account_id,
            identity_notifications.c.identity == identity,
        )
    )
