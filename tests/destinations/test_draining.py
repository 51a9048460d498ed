"""Draining the outbox: at least once, in order per message, and nobody waits for somebody else."""

import asyncio
from collections import Counter

import pytest
from sqlalchemy import delete, select, update

from pillarbox.destinations.draining import FAILING_ROOM, OF_A_DESTINATION, ROOM, choose
from pillarbox.destinations.schedule import GIVE_UP_MS, LONGEST_SHARD_MS
from pillarbox.destinations.turn import AHEAD
from pillarbox.model.event_destination import Sns
from pillarbox.model.publishing import SHARDS, NotYet, Refused, Shard
from pillarbox.store.publishing.dead_letters import list_dead_letters, replay_dead_letters
from pillarbox.store.publishing.events import message_events
from pillarbox.store.publishing.outbox import read_records
from pillarbox.store.retention import delete_old_messages
from pillarbox.store.tables import event_destinations, events, outbox_shards, recipients
from tests.destinations.publishing_world import HOUR, SECOND, Directed
from tests.store.rows import ACCOUNT, accepted, put


async def test_what_happened_is_published_in_order_and_leaves_the_outbox(world):
    world.destination()
    message = world.message("Delivery", "Open")
    await world.drain()
    assert world.driver.taken == [(message, "Send"), (message, "Delivery"), (message, "Open")]
    assert world.rows() == []
    assert world.counted == {"published": 3}


async def test_events_from_the_delivery_on_name_the_address_that_the_mail_left_by(world):
    message = world.message("Delivery", "Open", "DeliveryDelay")
    with world.store.transaction() as conn:
        conn.execute(update(recipients).values(sent_from="192.0.2.9"))
    unknown = world.message("Delivery")
    with world.store.transaction() as conn:
        assert [tag_of(one) for one in message_events(conn, ACCOUNT, unknown)] == [None, None]
        found = message_events(conn, ACCOUNT, message)
        records = read_records(conn, [row.id for row in conn.execute(select(events.c.id))])
    named = {"Delivery": ["192.0.2.9"], "Open": ["192.0.2.9"], "Send": None, "DeliveryDelay": None}
    assert {one["eventType"]: tag_of(one) for one in found} == named
    of_message = [one for one in records.values() if one.message_id == message]
    assert {one.type: tag_of(one.body) for one in of_message} == named


def tag_of(record):
    return record["mail"].get("tags", {}).get("ses:outgoing-ip")


@pytest.mark.parametrize(
    ("types", "published"),
    [(("SEND",), ["Send"]), (("BOUNCE", "OPEN"), ["Bounce", "Open"]), (("CLICK",), [])],
)
async def test_only_matching_types_are_published(world, types, published):
    world.destination(types=types)
    world.message("Bounce", "Open")
    await world.drain()
    assert [kind for _, kind in world.driver.taken] == published


async def test_mail_without_the_set_is_not_published(world):
    world.destination()
    with world.store.transaction() as conn:
        put(conn, accepted(now=world.now))
    assert world.rows() == []


@pytest.mark.parametrize(
    "change", [update(event_destinations).values(enabled=False), delete(event_destinations)]
)
async def test_what_waits_for_a_disabled_or_deleted_destination_goes(world, change):
    world.destination()
    world.message("Delivery")
    with world.store.transaction() as conn:
        conn.execute(change)
    await world.drain()
    assert (world.driver.taken, world.rows(), world.dead()) == ([], [], [])


async def test_a_disabled_destination_gets_no_rows_at_all(world):
    world.destination()
    with world.store.transaction() as conn:
        conn.execute(update(event_destinations).values(enabled=False))
    world.message("Delivery")
    assert world.rows() == []


async def test_many_events_that_wait_hold_back_no_message_behind_them(world):
    world.destination()
    world.driver.answers["Bounce"] = NotYet("later")
    stuck = world.message("Bounce", *["Open"] * (AHEAD + 5))
    await world.drain(1)
    behind = world.message(at=AHEAD + 50)
    while behind[-1] % SHARDS != stuck[-1] % SHARDS:
        behind = world.message(at=AHEAD + 50)
    await world.drain(2.5)
    assert (behind, "Send") in world.driver.taken
    assert {row.message_id for row in world.rows()} == {stuck}


async def test_the_events_of_a_topic_here_go_on_to_each_webhook_in_order(world):
    world.destination(target=Sns(f"arn:aws:sns:us-east-1:{ACCOUNT}:news"))
    hooks = world.topic("news", "https://a.example/", "https://b.example/")
    messages = [world.message("Delivery", "Open", at=number) for number in range(20)]
    await world.drain()
    for hook in hooks:
        for one in messages:
            told = [found for found in world.driver.told if found[:2] == (hook, one)]
            assert [kind for *_, kind in told] == ["Send", "Delivery", "Open"]
    assert {place for place, *_ in world.driver.told} == set(hooks)
    assert world.rows() == []


async def test_an_event_that_fails_holds_back_its_message_alone(world):
    world.destination()
    world.driver.answers["Bounce"] = NotYet("later")
    stuck = world.message("Bounce", "Open")
    others = [world.message("Delivery", at=number) for number in range(5, 25)]
    await world.drain(1)
    assert [one for one in world.driver.taken if one[0] == stuck] == [(stuck, "Send")]
    assert {one for one, _ in world.driver.taken} == {stuck, *others}
    world.driver.answers.clear()
    await world.drain(10)
    assert world.driver.taken[-2:] == [(stuck, "Bounce"), (stuck, "Open")]
    assert world.rows() == []


async def test_a_destination_that_is_down_is_asked_ever_more_seldom(world):
    world.destination()
    world.driver.everything = NotYet("down")
    world.message()
    delays = []
    for _ in range(6):
        await world.drain(0)
        (row,) = world.rows()
        delays.append((row.due_at - world.now) / SECOND)
        world.now = max(row.due_at, world.now + LONGEST_SHARD_MS * 2)
    assert [row.last_error for row in world.rows()] == ["down"]
    assert all(3 * 2**n < delay < 7 * 2**n for n, delay in enumerate(delays)), delays
    world.driver.everything = None
    await world.drain(HOUR / SECOND)
    assert (len(world.driver.taken), world.rows()) == (1, [])


async def test_a_destination_that_is_down_is_not_asked_for_each_event(world):
    world.destination()
    world.driver.everything = NotYet("down")
    for number in range(40):
        world.message(at=number)
    await world.drain(1)
    assert world.driver.asked <= 16
    assert sum(row.attempts for row in world.rows()) <= 40
    asked = world.driver.asked
    await world.drain(1)
    assert world.driver.asked == asked


async def test_what_is_not_taken_in_three_days_is_a_dead_letter_with_its_reason(world):
    world.destination()
    world.driver.everything = NotYet("down")
    world.message("Delivery")
    await world.drain(1)
    await world.drain(GIVE_UP_MS / SECOND - 100)
    assert world.dead() == []
    await world.drain(HOUR / SECOND)
    await world.drain(HOUR / SECOND)
    assert [row.reason for row in world.dead()] == ["not delivered in 3 days: down"] * 2
    assert world.rows() == []
    assert world.counted["dead"] == 2


async def test_what_is_refused_is_a_dead_letter_at_once_and_holds_back_nothing(world):
    world.destination()
    world.driver.answers["Bounce"] = Refused("it answered 400")
    message = world.message("Bounce", "Open")
    await world.drain()
    assert world.driver.taken == [(message, "Send"), (message, "Open")]
    (dead,) = world.dead()
    assert (dead.reason, dead.attempts) == ("it answered 400", 1)


async def test_dead_letters_are_listed_and_replayed(world):
    world.destination()
    world.driver.answers["Bounce"] = Refused("no")
    message = world.message("Bounce")
    await world.drain()
    world.driver.answers.clear()
    with world.store.transaction() as conn:
        (shown,) = list_dead_letters(conn, ACCOUNT, "spring/a", 10)
        assert (shown.destination, shown.type, shown.reason) == ("spring/a", "Bounce", "no")
        assert list_dead_letters(conn, ACCOUNT, "spring/b", 10) == []
        assert replay_dead_letters(conn, ACCOUNT, "spring/b", now=world.now, limit=10) == 0
        assert replay_dead_letters(conn, None, "spring/a", now=world.now, limit=10) == 1
    assert world.dead() == []
    await world.drain()
    assert world.driver.taken[-1] == (message, "Bounce")
    assert world.rows() == []


async def test_dead_letters_of_a_deleted_destination_stay(world):
    world.destination()
    world.driver.everything = Refused("no")
    world.message()
    await world.drain()
    with world.store.transaction() as conn:
        conn.execute(delete(event_destinations))
        assert replay_dead_letters(conn, None, None, now=world.now, limit=10) == 0
        assert [one.destination for one in list_dead_letters(conn, None, None, 10)] == ["(deleted)"]


async def test_retention_removes_what_waits_and_what_is_dead(world):
    world.destination()
    world.driver.answers["Bounce"] = Refused("no")
    world.driver.answers["Open"] = NotYet("no")
    world.message("Bounce", "Open")
    await world.drain()
    assert (len(world.rows()), len(world.dead())) == (1, 1)
    with world.store.transaction() as conn:
        conn.execute(update(recipients).values(state=1))
        assert delete_old_messages(conn, world.now + HOUR, 10) == 1
    assert (world.rows(), world.dead()) == ([], [])


async def test_two_drainers_publish_each_event_once(world):
    world.destination()
    messages = [world.message("Delivery", at=number) for number in range(30)]
    world.now += SECOND
    other = world.new_draining("node/1")
    while world.rows():
        await asyncio.gather(world.draining.look(), other.look())
        await asyncio.gather(world.draining.settled(), other.settled())
    assert sorted(world.driver.taken) == sorted(
        (one, kind) for one in messages for kind in ("Send", "Delivery")
    )


async def test_a_lease_of_another_is_respected_until_it_ends(world):
    row_id = world.destination()
    message = world.message()
    world.insert(
        outbox_shards,
        destination_id=row_id,
        shard=message[-1] % 16,
        owner="dead/0",
        until=world.now + 50 * SECOND,
        due_at=0,
        failures=0,
    )
    await world.drain(1)
    assert world.driver.taken == []
    await world.drain(60)
    assert world.driver.taken == [(message, "Send")]


async def test_a_worker_that_starts_again_takes_its_own_shards_back_at_once(world):
    row_id = world.destination()
    message = world.message()
    world.insert(
        outbox_shards,
        destination_id=row_id,
        shard=message[-1] % 16,
        owner="node/0",
        until=world.now + 50 * SECOND,
        due_at=0,
        failures=0,
    )
    await world.drain(1)
    assert world.driver.taken == [(message, "Send")]


async def test_an_error_inside_a_driver_loses_nothing(world, caplog):
    class Broken(Directed):
        async def publish(self, _place, _records):
            raise RuntimeError("broken")

    world.destination()
    world.message()
    world.draining = world.new_draining(driver=Broken())
    await world.drain()
    (row,) = world.rows()
    assert row.last_error == "an error of ours: see the log"
    assert "broken" in caplog.text


async def test_a_destination_that_is_down_delays_no_other(world):
    class Half(Directed):
        async def publish(self, place, records):
            self.everything = NotYet("down") if place.target.topic_arn.endswith("down") else None
            return await super().publish(place, records)

    world.destination("a", target=Sns("arn:aws:sns:us-east-1:123456789012:down"))
    world.destination("b", target=Sns("arn:aws:sns:us-east-1:123456789012:up"))
    messages = [world.message(at=number) for number in range(40)]
    half = Half()
    world.draining = world.new_draining(driver=half)
    await world.drain(1)
    assert sorted(one for one, _ in half.taken) == sorted(messages)
    assert len(world.rows()) == 40


def test_shards_take_turns_by_destination_and_failing_ones_have_half_the_room():
    up = [(Shard(bytes([one]), number), 0) for one in range(8) for number in range(16)]
    down = [(Shard(bytes([one]), number), 3) for one in range(60, 80) for number in range(16)]
    chosen = choose(down + up, (), room=ROOM, failing_room=FAILING_ROOM)
    assert len(chosen) == ROOM
    assert sum(failures > 0 for _, failures in chosen) == FAILING_ROOM
    each = Counter(shard.destination_id for shard, failures in chosen if not failures)
    assert set(each.values()) == {4}


def test_a_destination_has_a_part_of_the_room_and_its_shards_take_turns():
    found = [(Shard(b"a", number), 0) for number in range(16)]
    assert choose(found, (), room=ROOM, failing_room=0) == found[:OF_A_DESTINATION]
    busy = [shard for shard, _ in found[:4]]
    chosen = choose(found, busy, room=ROOM, failing_room=0, first=14)
    assert chosen == [found[14], found[15], found[4], found[5]]
