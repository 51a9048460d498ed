"""The statistics of an account, on both engines."""

from pillarbox.base.ids import uuid7
from pillarbox.manage.seen.send_statistics import (
    BUCKET_MS,
    SPAN_MS,
    SendPoint,
    send_points,
)
from pillarbox.model.event import BOUNCE, DELIVERY, Event
from pillarbox.store.mail.messages import insert_messages
from pillarbox.store.publishing.events import insert_events
from tests.store.rows import ACCOUNT, NOW, accepted, add_account

OTHER = "999999999999"
START = NOW // BUCKET_MS * BUCKET_MS
MINUTE = 60_000


def happened(conn, message, kind, at):
    event = Event(
        id=uuid7(at),
        account_id=message.message.account_id,
        message_id=message.message.id,
        position=0,
        type=kind,
        created_at=at,
        detail={},
    )
    insert_events(conn, [event])


def test_each_recipient_counts_in_the_quarter_of_an_hour_it_falls_into(store):
    with store.transaction() as conn:
        add_account(conn)
        add_account(conn, id=OTHER)
        first = accepted("a@x.example", "b@x.example", now=START - 1)
        second = accepted("c@x.example", now=START)
        foreign = accepted("d@x.example", now=START, account=OTHER)
        old = accepted("e@x.example", now=START - SPAN_MS - 1)
        insert_messages(conn, [first, second, foreign, old])
        happened(conn, first, BOUNCE, START + MINUTE)
        happened(conn, first, BOUNCE, START + 2 * MINUTE)
        happened(conn, second, "Complaint", START + 16 * MINUTE)
        happened(conn, second, DELIVERY, START + MINUTE)
        happened(conn, first, "Reject", START - 1)
        happened(conn, foreign, BOUNCE, START + MINUTE)
        happened(conn, old, BOUNCE, START - SPAN_MS - 1)
        points = send_points(conn, ACCOUNT, now=START + 20 * MINUTE)
    assert points == [
        SendPoint(start=START - BUCKET_MS, attempts=2, bounces=0, complaints=0, rejects=1),
        SendPoint(start=START, attempts=1, bounces=2, complaints=0, rejects=0),
        SendPoint(start=START + BUCKET_MS, attempts=0, bounces=0, complaints=1, rejects=0),
    ]
