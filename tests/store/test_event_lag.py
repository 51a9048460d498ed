"""How far destinations are behind, and dead letters by page: bounded, by account."""

import pytest
from sqlalchemy import insert

from pillarbox.base.ids import uuid7
from pillarbox.store.publishing.dead_letters import (
    discard_of,
    find_dead_letter,
    page_dead_letters,
    replay_of,
)
from pillarbox.store.publishing.lag import COUNT_MOST, Lag, find_lags, list_destinations
from pillarbox.store.tables import dead_letters, event_destinations, outbox, outbox_shards
from tests.store.event_destination import create_destination
from tests.store.rows import ACCOUNT, NOW, add_account, add_configuration_set

OTHER = "222222222222"


@pytest.fixture
def conn(store):
    with store.transaction() as conn:
        add_account(conn)
        add_configuration_set(conn)
        yield conn


def destination(conn, name="a"):
    create_destination(conn, name)
    columns = event_destinations.c
    query = event_destinations.select().where(columns.name == name)
    return bytes(conn.execute(query).one().id)


def wait(conn, where, *, at=0, shard=0, **more):
    row = {
        "event_id": uuid7(NOW + at),
        "destination_id": where,
        "account_id": ACCOUNT,
        "message_id": uuid7(NOW),
        "shard": shard,
        "due_at": NOW,
        "attempts": 0,
    }
    conn.execute(insert(outbox).values(row | more))


def die(conn, where, *, at=0, account=ACCOUNT):
    event_id = uuid7(NOW + at)
    conn.execute(
        insert(dead_letters).values(
            event_id=event_id,
            destination_id=where,
            account_id=account,
            message_id=uuid7(NOW),
            shard=3,
            attempts=7,
            died_at=NOW,
            reason="HTTP 400",
        )
    )
    return event_id


def test_a_destination_without_anything_is_up_to_date(conn):
    where = destination(conn)
    assert find_lags(conn, [where], NOW) == {where: Lag()}
    assert find_lags(conn, [], NOW) == {}


def test_lag_tells_since_when_how_much_and_what_went_wrong(conn):
    where, other = destination(conn), destination(conn, "b")
    wait(conn, where, at=100, shard=2, attempts=4, last_error="HTTP 503")
    wait(conn, where, at=50, shard=3)
    wait(conn, where, at=200, shard=3, attempts=1, last_error="later")
    wait(conn, other, at=1, waiting_since=NOW + 9)
    die(conn, where)
    conn.execute(
        insert(outbox_shards).values(
            destination_id=where, shard=2, owner="n", until=0, due_at=NOW + 500, failures=3
        )
    )
    assert find_lags(conn, [where, other], NOW) == {
        where: Lag(
            waiting=3,
            dead=1,
            since=NOW + 50,
            attempts=4,
            error="HTTP 503",
            resting=1,
            rests_until=NOW + 500,
        ),
        other: Lag(waiting=1, since=NOW + 9),
    }


def test_counting_ends(conn):
    where = destination(conn)
    row = {
        "destination_id": where,
        "account_id": ACCOUNT,
        "message_id": uuid7(NOW),
        "shard": 0,
        "due_at": NOW,
        "attempts": 0,
    }
    conn.execute(
        insert(outbox), [row | {"event_id": uuid7(NOW + n)} for n in range(COUNT_MOST + 5)]
    )
    assert find_lags(conn, [where], NOW)[where].waiting == COUNT_MOST + 1


def test_destinations_are_listed_by_page_and_those_behind_alone(conn):
    _, behind, dead = (destination(conn, name) for name in "abc")
    wait(conn, behind)
    die(conn, dead)

    def names(after=("", ""), *, only=False):
        found = list_destinations(conn, ACCOUNT, after=after, limit=2, behind=only)
        return [one.name for one in found]

    assert names() == ["a", "b"]
    assert names(("spring", "b")) == ["c"]
    assert names(only=True) == ["b", "c"]
    assert list_destinations(conn, OTHER, after=("", ""), limit=2, behind=False) == []


def test_dead_letters_come_newest_first_by_page_of_one_account(conn):
    first, second = destination(conn), destination(conn, "b")
    ids = [die(conn, where, at=n) for n, where in enumerate((first, second, first))]
    die(conn, first, account=OTHER)
    found = page_dead_letters(conn, ACCOUNT, limit=2)
    assert [one.event_id for one in found] == [ids[2], ids[1]]
    last = (found[-1].event_id, found[-1].destination_id)
    assert [one.event_id for one in page_dead_letters(conn, ACCOUNT, before=last, limit=2)] == [
        ids[0]
    ]
    of_second = page_dead_letters(conn, ACCOUNT, destination_id=second, limit=5)
    assert [one.event_id for one in of_second] == [ids[1]]
    assert find_dead_letter(conn, OTHER, ids[0], first) is None


def test_one_is_replayed_and_the_rest_is_discarded_in_portions(conn):
    where = destination(conn)
    ids = [die(conn, where, at=n) for n in range(4)]
    assert replay_of(conn, OTHER, where, now=NOW, limit=9) == 0
    assert replay_of(conn, ACCOUNT, where, event_id=ids[2], now=NOW, limit=9) == 1
    assert [bytes(row.event_id) for row in conn.execute(outbox.select())] == [ids[2]]
    assert discard_of(conn, OTHER, where, limit=9) == 0
    assert discard_of(conn, ACCOUNT, where, limit=2) == 2
    assert [one.event_id for one in page_dead_letters(conn, ACCOUNT, limit=9)] == [ids[3]]
    assert discard_of(conn, ACCOUNT, where, limit=2) == 1
    assert discard_of(conn, ACCOUNT, where, limit=2) == 0
