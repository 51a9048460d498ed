"""Events counted by the hour where they are stored, on both engines."""

from dataclasses import replace

import pytest

from pillarbox.base.clock import now_ms
from pillarbox.base.ids import uuid7
from pillarbox.base.settings import Settings
from pillarbox.manage.maintenance import COUNTS_MS, Maintenance
from pillarbox.manage.seen.activity import SPANS, Counts, activity
from pillarbox.model.event import BOUNCE, CLICK, COMPLAINT, DELIVERY, OPEN, Event
from pillarbox.store.mail.messages import count_recipients
from pillarbox.store.publishing.counts import delete_old_event_counts, events_over_time
from pillarbox.store.publishing.events import insert_events
from tests.store.rows import ACCOUNT, accepted, add_account

HOUR = 3_600_000
DAY = 24 * HOUR
#: Half past an hour, at noon UTC or so.
NOW = 1_800_000_000_000 // DAY * DAY + 12 * HOUR + HOUR // 2


def event(kind, at, *, account=ACCOUNT, **detail):
    return Event(
        id=uuid7(at),
        account_id=account,
        message_id=uuid7(at),
        position=0,
        type=kind,
        created_at=at,
        detail=detail,
    )


def test_events_count_by_hour_type_and_kind_over_batches(store):
    with store.transaction() as conn:
        insert_events(conn, [event(OPEN, NOW, verdict="human"), event(OPEN, NOW, verdict="proxy")])
        insert_events(conn, [event(OPEN, NOW, verdict="human"), event(DELIVERY, NOW - HOUR)])
        insert_events(conn, [event(OPEN, NOW, account="999999999999", verdict="human")])
        found = events_over_time(conn, ACCOUNT, since=NOW - DAY, step_ms=HOUR)
    hour = NOW - HOUR // 2
    assert sorted(found) == [
        (hour - HOUR, DELIVERY, "", 1),
        (hour, OPEN, "human", 2),
        (hour, OPEN, "proxy", 1),
    ]


def test_what_the_simulator_answers_is_not_counted_as_its_mail_is_not(store):
    with store.transaction() as conn:
        insert_events(conn, [event(DELIVERY, NOW), replace(event(DELIVERY, NOW), simulated=True)])
        found = events_over_time(conn, ACCOUNT, since=NOW - DAY, step_ms=HOUR)
        assert [number for *_, number in found] == [1]
        insert_events(conn, [replace(event(BOUNCE, NOW), simulated=True)])
        assert events_over_time(conn, ACCOUNT, since=NOW - DAY, step_ms=HOUR) == found


def test_what_is_rolled_back_is_not_counted(store):
    with pytest.raises(ZeroDivisionError), store.transaction() as conn:
        insert_events(conn, [event(DELIVERY, NOW)])
        raise ZeroDivisionError
    with store.transaction() as conn:
        assert events_over_time(conn, ACCOUNT, since=0, step_ms=HOUR) == []


def test_old_counts_go_of_one_account_alone(store):
    with store.transaction() as conn:
        insert_events(conn, [event(DELIVERY, NOW - DAY), event(DELIVERY, NOW)])
        insert_events(conn, [event(DELIVERY, NOW - DAY, account="999999999999")])
        assert delete_old_event_counts(conn, ACCOUNT, NOW - HOUR) == 1
        assert len(events_over_time(conn, ACCOUNT, since=0, step_ms=HOUR)) == 1
        assert len(events_over_time(conn, "999999999999", since=0, step_ms=HOUR)) == 1


async def test_maintenance_forgets_what_is_no_longer_shown(store, tmp_path):
    now = now_ms()
    with store.transaction() as conn:
        add_account(conn)
        insert_events(conn, [event(DELIVERY, now - COUNTS_MS - HOUR), event(DELIVERY, now - DAY)])
    await Maintenance(store, "w", Settings(data=tmp_path)).turn()
    with store.transaction() as conn:
        left = events_over_time(conn, ACCOUNT, since=0, step_ms=HOUR)
    assert [start for start, *_ in left] == [(now - DAY) // HOUR * HOUR]


@pytest.mark.parametrize("span", ["day", "week", "month"])
def test_activity_has_every_span_and_people_apart_from_machines(store, span):
    chosen = SPANS[span]
    with store.transaction() as conn:
        count_recipients(conn, "w", [accepted("a@x.example", "b@x.example", now=NOW)])
        insert_events(
            conn,
            [
                event(DELIVERY, NOW),
                event(BOUNCE, NOW, bounceType="Permanent"),
                event(BOUNCE, NOW, bounceType="Transient"),
                event(COMPLAINT, NOW),
                event(OPEN, NOW, verdict="human"),
                event(OPEN, NOW, verdict="proxy"),
                event(CLICK, NOW, verdict="human"),
                event(CLICK, NOW, verdict="scanner"),
                event(CLICK, NOW, verdict="scanner"),
                event(DELIVERY, NOW - 31 * DAY),
            ],
        )
        found = activity(conn, ACCOUNT, chosen, now=NOW)
    assert found.total == Counts(
        sent=2,
        delivered=1,
        bounced=2,
        bounced_for_good=1,
        complained=1,
        opened=1,
        opened_by_machines=1,
        clicked=1,
        clicked_by_machines=2,
    )
    starts = [start for start, _ in found.points]
    assert len(starts) == chosen.count
    assert starts == list(range(starts[0], NOW, chosen.step_ms))
    assert found.points[-1][1] == found.total
