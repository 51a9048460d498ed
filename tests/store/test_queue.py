"""Claiming, settling and taking back, on both engines."""

from collections.abc import Mapping
from itertools import product

from pillarbox.base.ids import uuid7
from pillarbox.events.settling import settle_batch
from pillarbox.model.event import DELIVERY, Event
from pillarbox.model.queued import BOUNCED, DELIVERED, QUEUED, Claim, Lane, Settlement, lane_of
from pillarbox.queue.claiming import Claimed, ClaimRequest, claim_batch
from pillarbox.queue.recovery import take_back_node
from pillarbox.store.mail.lanes import something_due
from pillarbox.store.publishing.events import message_events
from pillarbox.store.store import Store
from tests.store.rows import ACCOUNT, NOW, accepted, put, states

LEASE = 60_000


def claim(
    store: Store,
    now: int = NOW,
    *,
    owner: str = "node/0",
    rows: int = 100,
    size: int = 1 << 20,
    after: str = "",
    in_flight: Mapping[str, int] | None = None,
    cap: int = 100,
    skipped: tuple[str, ...] = (),
    caps: Mapping[str, int] | None = None,
    paused: Mapping[str, int] | None = None,
) -> Claimed:
    request = ClaimRequest(
        owner=owner,
        now=now,
        lease_ms=LEASE,
        rows=rows,
        bytes=size,
        after_lane=after,
        in_flight=in_flight or {},
        lane_cap=cap,
        skipped=skipped,
        caps=caps or {},
        paused=paused or {},
    )
    with store.transaction() as conn:
        return claim_batch(conn, [request])[0]


def settlement(claim: Claim, state: int, due_at: int = 0) -> Settlement:
    event = None
    if state != QUEUED:
        event = Event(
            id=uuid7(NOW + 1),
            account_id=ACCOUNT,
            message_id=claim.message_id,
            position=claim.position,
            type=DELIVERY if state == DELIVERED else "Bounce",
            created_at=NOW + 1,
            detail={"state": state},
        )
    return Settlement(
        claim=claim, state=state, due_at=due_at, reply="250 ok", settled_at=NOW + 1, event=event
    )


def settle(store: Store, *settlements: Settlement) -> list[bool]:
    with store.transaction() as conn:
        return settle_batch(conn, settlements)


def due(store: Store, now: int) -> bool:
    with store.engine.begin() as conn:
        return something_due(conn, now)


def test_a_claimed_recipient_is_not_claimed_again_until_its_lease_ends(store: Store) -> None:
    with store.transaction() as conn:
        put(conn, accepted("a@x.org", "b@y.org"))
    first = claim(store)
    assert sorted(one.address for one in first.claims) == ["a@x.org", "b@y.org"]
    assert claim(store, NOW + LEASE - 1, owner="node/1").claims == ()
    assert len(claim(store, NOW + LEASE, owner="node/1").claims) == 2


def test_nothing_is_due_when_everything_is_claimed_or_settled(store: Store) -> None:
    with store.transaction() as conn:
        put(conn, accepted("a@x.org"))
    assert due(store, NOW)
    (held,) = claim(store).claims
    claim(store)  # folds what is left and lays the lane to rest
    assert not due(store, NOW)
    assert due(store, NOW + LEASE)
    settle(store, settlement(held, DELIVERED))
    claim(store, NOW + LEASE)
    assert not due(store, NOW + 100 * LEASE)


def test_a_deferred_recipient_is_due_again_at_its_time_and_not_before(store: Store) -> None:
    with store.transaction() as conn:
        put(conn, accepted("a@x.org"))
    (held,) = claim(store).claims
    assert settle(store, settlement(held, QUEUED, NOW + 5000)) == [True]
    assert claim(store, NOW + 4999).claims == ()
    (again,) = claim(store, NOW + 5000).claims
    assert again.attempts == 1


def test_who_lost_its_lease_settles_nothing_but_a_delivery(store: Store) -> None:
    with store.transaction() as conn:
        put(conn, accepted("a@x.org"))
    (late,) = claim(store).claims
    (current,) = claim(store, NOW + LEASE, owner="node/1").claims
    assert settle(store, settlement(late, BOUNCED)) == [False]
    assert settle(store, settlement(late, QUEUED, NOW)) == [False]
    assert settle(store, settlement(late, DELIVERED)) == [True]
    assert settle(store, settlement(current, DELIVERED)) == [False]
    assert settle(store, settlement(current, BOUNCED)) == [False]


def test_a_settlement_and_its_event_are_one(store: Store) -> None:
    message = accepted("a@x.org", "b@x.org")
    with store.transaction() as conn:
        put(conn, message)
    claims = claim(store).claims
    settle(store, settlement(claims[0], DELIVERED), settlement(claims[1], BOUNCED))
    with store.engine.begin() as conn:
        records = message_events(conn, ACCOUNT, message.message.id)
        assert records[0]["eventType"] == "Send"
        assert sorted(one["eventType"] for one in records[1:]) == ["Bounce", "Delivery"]
        assert message_events(conn, "another", message.message.id) == []
        assert sorted(row[1] for row in states(conn)) == [DELIVERED, BOUNCED]


def test_a_full_lane_does_not_stand_before_the_others(store: Store) -> None:
    with store.transaction() as conn:
        put(conn, *(accepted(f"u{n}@dead.org") for n in range(50)), accepted("v@zoo.org"))
    first = claim(store, rows=10)
    assert {one.address for one in first.claims} > {"v@zoo.org"}
    dead = lane_of("u@dead.org", ACCOUNT)
    assert claim(store, in_flight={dead: 20}, cap=20).claims == ()


def test_a_newsletter_does_not_stand_before_the_receipts_of_its_account(store: Store) -> None:
    with store.transaction() as conn:
        news = (accepted(f"u{n}@x.org", configuration_set="news") for n in range(50))
        put(conn, *news, accepted("v@x.org", configuration_set="receipts"), accepted("w@x.org"))
    first = claim(store, rows=10)
    assert {one.address for one in first.claims} > {"v@x.org", "w@x.org"}


def test_a_lanes_name_is_read_back() -> None:
    for pool, configuration_set in product((None, "p"), (None, "news")):
        name = lane_of("u@x.org", ACCOUNT, pool, configuration_set)
        assert Lane.named(name) == Lane("x.org", ACCOUNT, pool, configuration_set)


def test_lanes_take_turns(store: Store) -> None:
    with store.transaction() as conn:
        put(conn, *(accepted(f"u@{name}.org") for name in "abcd"))
    first = claim(store, rows=1)
    second = claim(store, rows=1, after=first.last_lane)
    assert [one.address for one in first.claims] == ["u@a.org"]
    assert [one.address for one in second.claims] == ["u@b.org"]


def test_claims_are_bounded_by_bytes_and_one_large_message_still_goes(store: Store) -> None:
    with store.transaction() as conn:
        put(conn, *(accepted("u@x.org", content=bytes(1000)) for _ in range(5)))
    assert len(claim(store, size=2500).claims) == 2
    assert len(claim(store, size=1).claims) == 1
    assert len(claim(store, size=1 << 20).claims) == 2


def test_a_node_that_starts_takes_back_what_its_dead_workers_held(store: Store) -> None:
    with store.transaction() as conn:
        put(conn, accepted("a@x.org", "b@y.org"))
        put(conn, accepted("c@z.org"))
    claim(store, owner="node/0", rows=2)
    claim(store, owner="other/0")
    with store.transaction() as conn:
        take_back_node(conn, "node", NOW + 1)
    assert len(claim(store, NOW + 1, owner="node/0").claims) == 2


def test_something_queued_while_a_lane_is_laid_to_rest_is_found(store: Store) -> None:
    with store.transaction() as conn:
        put(conn, accepted("a@x.org"))
    claim(store)
    with store.transaction() as conn:
        put(conn, accepted("b@x.org"))
    assert [one.address for one in claim(store).claims] == ["b@x.org"]


def test_lanes_of_another_nodes_pools_are_left_to_it(store: Store) -> None:
    with store.transaction() as conn:
        put(
            conn,
            accepted("plain@x.org"),
            accepted("in_a@x.org", sending_pool="a_b"),
            accepted("in_b@x.org", sending_pool="axb"),
            accepted("foreign@x.org", account="000000000000", sending_pool="a_b"),
        )
    skipped = (f" {ACCOUNT}/a_b", f" {ACCOUNT}")
    first = claim(store, skipped=skipped)
    assert sorted(one.address for one in first.claims) == ["foreign@x.org", "in_b@x.org"]
    with store.engine.begin() as conn:
        assert not something_due(conn, NOW, skipped)
        assert something_due(conn, NOW)
    rest = claim(store)
    assert sorted(one.address for one in rest.claims) == ["in_a@x.org", "plain@x.org"]


def test_one_accounts_thousands_leave_another_its_turn(store: Store) -> None:
    with store.transaction() as conn:
        put(conn, *(accepted(f"u{n}@x.org") for n in range(300)))
        put(conn, *(accepted(f"v{n}@x.org", account="000000000000") for n in range(10)))
    first = claim(store, rows=20, cap=32)
    by_account = [one.account_id for one in first.claims]
    assert (by_account.count("000000000000"), by_account.count(ACCOUNT)) == (10, 10)


def test_a_lane_that_is_paused_is_left_alone_and_due_again_then(store: Store) -> None:
    with store.transaction() as conn:
        put(conn, accepted("a@x.org"), accepted("b@y.org"))
    lane = lane_of("a@x.org", ACCOUNT)
    first = claim(store, paused={lane: NOW + 500})
    assert [one.address for one in first.claims] == ["b@y.org"]
    assert not due(store, NOW + 499)
    assert due(store, NOW + 500)
    assert [one.address for one in claim(store, NOW + 500).claims] == ["a@x.org"]


def test_a_lane_may_have_a_cap_of_its_own(store: Store) -> None:
    with store.transaction() as conn:
        put(conn, *(accepted(f"u{n}@x.org") for n in range(9)))
        put(conn, *(accepted(f"u{n}@y.org") for n in range(9)))
    claims = claim(store, cap=4, caps={lane_of("u@x.org", ACCOUNT): 7}).claims
    by_domain = [one.address.partition("@")[2] for one in claims]
    assert (by_domain.count("x.org"), by_domain.count("y.org")) == (7, 4)
