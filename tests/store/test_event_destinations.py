"""Managing event destinations, on both engines."""

import asyncio

import pytest

from pillarbox.base.errors import AlreadyExists, ApiError, BadRequest, LimitExceeded, NotFound
from pillarbox.manage.sets import event_destinations as manage
from pillarbox.manage.sets.configuration_sets import (
    ConfigurationSet,
    create_configuration_set,
    delete_configuration_set,
)
from pillarbox.model.event_destination import (
    CloudWatch,
    Dimension,
    EventBridge,
    EventDestination,
    Firehose,
    Pinpoint,
)
from pillarbox.store.store import Store
from tests.store.event_destination import TOPIC
from tests.store.event_destination import create_destination as create
from tests.store.rows import ACCOUNT, NOW, add_account, add_configuration_set

TARGETS = [
    TOPIC,
    Firehose(
        "arn:aws:iam::123456789012:role/ses",
        "arn:aws:firehose:us-east-1:123456789012:deliverystream/mail",
    ),
    CloudWatch((Dimension("campaign", "MESSAGE_TAG", "none"), Dimension("x", "LINK_TAG", "a@b.c"))),
    EventBridge("arn:aws:events:us-east-1:123456789012:event-bus/default"),
    Pinpoint("arn:aws:mobiletargeting:us-east-1:123456789012:apps/" + "0f" * 16),
]


def update(conn, name="a", target=TOPIC, types=("SEND",), set_name="spring"):
    manage.update_event_destination(
        conn, ACCOUNT, set_name, name, enabled=False, event_types=types, targets=(target,)
    )


@pytest.fixture
def spring(store):
    with store.transaction() as conn:
        add_account(conn)
        add_configuration_set(conn)


@pytest.mark.parametrize("target", TARGETS, ids=lambda one: type(one).__name__)
def test_what_is_created_is_shown_and_replaced_whole(store, spring, target):
    with store.transaction() as conn:
        create(conn, target=target, types=("CLICK", "SEND", "CLICK"))
        shown = EventDestination(
            name="a", enabled=True, event_types=("SEND", "CLICK"), target=target
        )
        assert manage.get_event_destinations(conn, ACCOUNT, "spring") == [shown]
        update(conn, target=TOPIC, types=("BOUNCE",))
        changed = EventDestination(name="a", enabled=False, event_types=("BOUNCE",), target=TOPIC)
        assert manage.get_event_destinations(conn, ACCOUNT, "spring") == [changed]
        manage.delete_event_destination(conn, ACCOUNT, "spring", "a")
        assert manage.get_event_destinations(conn, ACCOUNT, "spring") == []


def test_destinations_are_listed_by_name_and_stay_within_their_set(store, spring):
    with store.transaction() as conn:
        add_configuration_set(conn, "autumn")
        for name in ("b", "a"):
            create(conn, name)
        create(conn, "c", set_name="autumn")
        found = manage.get_event_destinations(conn, ACCOUNT, "spring")
        assert [one.name for one in found] == ["a", "b"]


def test_what_is_not_there_is_told_apart(store, spring):
    no_set = "Configuration set <none> does not exist."
    no_destination = (
        "An event destination with name <x> does not exist for configuration set <spring>."
    )
    with store.transaction() as conn:
        for call, text in [
            (lambda: create(conn, set_name="none"), no_set),
            (lambda: update(conn, set_name="none"), no_set),
            (lambda: manage.delete_event_destination(conn, ACCOUNT, "none", "a"), no_set),
            (lambda: manage.get_event_destinations(conn, ACCOUNT, "none"), no_set),
            (lambda: update(conn, name="x"), no_destination),
            (lambda: manage.delete_event_destination(conn, ACCOUNT, "spring", "x"), no_destination),
        ]:
            with pytest.raises(NotFound) as caught:
                call()
            assert caught.value.message == text


def test_a_name_is_taken_once_in_a_set(store, spring):
    with store.transaction() as conn:
        create(conn)
        with pytest.raises(AlreadyExists) as caught:
            create(conn, target=TARGETS[1], most=1)
    assert caught.value.message == (
        "An event destination with name <a> already exists for configuration set <spring>."
    )
    assert caught.value.query_code == "EventDestinationAlreadyExists"


def test_a_set_has_ten_destinations_or_as_many_as_is_said(store, spring):
    with store.transaction() as conn:
        for number in range(10):
            create(conn, f"d{number}")
        with pytest.raises(LimitExceeded):
            create(conn, "eleventh")
        create(conn, "eleventh", most=11)


def test_what_is_refused_leaves_nothing(store, spring):
    with store.transaction() as conn:
        with pytest.raises(BadRequest):
            create(conn, types=())
        with pytest.raises(BadRequest):
            create(conn, name="a b")
        assert manage.get_event_destinations(conn, ACCOUNT, "spring") == []


async def told(store, change):
    """The kind of error that a change is refused with, None when it is made."""
    try:
        await store.write(change)
    except ApiError as error:
        return type(error)
    return None


async def test_two_workers_never_exceed_the_limit_together(store, migrated_url, spring):
    other = Store(migrated_url)
    other.start()
    try:
        results = await asyncio.gather(
            *(
                told(worker, lambda conn, n=number: create(conn, f"d{n}", most=3))
                for number in range(8)
                for worker in [(store, other)[number % 2]]
            )
        )
    finally:
        other.close()
    assert results.count(None) == 3
    assert results.count(LimitExceeded) == 5
    with store.transaction() as conn:
        assert len(manage.get_event_destinations(conn, ACCOUNT, "spring")) == 3


async def test_a_set_deleted_by_another_worker_keeps_no_destination(store, migrated_url, spring):
    other = Store(migrated_url)
    other.start()
    try:
        for _ in range(5):
            created, deleted = await asyncio.gather(
                told(store, create),
                told(other, lambda conn: delete_configuration_set(conn, ACCOUNT, "spring")),
            )
            assert created in {None, NotFound}
            assert deleted is None
            with store.transaction() as conn:
                new = ConfigurationSet(name="spring", sending_enabled=True, reputation_metrics=True)
                create_configuration_set(conn, ACCOUNT, new, now=NOW, everything_verified=False)
                assert manage.get_event_destinations(conn, ACCOUNT, "spring") == []
    finally:
        other.close()
