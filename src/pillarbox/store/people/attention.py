"""What of an account may need somebody's attention: bounded looks, however large it is."""

from collections.abc import Sequence

from sqlalchemy import Connection, func, or_, select, union

from pillarbox.model.verification import FAILED, TEMPORARY_FAILURE
from pillarbox.store.mail.lanes import lanes_of_account
from pillarbox.store.tables import (
    QUEUED_ONLY,
    configuration_sets,
    dead_letters,
    event_destinations,
    identities,
    outbox_shards,
    recipients,
    topic_subscriptions,
    topics,
)

_BROKEN = (TEMPORARY_FAILURE, FAILED)


def broken_identities(conn: Connection, account_id: str, limit: int) -> Sequence[str]:
    """Name identities of which some records are not as they were or should be, in order."""
    columns = identities.c
    broken = (columns.status, columns.dkim_status, columns.mail_from_status)
    query = (
        select(columns.name)
        .where(columns.account_id == account_id, or_(*(one.in_(_BROKEN) for one in broken)))
        .order_by(columns.name)
        .limit(limit)
    )
    return list(conn.execute(query).scalars())


def paused_sets(conn: Connection, account_id: str, limit: int) -> Sequence[str]:
    """Name configuration sets whose sending is switched off, in order."""
    columns = configuration_sets.c
    query = (
        select(columns.name)
        .where(columns.account_id == account_id, columns.sending_enabled.is_(False))
        .order_by(columns.name)
        .limit(limit)
    )
    return list(conn.execute(query).scalars())


def failing_destinations(conn: Connection, account_id: str, limit: int) -> Sequence[str]:
    """Name destinations that took nothing when last tried: `set/name`, or a webhook's URL."""
    shards, sets = outbox_shards.c, event_destinations.c
    path = (sets.configuration_set + "/" + sets.name).label("name")
    of_sets = (
        select(path)
        .join(outbox_shards, shards.destination_id == sets.id)
        .where(sets.account_id == account_id, shards.failures > 0)
    )
    subscribed = topic_subscriptions.c
    of_topics = (
        select(subscribed.endpoint.label("name"))
        .join(topics, topics.c.arn == subscribed.topic_arn)
        .join(outbox_shards, shards.destination_id == subscribed.id)
        .where(topics.c.account_id == account_id, shards.failures > 0)
    )
    both = union(of_sets, of_topics).subquery()
    query = select(both.c.name).order_by(both.c.name).limit(limit)
    return list(conn.execute(query).scalars())


def count_dead_letters(conn: Connection, account_id: str, most: int) -> int:
    """Count the dead letters of the destinations that the account has, `most` at most."""
    of_sets = select(event_destinations.c.id).where(event_destinations.c.account_id == account_id)
    of_topics = (
        select(topic_subscriptions.c.id)
        .join(topics, topics.c.arn == topic_subscriptions.c.topic_arn)
        .where(topics.c.account_id == account_id)
    )
    mine = dead_letters.c.destination_id.in_(of_sets.union_all(of_topics))
    some = select(dead_letters.c.event_id).where(mine).limit(most).subquery()
    return int(conn.execute(select(func.count()).select_from(some)).scalar_one())


def count_waiting(conn: Connection, account_id: str, most: int) -> int:
    """Count the recipients in the account's queue, `most` at most.

    Found by the lanes that have something queued, so that others' mail is not looked at.
    """
    some = (
        select(recipients.c.due_at)
        .where(QUEUED_ONLY, recipients.c.lane.in_(lanes_of_account(account_id)))
        .limit(most)
        .subquery()
    )
    return int(conn.execute(select(func.count()).select_from(some)).scalar_one())
