"""`pillarbox events` and `pillarbox topics` on a store that nothing serves."""

import json

import pytest
from sqlalchemy import insert

from pillarbox.base.clock import now_ms
from pillarbox.base.ids import ses_message_id, uuid7
from pillarbox.model.event import Event
from pillarbox.store.publishing.events import insert_events
from pillarbox.store.tables import dead_letters
from tests.peers.webhook import webhook
from tests.store.event_destination import create_destination
from tests.store.rows import ACCOUNT, accepted, add_configuration_set, put


def happen(conn, message_id, kind):
    event = Event(
        id=uuid7(now_ms()),
        account_id=ACCOUNT,
        message_id=message_id,
        position=0,
        type=kind,
        created_at=now_ms(),
        detail={},
        configuration_set=None,
    )
    insert_events(conn, [event])


@pytest.fixture
def message(kept):
    """A message with a Send event; its row's id."""
    new = accepted(now=now_ms())
    kept.read(lambda conn: put(conn, new))
    return new.message.id


def following(kept, monkeypatch, *happenings):
    """Have things happen while `tail` waits, one at each of its pauses; then end it."""
    left = list(happenings)

    class Clock:
        @staticmethod
        def sleep(_seconds):
            if not left:
                raise KeyboardInterrupt
            kept.read(left.pop(0))

    monkeypatch.setattr("pillarbox.cli.events.time", Clock)


def test_tail_gives_each_event_once_as_it_happens(run, kept, message, monkeypatch):
    following(
        kept,
        monkeypatch,
        lambda conn: happen(conn, message, "Delivery"),
        lambda conn: happen(conn, message, "Open"),
        lambda _conn: None,
    )
    ran = run("events", "tail", "--json")
    shown = [json.loads(line)["eventType"] for line in ran.out.splitlines()]
    assert shown == ["Delivery", "Open"]


def test_tail_of_a_message_begins_with_its_first_event(run, kept, message, monkeypatch):
    following(kept, monkeypatch)
    ran = run("events", "tail", "--json", "--message", ses_message_id(message, "us-east-1"))
    assert [json.loads(line)["eventType"] for line in ran.out.splitlines()] == ["Send"]


@pytest.mark.parametrize("name", ["BOUNCE", "bounce", "Bounce"])
def test_tail_gives_the_types_that_were_asked_for(run, kept, message, monkeypatch, name):
    def both(conn):
        happen(conn, message, "Delivery")
        happen(conn, message, "Bounce")

    following(kept, monkeypatch, both)
    ran = run("events", "tail", "--type", name, "--json")
    assert [json.loads(line)["eventType"] for line in ran.out.splitlines()] == ["Bounce"]


def test_tail_refuses_types_that_are_none(run, kept):
    ran = run("events", "tail", "--type", "LOST")
    assert (ran.code, "LOST is no event type" in ran.err) == (2, True)


def test_dead_letters_are_listed_and_replayed(run, kept):
    new = accepted(now=now_ms(), configuration_set="spring")

    def prepare(conn):
        add_configuration_set(conn)
        create_destination(conn)
        put(conn, new)
        row = conn.exec_driver_sql("SELECT event_id, destination_id FROM outbox").one()
        conn.execute(
            insert(dead_letters).values(
                event_id=row[0],
                destination_id=row[1],
                account_id=ACCOUNT,
                message_id=new.message.id,
                shard=3,
                attempts=2,
                died_at=now_ms(),
                reason="it answered 400",
            )
        )
        conn.exec_driver_sql("DELETE FROM outbox")

    kept.read(prepare)
    assert "spring/a  after 2 attempts: it answered 400" in run("events", "dead").out
    assert run("events", "dead", "--json").json[0]["type"] == "Send"
    assert run("events", "replay", "--destination", "spring/b").out.startswith("0 events")
    assert run("events", "replay").out == "1 events are published again\n"
    assert run("events", "dead").out == "There are no dead letters.\n"


def test_a_topic_is_made_once_and_listed(run):
    assert run("topics", "create", "news").out == "arn:aws:sns:us-east-1:123456789012:news\n"
    assert run("topics", "create", "news").code == 1
    assert run("topics", "list").out == "arn:aws:sns:us-east-1:123456789012:news\n"


@pytest.mark.parametrize("name", ["", "a b", "a.fifo", "x" * 257])
def test_a_topic_has_a_name_that_sns_takes(run, name):
    assert run("topics", "create", "--", name).code == 1


@pytest.mark.parametrize("url", ["ftp://h/", "h", "http://", "http://h/\n", "http://h/#x"])
def test_a_webhook_has_the_url_of_a_web_server(run, url):
    run("topics", "create", "news")
    ran = run("topics", "subscribe", "news", url)
    assert (ran.code, "http:// or https://" in ran.err) == (1, True)


def test_a_subscription_is_asked_confirmed_and_ended(run):
    run("topics", "create", "news")
    assert run("topics", "subscribe", "lost", "http://127.0.0.1/").code == 1
    with webhook() as hook:
        assert "waits for its confirmation" in run("topics", "subscribe", "news", hook.url).out
        assert "waits for its confirmation" in run("topics", "list").out
        token = hook.taken[0].json["Token"]
        assert run("topics", "confirm", "news", "other").code == 1
        assert "is confirmed" in run("topics", "confirm", "news", token).out
        assert f"{hook.url}  confirmed" in run("topics", "list").out
        run("topics", "unsubscribe", "news", hook.url)
        assert hook.url not in run("topics", "list").out
        assert run("topics", "unsubscribe", "news", hook.url).code == 1


def test_a_standard_webhook_has_a_secret_that_is_shown_once_and_changed(run):
    run("topics", "create", "news")
    url = "http://127.0.0.1:1/hook"
    assert run("topics", "rotate", "news", url).code == 1
    assert run("topics", "subscribe", "news", url, "--standard", "--raw").code == 2
    first = run("topics", "subscribe", "news", url, "--standard").out.split()[-1]
    assert run("topics", "list").out.endswith(f"  {url}  confirmed, standard\n")
    assert run("topics", "subscribe", "news", url, "--standard").code == 1
    assert run("topics", "subscribe", "news", url).code == 1
    second = run("topics", "rotate", "news", url).out.strip()
    assert first != second
    assert {len(first), len(second)} == {50}
    assert {first[:6], second[:6]} == {"whsec_"}


def test_a_webhook_that_does_not_answer_is_named(run):
    run("topics", "create", "news")
    with webhook(lambda _number: 500) as hook:
        ran = run("topics", "subscribe", "news", hook.url)
    assert (ran.code, "it answered 500" in ran.err) == (1, True)


def test_a_topic_is_deleted_after_asking_once(run):
    run("topics", "create", "news")
    asked = run("topics", "delete", "news", typed="n\n")
    assert asked.code == 1
    assert "No event destination and no identity names it." in asked.err
    assert run("topics", "list").out != ""
    assert run("topics", "delete", "news", "--yes").out == "topic news is deleted\n"
    assert run("topics", "list").out == ""
    assert run("topics", "delete", "news", "--yes").code == 1
