"""Events in the console: lag, dead letters, replay, discard, test events."""

import pytest
from sqlalchemy import insert, select

from pillarbox.base.ids import uuid7
from pillarbox.manage.people.audit import list_audit
from pillarbox.manage.sets.trial_events import MARK, SUBJECT
from pillarbox.model.user import Role
from pillarbox.store.publishing.outbox import Shard, bury, postpone
from pillarbox.store.tables import dead_letters, event_destinations, outbox
from tests.console.conftest import ACCOUNT, NOW, OTHER
from tests.store.event_destination import create_destination
from tests.store.rows import accepted, add_configuration_set, put

EVENTS = f"/console/{ACCOUNT}/events"
TEST = f"/console/{ACCOUNT}/sets/spring/destinations/a/test"


@pytest.fixture
async def browser(console):
    return await console.signed_in(Role.OPERATOR)


def destination(console, name="a", *, first=True, types=("SEND", "BOUNCE")):
    """Make a destination, and its set with the first one; give its id."""
    with console.store.transaction() as conn:
        if first:
            add_configuration_set(conn)
        create_destination(conn, name, types=types)
        columns = event_destinations.c
        return conn.execute(select(columns.id).where(columns.name == name)).scalar_one()


def message(console):
    """Accept a message of the set, whose Send event waits for its destinations."""
    with console.store.transaction() as conn:
        put(conn, accepted("a@one.example", now=NOW, configuration_set="spring"))


def kill(console, reason="HTTP 400"):
    """Give up what waits; give the rows of the dead letters."""
    with console.store.transaction() as conn:
        for row in conn.execute(outbox.select()).all():
            shard = Shard(row.destination_id, row.shard)
            bury(conn, shard, [(row.event_id, reason)], now=NOW)
        return conn.execute(dead_letters.select()).all()


def rows(console, table):
    with console.store.engine.begin() as conn:
        return conn.execute(table.select()).all()


def url(row):
    return f"{EVENTS}/dead/{row.event_id.hex()}/{row.destination_id.hex()}"


def audited(console):
    with console.store.engine.begin() as conn:
        return [one.action for one in list_audit(conn, account_id=ACCOUNT, limit=50)]


async def test_without_destinations_the_page_says_where_they_come_from(browser):
    assert "No event destinations" in (await browser.open(EVENTS)).text
    assert "No dead letters" in (await browser.open(f"{EVENTS}/dead")).text


async def test_lag_is_shown_with_the_last_error(console, browser):
    where = destination(console)
    message(console)
    with console.store.transaction() as conn:
        (row,) = conn.execute(outbox.select()).all()
        postpone(conn, Shard(where, row.shard), [(row.event_id, NOW + 60_000, "HTTP 503")])
    page = (await browser.open(EVENTS)).text
    assert "spring" in page
    assert "after 1 attempt: HTTP 503" in page
    assert "In trouble" in page
    assert "Nothing is behind" not in (await browser.open(f"{EVENTS}?behind=on")).text


async def test_those_that_are_up_to_date_can_be_left_out(console, browser):
    destination(console)
    assert "Up to date" in (await browser.open(EVENTS)).text
    assert "Nothing is behind" in (await browser.open(f"{EVENTS}?behind=on")).text


async def test_destinations_page(console, browser):
    destination(console)
    with console.store.transaction() as conn:
        row = conn.execute(event_destinations.select()).one()._asdict()
        conn.execute(
            insert(event_destinations),
            [row | {"id": uuid7(NOW), "name": f"n{number:02}"} for number in range(60)],
        )
    page = (await browser.open(EVENTS)).text
    assert "n48" in page
    assert "n50" not in page
    assert "Next page" in page


async def test_a_dead_letter_is_shown_with_its_record_and_replayed(console, browser):
    destination(console)
    message(console)
    (row,) = kill(console)
    assert "HTTP 400" in (await browser.open(f"{EVENTS}/dead")).text
    page = (await browser.open(url(row))).text
    assert "&#34;eventType&#34;: &#34;Send&#34;" in page
    answer = await browser.post(f"{url(row)}/replay")
    assert "It is published again" in answer.text
    assert rows(console, dead_letters) == []
    assert len(rows(console, outbox)) == 1
    assert audited(console) == ["dead-letter.replay"]
    assert (await browser.open(url(row))).status == 404


async def test_one_is_discarded_after_a_question(console, browser):
    destination(console)
    message(console)
    (row,) = kill(console)
    assert "Discard this dead letter?" in (await browser.open(f"{url(row)}/discard")).text
    assert "It is discarded." in (await browser.post(f"{url(row)}/discard")).text
    assert rows(console, dead_letters) == rows(console, outbox) == []
    assert audited(console) == ["dead-letter.discard"]


@pytest.mark.parametrize(("what", "left"), [("replay", 3), ("discard", 0)])
async def test_all_of_one_destination_are_replayed_or_discarded(console, browser, what, left):
    where = destination(console)
    for _ in range(3):
        message(console)
    kill(console)
    destination(console, "b", first=False)
    message(console)
    kill(console)
    path = f"{EVENTS}/destinations/{where.hex()}/{what}"
    assert "spring/a" in (await browser.open(path)).text
    answer = await browser.post(path)
    assert "4 " in answer.text
    assert {bytes(row.destination_id) for row in rows(console, dead_letters)} == {
        row.id for row in rows(console, event_destinations) if row.name == "b"
    }
    assert len(rows(console, outbox)) == (left and 4)
    assert audited(console) == [f"dead-letter.{what}"]


async def test_those_of_a_deleted_destination_can_only_be_discarded(console, browser):
    destination(console)
    message(console)
    (row,) = kill(console)
    with console.store.transaction() as conn:
        conn.execute(event_destinations.delete())
    page = (await browser.open(url(row))).text
    assert "(deleted)" in page
    assert "Publish again" not in page
    assert (await browser.post(f"{url(row)}/replay")).status == 400
    assert "It is discarded." in (await browser.post(f"{url(row)}/discard")).text


async def test_dead_letters_page(console, browser):
    destination(console)
    with console.store.transaction() as conn:
        for number in range(51):
            event_id = uuid7(NOW + number)
            conn.execute(
                insert(dead_letters).values(
                    event_id=event_id,
                    destination_id=bytes(16),
                    account_id=ACCOUNT,
                    message_id=event_id,
                    shard=0,
                    attempts=1,
                    died_at=NOW,
                    reason=f"reason {number}.",
                )
            )
    page = (await browser.open(f"{EVENTS}/dead")).text
    assert "reason 1." in page
    assert "reason 0." not in page
    last = sorted(row.event_id for row in rows(console, dead_letters))[1]
    page = (await browser.open(f"{EVENTS}/dead?before={last.hex()}{'00' * 16}")).text
    assert "reason 0." in page
    assert "reason 1." not in page


async def test_dead_letters_of_another_account_are_not_there(console, browser):
    destination(console)
    message(console)
    (row,) = kill(console)
    other = url(row).replace(ACCOUNT, OTHER)
    assert "HTTP 400" not in (await browser.open(f"/console/{OTHER}/events/dead")).text
    assert (await browser.open(other)).status == 404
    for path in (f"{other}/replay", f"{other}/discard"):
        assert (await browser.post(path)).status == 404
    assert (await browser.open(f"{EVENTS}/dead/xx/yy")).status == 404
    assert len(rows(console, dead_letters)) == 1


async def test_a_test_event_is_sent_and_its_state_is_shown(console, browser):
    destination(console)
    page = (await browser.open(TEST)).text
    assert 'value="BOUNCE"' in page
    assert 'value="OPEN"' not in page
    answer = await browser.post(TEST, {"type": "BOUNCE"})
    assert answer.status == 200
    result = browser.path
    assert "Waits" in answer.text
    assert MARK in answer.text
    assert SUBJECT in answer.text
    assert audited(console) == ["event-destination.test"]
    (row,) = kill(console, "HTTP 400")
    answer = await browser.open(result)
    assert "Refused" in answer.text
    assert url(row) in answer.text
    with console.store.transaction() as conn:
        conn.execute(dead_letters.delete())
    assert "Published" in (await browser.open(result)).text
    assert (await browser.open(result.replace(ACCOUNT, OTHER))).status == 404


async def test_a_type_that_is_not_offered_is_told_beside_the_field(console, browser):
    destination(console)
    await browser.open(TEST)
    answer = await browser.post(TEST, {"type": "OPEN"})
    assert answer.status == 422
    assert 'id="type-problem"' in answer.text
    assert rows(console, outbox) == []


async def test_a_disabled_destination_gets_no_test_event(console, browser):
    destination(console)
    with console.store.transaction() as conn:
        conn.execute(event_destinations.update().values(enabled=False))
    assert "Enable it" in (await browser.open(TEST)).text


@pytest.mark.parametrize(
    ("what", "words"), [("replay", "published again"), ("discard", "discarded")]
)
async def test_many_dead_letters_go_in_steps_until_none_is_left(
    console, browser, monkeypatch, what, words
):
    monkeypatch.setattr("pillarbox.manage.seen.backlog.PORTION", 1)
    monkeypatch.setattr("pillarbox.console.steps.MOST_PORTIONS", 2)
    where = destination(console)
    for _ in range(4):
        message(console)
    kill(console)
    path = f"{EVENTS}/destinations/{where.hex()}/{what}"
    await browser.open(path)
    page = (await browser.post(path)).text
    assert "data-goes-on" in page
    assert 'name="done" value="2"' in page
    assert len(rows(console, dead_letters)) == 2
    answer = await browser.post(path, {"done": "2"})
    assert "data-goes-on" not in answer.text
    assert f"{words}." in answer.text
    assert rows(console, dead_letters) == []
    assert audited(console).count(f"dead-letter.{what}") == 2
