"""Local topics and their webhooks, and where an outbox row leads."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from pillarbox.model.event_destination import Sns, kind_of
from pillarbox.model.list_order import BY_NAME, ListOrder
from pillarbox.model.publishing import Place
from pillarbox.model.topic import SNS, STANDARD, Subscription, Topic
from pillarbox.store.dialect import insert_or_ignore, upsert
from pillarbox.store.identity.notifications import notification_place
from pillarbox.store.keyset import containing, sorted_page
from pillarbox.store.sets.event_destinations import find_event_destination, write_target
from pillarbox.store.tables import (
    event_destinations,
    identity_notifications,
    topic_subscriptions,
    topics,
)

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


def onward_of(conn: Connection, account_id: str, arn: str) -> tuple[bytes, ...] | None:
    """Give the ids of the confirmed webhooks of an account's topic; None: it has no such topic."""
    topic = find_topic(conn, arn)
    if topic is None or topic.account_id != account_id:
        return None
    query = select(_hooks.id).where(_hooks.topic_arn == arn, _hooks.confirmed_at.is_not(None))
    return tuple(conn.execute(query.order_by(_hooks.id)).scalars())


def list_topics(
    conn: Connection, account_id: str, *, after: str = "", limit: int | None = None
) -> list[Topic]:
    """Give an account's topics by ARN, those past an ARN; all without a limit."""
    query = (
        select(topics)
        .where(topics.c.account_id == account_id, topics.c.arn > after)
        .order_by(topics.c.arn)
        .limit(limit)
    )
    return [_topic(row) for row in conn.execute(query)]


def page_topics(
    conn: Connection,
    account_id: str,
    *,
    after: str,
    limit: int,
    contains: str = "",
    order: ListOrder = BY_NAME,
) -> list[Topic]:
    """Give an account's topics by ARN, either way round, those past an ARN; `contains`: part of
    their names, without regard to case.
    """
    query = select(topics).where(topics.c.account_id == account_id)
    query = containing(query, contains, topics.c.name)
    page = sorted_page(query, name=topics.c.arn, columns={}, after=after, order=order, limit=limit)
    return [_topic(row) for row in conn.execute(page)]


def delete_topic(conn: Connection, arn: str) -> bool:
    """Delete a topic; tell whether there was one. Its webhooks go by `delete_subscriptions`."""
    return conn.execute(delete(topics).where(topics.c.arn == arn)).rowcount > 0


def delete_subscriptions(conn: Connection, topic_arn: str) -> int:
    """Delete all webhooks of a topic; give how many there were."""
    return conn.execute(delete(topic_subscriptions).where(_hooks.topic_arn == topic_arn)).rowcount


def destinations_of_topic(conn: Connection, account_id: str, arn: str) -> list[str]:
    """Give the account's event destinations that name a topic, as SET/NAME."""
    columns = event_destinations.c
    query = (
        select(columns.configuration_set, columns.name)
        .where(
            columns.account_id == account_id,
            columns.kind == kind_of(Sns(arn)),
            columns.settings == write_target(Sns(arn)),
        )
        .order_by(columns.configuration_set, columns.name)
    )
    return [f"{row.configuration_set}/{row.name}" for row in conn.execute(query)]


def identities_of_topic(conn: Connection, account_id: str, arn: str) -> list[str]:
    """Give the account's identities whose notifications go to a topic, as IDENTITY/KIND."""
    columns = identity_notifications.c
    query = (
        select(columns.identity, columns.kind)
        .where(columns.account_id == account_id, columns.topic == arn)
        .order_by(columns.identity, columns.kind)
    )
    return [f"{row.identity}/{row.kind}" for row in conn.execute(query)]


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


def insert_standard(conn: Connection, new: Subscription, now: int) -> None:
    """Store a Standard Webhook, which counts at once: its secret is what it is known by."""
    conn.execute(
        insert(topic_subscriptions).values(
            id=new.id,
            topic_arn=new.topic.arn,
            endpoint=new.endpoint,
            raw=False,
            token=new.token,
            created_at=now,
            confirmed_at=now,
            style=STANDARD,
            secret_sealed=new.secret_sealed,
        )
    )


def change_secret(
    conn: Connection, row_id: bytes, sealed: bytes, former: bytes | None, until: int
) -> None:
    """Give a Standard Webhook another secret; the former one counts until a moment."""
    conn.execute(
        update(topic_subscriptions)
        .where(_hooks.id == row_id)
        .values(secret_sealed=sealed, former_secret_sealed=former, former_secret_until=until)
    )


def end_subscription(conn: Connection, row_id: bytes) -> bool:
    """Have a webhook wait for its confirmation again; tell whether it was confirmed."""
    statement = update(topic_subscriptions).where(
        _hooks.id == row_id, _hooks.confirmed_at.is_not(None)
    )
    return conn.execute(statement.values(confirmed_at=None)).rowcount > 0


def find_subscription(conn: Connection, row_id: bytes) -> Subscription | None:
    """Give a webhook by its row's id."""
    row = conn.execute(_query().where(_hooks.id == row_id)).one_or_none()
    return _subscription(row) if row else None


def list_subscriptions(
    conn: Connection, topic_arn: str, *, after: bytes = b"", limit: int | None = None
) -> list[Subscription]:
    """Give a topic's webhooks, the oldest first, those past an id; all without a limit."""
    query = (
        _query()
        .where(_hooks.topic_arn == topic_arn, _hooks.id > after)
        .order_by(_hooks.id)
        .limit(limit)
    )
    return [_subscription(row) for row in conn.execute(query)]


def page_subscriptions(
    conn: Connection,
    topic_arn: str,
    *,
    after: str,
    limit: int,
    contains: str = "",
    order: ListOrder = BY_NAME,
) -> list[Subscription]:
    """Give a topic's webhooks by URL, either way round, those past a URL; `contains`: part of
    their URLs, without regard to case.
    """
    query = _query().where(_hooks.topic_arn == topic_arn)
    query = containing(query, contains, _hooks.endpoint)
    page = sorted_page(
        query, name=_hooks.endpoint, columns={}, after=after, order=order, limit=limit
    )
    return [_subscription(row) for row in conn.execute(page)]


def count_subscriptions(conn: Connection, topic_arns: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Count the webhooks of topics, by ARN: all of them, and those that have confirmed."""
    query = (
        select(
            _hooks.topic_arn,
            func.count().label("number"),
            func.count(_hooks.confirmed_at).label("confirmed"),
        )
        .where(_hooks.topic_arn.in_(topic_arns))
        .group_by(_hooks.topic_arn)
    )
    return {row.topic_arn: (row.number, row.confirmed) for row in conn.execute(query)}


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
    """Give where the events of an outbox row go: to an enabled destination, a confirmed webhook or
    an identity's topic; None when it is none of them any more.
    """
    hook = find_subscription(conn, destination_id)
    if hook is not None:
        return Place(hook.topic.account_id, hook) if hook.confirmed else None
    place = notification_place(conn, destination_id)
    if place is not None:
        return place
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
        style=row.style or SNS,
        secret_sealed=row.secret_sealed,
        former_secret_sealed=row.former_secret_sealed,
        former_secret_until=row.former_secret_until,
    )
