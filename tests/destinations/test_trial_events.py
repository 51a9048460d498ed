"""Test events go the way of all others, and leave no other trace."""

import pytest

from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.destinations.schedule import GIVE_UP_MS
from pillarbox.manage.seen.send_statistics import send_points
from pillarbox.manage.sets.event_destinations import update_event_destination
from pillarbox.manage.sets.trial_events import MARK, send_trial, trial_state
from pillarbox.model.event import API_TYPES, BLOCKS
from pillarbox.model.event_destination import EVENT_TYPES
from pillarbox.model.publishing import NotYet, Refused
from pillarbox.store.publishing.dead_letters import page_dead_letters, replay_of
from pillarbox.store.publishing.events import events_since
from pillarbox.store.publishing.lag import find_lags
from pillarbox.store.publishing.outbox import read_records
from pillarbox.store.retention import delete_old_messages
from pillarbox.store.tables import events, messages
from tests.store.event_destination import TOPIC
from tests.store.rows import ACCOUNT

REGION = "us-east-1"


def send(world, kind="BOUNCE", name="a"):
    with world.store.transaction() as conn:
        return send_trial(conn, ACCOUNT, "spring", name, kind, region=REGION, now=world.now)


def state(world, event_id, account=ACCOUNT):
    with world.store.engine.begin() as conn:
        return trial_state(conn, account, event_id)


@pytest.mark.parametrize("kind", EVENT_TYPES)
async def test_a_test_event_of_each_type_is_published_as_a_marked_record(world, kind):
    world.destination(types=EVENT_TYPES)
    event_id = send(world, kind)
    assert state(world, event_id).state == "waits"
    with world.store.engine.begin() as conn:
        record = read_records(conn, [event_id])[event_id]
    await world.drain()
    found = state(world, event_id)
    assert found.state == "published"
    assert record.body == found.record
    assert API_TYPES[record.type] == kind
    assert set(record.body) == {"eventType", "mail", BLOCKS[record.type]}
    assert record.body["mail"]["tags"][MARK] == ["true"]
    assert [one for _, one in world.driver.taken] == [record.type]


async def test_it_goes_to_the_one_destination_that_is_named(world):
    first, _ = world.destination("a"), world.destination("b")
    send(world)
    assert [bytes(row.destination_id) for row in world.rows()] == [first]


async def test_a_refused_one_is_a_dead_letter_and_can_be_replayed(world):
    destination = world.destination()
    world.driver.everything = Refused("HTTP 400")
    event_id = send(world)
    await world.drain()
    found = state(world, event_id)
    assert (found.state, found.dead[0].reason) == ("refused", "HTTP 400")
    with world.store.transaction() as conn:
        (letter,) = page_dead_letters(conn, ACCOUNT, limit=5)
        assert (letter.event_id, letter.type, letter.destination) == (event_id, "Test", "spring/a")
        replay_of(conn, ACCOUNT, destination, event_id=event_id, now=world.now, limit=5)
    world.driver.everything = None
    await world.drain()
    assert state(world, event_id).state == "published"


async def test_one_that_fails_waits_and_says_why(world):
    destination = world.destination()
    world.driver.everything = NotYet("connection refused")
    event_id = send(world)
    await world.drain()
    found = state(world, event_id)
    assert (found.state, found.waiting[0].reason) == ("waits", "connection refused")
    with world.store.engine.begin() as conn:
        lag = find_lags(conn, [destination], world.now)[destination]
    assert (lag.waiting, lag.error, lag.attempts, lag.resting) == (1, "connection refused", 1, 1)


async def test_no_statistic_message_or_stream_of_events_knows_of_it(world):
    world.destination(types=EVENT_TYPES)
    for kind in EVENT_TYPES:
        send(world, kind)
    await world.drain()
    with world.store.engine.begin() as conn:
        assert send_points(conn, ACCOUNT, now=world.now) == []
        assert events_since(conn, ACCOUNT, bytes(16), limit=50) == []
    assert world.rows(messages) == []


async def test_retention_removes_test_events_and_no_younger_ones(world):
    world.destination()
    send(world)
    await world.drain()
    world.now += GIVE_UP_MS
    young = send(world)
    await world.drain()
    with world.store.transaction() as conn:
        delete_old_messages(conn, world.now - 1000, 10)
    assert [row.id for row in world.rows(events)] == [young]


async def test_a_type_that_the_destination_does_not_get_is_refused(world):
    world.destination(types=("SEND",))
    with pytest.raises(BadRequest, match="types that this destination gets"):
        send(world)


async def test_a_disabled_destination_and_an_unknown_one_are_refused(world):
    world.destination()
    with world.store.transaction() as conn:
        update_event_destination(
            conn, ACCOUNT, "spring", "a", enabled=False, event_types=["BOUNCE"], targets=[TOPIC]
        )
    with pytest.raises(BadRequest, match="disabled"):
        send(world)
    with pytest.raises(NotFound):
        send(world, name="b")


async def test_another_accounts_test_event_is_not_there(world):
    world.destination()
    event_id = send(world)
    with pytest.raises(NotFound):
        state(world, event_id, "222222222222")
