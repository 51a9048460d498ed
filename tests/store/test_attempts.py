"""Every attempt is on record with its settlement, on both engines, for as long as its message."""

from dataclasses import replace

import pytest

from pillarbox.events.attempt_record import LONGEST_REPLY, MOST_STEPS, record_of
from pillarbox.manage.seen.attempts import list_attempts
from pillarbox.model.outcome import Attempt, Deferred, Delivered, Failed, Reply, Step, Unknown
from pillarbox.model.queued import BOUNCED, DELIVERED, QUEUED
from pillarbox.store.retention import delete_old_messages
from pillarbox.store.store import Store
from tests.store.rows import ACCOUNT, NOW, accepted, put
from tests.store.test_queue import LEASE, claim, settle, settlement

GREYLISTED = Deferred(
    Reply(451, "4.2.0 greylisted", "4.2.0"),
    Attempt(
        "mx2.x.org",
        "192.0.2.2",
        "192.0.2.9",
        "TLSv1.3",
        (Step("connect", 12, "220 mx2"), Step("RCPT", 7, "451 4.2.0 greylisted")),
        passed_over=(Attempt("mx1.x.org", "192.0.2.1", steps=(Step("connect", 30_000, "421 -"),)),),
    ),
)
TAKEN = Delivered(Reply(250, "2.0.0 ok", "2.0.0"), Attempt("mx.x.org"))
REFUSED = Failed(Reply(550, "5.1.1 no", "5.1.1"), Attempt("mx.x.org"))


def test_an_attempt_is_kept_with_its_whole_conversation(store: Store) -> None:
    message = accepted("a@x.org")
    with store.transaction() as conn:
        put(conn, message)
    (held,) = claim(store).claims
    settle(
        store,
        replace(settlement(held, QUEUED, NOW + 5), record=record_of(GREYLISTED, NOW + 1)),
    )
    (again,) = claim(store, NOW + 5).claims
    settle(store, replace(settlement(again, DELIVERED), record=record_of(TAKEN, NOW + 6)))
    with store.transaction() as conn:
        first, last = list_attempts(conn, message.message.id, account_id=ACCOUNT)
    assert (first.recipient, first.ended_at, first.outcome) == ("a@x.org", NOW + 1, "deferred")
    assert first.reply == "451 4.2.0 greylisted"
    assert first.conversation == {
        "host": "mx2.x.org",
        "address": "192.0.2.2",
        "source": "192.0.2.9",
        "tls": "TLSv1.3",
        "steps": [
            {"name": "connect", "milliseconds": 12, "reply": "220 mx2"},
            {"name": "RCPT", "milliseconds": 7, "reply": "451 4.2.0 greylisted"},
        ],
        "passed_over": [
            {
                "host": "mx1.x.org",
                "address": "192.0.2.1",
                "steps": [{"name": "connect", "milliseconds": 30_000, "reply": "421 -"}],
            }
        ],
    }
    assert (last.outcome, last.conversation) == ("delivered", {"host": "mx.x.org", "steps": []})


def test_attempts_are_shown_to_their_own_account_only_the_last_ones_first_cut(store: Store) -> None:
    message = accepted("a@x.org", "b@x.org")
    with store.transaction() as conn:
        put(conn, message)
    for at, one in enumerate(claim(store).claims):
        record = record_of(REFUSED, NOW + at)
        settle(store, replace(settlement(one, BOUNCED), record=record))
    with store.transaction() as conn:
        assert len(list_attempts(conn, message.message.id)) == 2
        (last,) = list_attempts(conn, message.message.id, limit=1)
        assert last.ended_at == NOW + 1
        assert list_attempts(conn, message.message.id, account_id="000000000000") == []


def test_who_lost_its_lease_has_still_tried(store: Store) -> None:
    message = accepted("a@x.org")
    with store.transaction() as conn:
        put(conn, message)
    (late,) = claim(store).claims
    claim(store, NOW + LEASE, owner="node/1")
    record = record_of(REFUSED, NOW)
    assert settle(store, replace(settlement(late, BOUNCED), record=record)) == [False]
    with store.transaction() as conn:
        assert [one.outcome for one in list_attempts(conn, message.message.id)] == ["failed"]


def test_attempts_go_with_their_message(store: Store) -> None:
    message = accepted("a@x.org")
    with store.transaction() as conn:
        put(conn, message)
    (held,) = claim(store).claims
    settle(store, replace(settlement(held, DELIVERED), record=record_of(TAKEN, NOW)))
    with store.transaction() as conn:
        delete_old_messages(conn, NOW + 1, 10)
        assert conn.exec_driver_sql("SELECT count(*) FROM attempts").scalar() == 0


@pytest.mark.parametrize("kind", [Delivered, Deferred, Failed, Unknown])
def test_a_record_is_bounded_whatever_the_server_says(kind) -> None:
    steps = tuple(Step("EHLO", 1, "250 " + "x" * 10_000) for _ in range(500))
    attempt = Attempt("mx", steps=steps, passed_over=(Attempt("mx", steps=steps),) * 100)
    record = record_of(kind(Reply(250, "x" * 10_000), attempt), NOW)
    assert record.outcome == kind.__name__.lower()
    assert len(record.detail) < 10 * (MOST_STEPS + 1) * (LONGEST_REPLY + 50)
