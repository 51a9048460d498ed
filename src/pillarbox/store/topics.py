"""Local topics and their webhooks, and where an outbox row leads."""

from typing import Any

from sqlalchemy import Connection, delete, select, update

from pillarbox.model.publishing import Place
from pillarbox.model.topic import Subscription, Topic
from pillarbox.store.dialect import insert_or_ignore, upsert
from pillarbox.store.event_destinations import find_event_destination
from pillarbox.store.tables import event_destinations, topic_subscriptions, topics

_hooks = topic_subscriptions.c


def insert_topic(conn: Connection, topic: Topic, now: int) -> bool:
    """Store a topic; tell whether it was stored, or is there already."""
    statement = insert_or_ignore(conn.dialect.name, topics).values(
        arn=topic.arn,
        account_id=topic.account_id,
        name=topic.name,
        signature_version=topic.signature_version,
        created_at=now,
    )
    return conn.execute(statement.returning(topics.c.arn)).first() is not None


def find_topic(conn: Connection, arn: str) -> Topic | None:
    """Give the topic with an ARN, None when this deployment has none such."""
    row = conn.execute(select(topics).where(topics.c.arn == arn)).one_or_none()
    return _topic(row) if row else None


def list_topics(conn: Connection, account_id: str) -> list[Topic]:
    """Give an account's topics by ARN."""
    query = select(topics).where(topics.c.account_id == account_id).order_by(topics.c.arn)
    return [_topic(row) for row in conn.execute(query)]


def put_subscription(conn: Connection, new: Subscription, now: int) -> Subscription:
    """Store a webhook, or change one with the same URL; give it as it stands.

    The token of a webhook that is there stays, so that a confirmation on its way still holds.
    """
    statement = upsert(conn.dialect.name, topic_subscriptions).values(
        id=new.id,
        topic_arn=new.topic.arn,
        endpoint=new.endpoint,
        raw=new.raw,
        token=new.token,
        created_at=now,
    )
    statement = statement.on_conflict_do_update(
        index_elements=["topic_arn", "endpoint"], set_={"raw": new.raw}
    )
    row_id = conn.execute(statement.returning(_hooks.id)).scalar_one()
    found = find_subscription(conn, row_id)
    assert found is not None  # noqa: S101 - written in this transaction
    return found


def find_subscription(conn: Connection, row_id: bytes) -> Subscription | None:
    """Give a webhook by its row's id."""
    row = conn.execute(_query().where(_hooks.id == row_id)).one_or_none()
    return _subscription(row) if row else None


def list_subscriptions(conn: Connection, topic_arn: str) -> list[Subscription]:
    """Give a topic's webhooks, the oldest first."""
    query = _query().where(_hooks.topic_arn == topic_arn).order_by(_hooks.id)
    return [_subscription(row) for row in conn.execute(query)]


def has_token(conn: Connection, topic_arn: str, token: str) -> bool:
    """Tell whether a webhook of a topic was sent a token."""
    query = select(_hooks.id).where(_hooks.topic_arn == topic_arn, _hooks.token == token)
    return conn.execute(query).first() is not None


def confirm_subscription(conn: Connection, topic_arn: str, token: str, now: int) -> bytes | None:
    """Confirm the webhook that was sent a token; give its row's id, None for an unknown token."""
    statement = (
        update(topic_subscriptions)
        .where(_hooks.topic_arn == topic_arn, _hooks.token == token)
        .values(confirmed_at=now)
    )
    return conn.execute(statement.returning(_hooks.id)).scalar_one_or_none()


def delete_subscription(conn: Connection, row_id: bytes) -> bool:
    """Delete a webhook; tell whether there was one."""
    statement = delete(topic_subscriptions).where(_hooks.id == row_id)
    return conn.execute(statement).rowcount > 0


def find_place(conn: Connection, destination_id: bytes) -> Place | None:
    """Give where the events of an outbox row go: to an enabled destination, or to a confirmed
    webhook; None when it is neither any more.
    """
    hook = find_subscription(conn, destination_id)
    if hook is not None:
        return Place(hook.topic.account_id, hook) if hook.confirmed else None
    account_id = conn.execute(
        select(event_destinations.c.account_id).where(
            event_destinations.c.id == destination_id, event_destinations.c.enabled.is_(True)
        )
    ).scalar_one_or_none()
    destination = find_event_destination(conn, destination_id)
    if account_id is None or destination is None:
        return None
    return Place(account_id, destination.target, destination_id)


def _query() -> Any:
    return select(
        topic_subscriptions,
        topics.c.arn,
        topics.c.account_id,
        topics.c.name,
        topics.c.signature_version,
    ).select_from(topic_subscriptions.join(topics, topics.c.arn == _hooks.topic_arn))


def _topic(row: Any) -> Topic:
    return Topic(
        arn=row.arn,
        account_id=row.account_id,
        name=row.name,
        signature_version=row.signature_version,
    )


def _subscription(row: Any) -> Subscription:
    return Subscription(
        id=row.id,
        topic=_topic(row),
        endpoint=row.endpoint,
        raw=row.raw,
        token=row.token,
        confirmed=row.confirmed_at is not None,
    )
