"""Looking at the queue and moving what is in it, on both engines."""

from collections import Counter

import pytest

from pillarbox.manage.seen.queue import (
    cancel_portion,
    count_in_flight,
    hold_portion,
    list_lanes,
    list_some_lanes,
    release_portion,
    retry_portion,
    show_message,
)
from pillarbox.model.queue_filter import LaneInQueue, QueueFilter
from pillarbox.model.queued import CANCELLED, HELD, QUEUED
from pillarbox.store.mail.queue_view import message_recipients
from pillarbox.store.retention import delete_old_messages
from pillarbox.store.store import Store
from tests.store.rows import ACCOUNT, NOW, accepted, put
from tests.store.test_queue import claim

LATER = NOW + 3_600_000
HOUR = 3_600_000
A, B = "x@a.example", "x@b.example"


def fill(store: Store) -> list[bytes]:
    """Three messages: two to a.example (one old), one to a.example and b.example of a set."""
    messages = [
        accepted(A, now=NOW - HOUR),
        accepted(A),
        accepted(A, B, configuration_set="spring"),
    ]
    with store.transaction() as conn:
        put(conn, *messages)
    return [one.message.id for one in messages]


def states_of(store: Store, message_id: bytes) -> list[int]:
    """The states of a message's recipients in their order."""
    with store.transaction() as conn:
        return [row.state for row in message_recipients(conn, message_id)]


def counts(store: Store, *, held: bool = False, **chosen) -> dict[str, int]:
    with store.transaction() as conn:
        found = list_lanes(conn, QueueFilter(**chosen), held=held)
    return by_domain(found)


def by_domain(lanes: list[LaneInQueue]) -> dict[str, int]:
    summed: Counter[str] = Counter()
    for one in lanes:
        summed[one.domain] += one.recipients
    return dict(summed)


def change(store: Store, portion, now: int = LATER, **chosen) -> int:
    with store.transaction() as conn:
        return portion(conn, QueueFilter(**chosen), now)


CHOSEN = [
    ({}, {"a.example": 3, "b.example": 1}),
    ({"domain": "b.example"}, {"b.example": 1}),
    ({"domain": "example"}, {}),
    ({"account_id": ACCOUNT}, {"a.example": 3, "b.example": 1}),
    ({"account_id": "000000000000"}, {}),
    ({"domain": "a.example", "account_id": ACCOUNT}, {"a.example": 3}),
    ({"configuration_set": "spring"}, {"a.example": 1, "b.example": 1}),
    ({"before": NOW - 1}, {"a.example": 1}),
]


@pytest.mark.parametrize(("chosen", "expected"), CHOSEN)
def test_the_queue_is_counted_by_destination(store: Store, chosen, expected) -> None:
    fill(store)
    assert counts(store, **chosen) == expected


def test_the_mail_of_a_set_waits_by_itself(store: Store) -> None:
    fill(store)
    with store.transaction() as conn:
        found = list_lanes(conn, QueueFilter(domain="a.example"))
    assert {one.configuration_set: one.recipients for one in found} == {None: 2, "spring": 1}


def test_what_a_worker_holds_is_counted_and_left_alone(store: Store) -> None:
    fill(store)
    claim(store, rows=100)
    with store.transaction() as conn:
        assert count_in_flight(conn, QueueFilter(domain="a.example")) == 3
        assert sum(one.in_flight for one in list_lanes(conn, QueueFilter())) == 4
    for portion in (retry_portion, hold_portion, cancel_portion):
        assert change(store, portion, NOW) == 0


def test_held_recipients_are_not_claimed_until_they_are_released(store: Store) -> None:
    fill(store)
    assert change(store, hold_portion, domain="a.example") == 3
    assert {one.address for one in claim(store).claims} == {B}
    assert counts(store, held=True) == {"a.example": 3}
    assert change(store, release_portion, NOW + 1) == 3
    assert {one.address for one in claim(store, NOW + 1).claims} == {A}


def test_retrying_makes_what_waits_due_now(store: Store) -> None:
    fill(store)
    with store.transaction() as conn:
        conn.exec_driver_sql(f"UPDATE recipients SET due_at = {LATER + HOUR}")
        conn.exec_driver_sql("DELETE FROM lane_wakes")
    assert claim(store, LATER).claims == ()
    assert change(store, retry_portion, domain="a.example") == 3
    assert change(store, retry_portion, domain="a.example") == 0, "due already"
    assert {one.address for one in claim(store, LATER).claims} == {A}


def test_cancelled_recipients_are_final_held_ones_too(store: Store) -> None:
    old, *_, last = fill(store)
    change(store, hold_portion, message_id=old)
    assert change(store, cancel_portion, domain="a.example") == 3
    assert states_of(store, old) == [CANCELLED]
    assert states_of(store, last) == [CANCELLED, QUEUED]
    assert {one.address for one in claim(store, LATER).claims} == {B}


def test_retention_keeps_what_is_held(store: Store) -> None:
    old, *_ = fill(store)
    change(store, hold_portion, message_id=old)
    change(store, cancel_portion, domain="b.example")
    with store.transaction() as conn:
        delete_old_messages(conn, LATER, 100)
    assert states_of(store, old) == [HELD]


def test_a_message_shows_what_became_of_each_recipient(store: Store) -> None:
    *_, last = fill(store)
    change(store, cancel_portion, domain="b.example")
    with store.transaction() as conn:
        found = show_message(conn, last)
    assert found is not None
    shown = [(one.address, one.state, one.last_reply) for one in found.recipients]
    assert shown == [(A, "queued", None), (B, "cancelled", "cancelled by the operator")]


def test_a_message_that_is_not_kept_is_not_shown(store: Store) -> None:
    with store.transaction() as conn:
        assert show_message(conn, bytes(16)) is None


def test_mail_for_a_pool_is_counted_by_itself_and_found_by_its_domain_and_account(store) -> None:
    with store.transaction() as conn:
        put(conn, accepted(A, sending_pool="p"), accepted(A))
        for chosen in ({}, {"domain": "a.example", "account_id": ACCOUNT}):
            found = list_lanes(conn, QueueFilter(**chosen))
            assert [(one.domain, one.account_id, one.pool) for one in found] == [
                ("a.example", ACCOUNT, None),
                ("a.example", ACCOUNT, "p"),
            ]


@pytest.mark.parametrize("most", [2, 4, 100])
def test_an_accounts_lanes_are_counted_no_further_than_asked(store, most):
    fill(store)
    with store.transaction() as conn:
        put(conn, accepted("x@other.example", account="222222222222"))
        hold_portion(conn, QueueFilter(domain="b.example"), NOW)
        waiting = list_some_lanes(conn, ACCOUNT, most=most)
        held = list_some_lanes(conn, ACCOUNT, held=True, most=most)
    assert by_domain(waiting) == {"a.example": min(3, most)}
    assert by_domain(held) == {"b.example": 1}
