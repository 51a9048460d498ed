"""A message is scanned once; what is found is rejected, and nothing goes out unscanned."""

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import select, update

from pillarbox.base.ids import row_id_of
from pillarbox.events.rejecting import Scanned, record_scans
from pillarbox.events.settling import settle_batch
from pillarbox.model.account import system_account
from pillarbox.model.inspection import PASSED, REJECTED
from pillarbox.model.queued import DELIVERED, HELD, QUEUED, Claim, Settlement
from pillarbox.model.queued import REJECTED as STATE_REJECTED
from pillarbox.proto.clamd import Clean, Failed, Found, TooLarge
from pillarbox.scan.scanning import REST_MS, Scanning
from pillarbox.store.mail.messages import read_messages
from pillarbox.store.publishing.events import message_events
from pillarbox.store.tables import outbox, recipients
from tests.store.accepting import mail
from tests.store.event_destination import create_destination
from tests.store.rows import ACCOUNT, NOW, accepted, add_configuration_set, put


class Scanner:
    """Says what it is told to, and counts how often it is asked."""

    def __init__(self, store, verdict) -> None:
        self.verdict, self.asked, self.told, self.now = verdict, 0, [], NOW
        self.scanning = Scanning(self._ask, store, self.told.append, lambda: self.now)

    async def _ask(self, _content):
        self.asked += 1
        await asyncio.sleep(0)
        return self.verdict

    async def inspect(self, message):
        return await self.scanning.inspect(message, b"content")


@pytest.fixture
def sent(world):
    """The id of an accepted message to two recipients, whose set tells of rejects."""
    world.add(add_configuration_set)
    world.add(lambda conn: create_destination(conn, types=("REJECT",)))
    letter = mail("a@example.com", "b@x.org", "c@y.org", configuration_set="spring")
    (message_id,) = world.accept(letter)
    return row_id_of(message_id)


def message(world, message_id):
    with world.store.transaction() as conn:
        return read_messages(conn, [message_id])[message_id]


def states(world, message_id):
    with world.store.transaction() as conn:
        query = select(recipients.c.state).where(recipients.c.message_id == message_id)
        return sorted(conn.execute(query.order_by(recipients.c.position)).scalars())


def events(world, message_id):
    with world.store.transaction() as conn:
        return message_events(conn, ACCOUNT, message_id)


async def test_a_clean_message_is_asked_about_once_by_whatever_worker(world, sent):
    scanner = Scanner(world.store, Clean())
    first = message(world, sent)
    assert await asyncio.gather(*(scanner.inspect(first) for _ in range(3))) == [PASSED] * 3
    again = message(world, sent)
    assert again.scan == "clean"
    assert await Scanner(world.store, Failed("x")).inspect(again) == PASSED
    assert (scanner.asked, scanner.told, states(world, sent)) == (1, ["clean"], [QUEUED, QUEUED])


async def test_what_is_found_ends_the_message_with_one_event(world, sent):
    with world.store.transaction() as conn:
        conn.execute(update(recipients).where(recipients.c.position == 1).values(state=HELD))
    first = message(world, sent)
    for _ in range(2):  # two workers, neither of which knew of the other
        assert await Scanner(world.store, Found("Bad.Thing")).inspect(first) == REJECTED
    assert states(world, sent) == [STATE_REJECTED, STATE_REJECTED]
    send, reject = events(world, sent)
    assert (send["eventType"], reject["eventType"]) == ("Send", "Reject")
    assert reject["reject"] == {"reason": "Bad content"}
    with world.store.transaction() as conn:
        assert len(conn.execute(select(outbox)).all()) == 1
    again = Scanner(world.store, Clean())
    assert (await again.inspect(message(world, sent)), again.asked) == (REJECTED, 0)


def test_who_still_holds_a_rejected_recipient_settles_nothing(world, sent):
    token = b"t" * 16
    with world.store.transaction() as conn:
        conn.execute(update(recipients).values(claim_owner="n/0", claim_token=token))
        found = Scanned(message=read_messages(conn, [sent])[sent], found="x", at=NOW)
        record_scans(conn, [found])
        claim = Claim(sent, 0, ACCOUNT, "b@x.org", "x.org", 1, 0, token, NOW)
        late = Settlement(
            claim=claim, state=QUEUED, due_at=NOW, reply="", settled_at=NOW, event=None
        )
        assert settle_batch(conn, [late]) == [False]
    assert states(world, sent) == [STATE_REJECTED, STATE_REJECTED]


def test_what_was_delivered_stays_delivered(world, sent):
    with world.store.transaction() as conn:
        conn.execute(update(recipients).where(recipients.c.position == 0).values(state=DELIVERED))
        record_scans(conn, [Scanned(message=read_messages(conn, [sent])[sent], found="x", at=NOW)])
    assert states(world, sent) == [DELIVERED, STATE_REJECTED]


@pytest.mark.parametrize("verdict", [Failed("gone"), TooLarge()])
async def test_without_a_verdict_a_message_waits_and_that_is_no_attempt(world, sent, verdict):
    inspection = await Scanner(world.store, verdict).inspect(message(world, sent))
    assert not inspection.goes
    assert not inspection.wait.own_delay.counts
    assert message(world, sent).scan is None
    assert states(world, sent) == [QUEUED, QUEUED]


async def test_a_scanner_that_is_down_is_left_in_peace_for_a_moment(world, sent):
    scanner, letter = Scanner(world.store, Failed("gone")), message(world, sent)
    for _ in range(3):
        assert not (await scanner.inspect(letter)).goes
    assert scanner.asked == 1
    scanner.now, scanner.verdict = NOW + REST_MS, Clean()
    assert await scanner.inspect(letter) == PASSED


async def test_one_message_that_is_too_large_does_not_stop_the_others(world, sent):
    scanner, letter = Scanner(world.store, TooLarge()), message(world, sent)
    assert not (await scanner.inspect(letter)).goes
    scanner.verdict = Clean()
    assert await scanner.inspect(letter) == PASSED


def test_the_systems_own_mail_tells_nobody(store):
    one = accepted("a@x.org", now=NOW)
    system = replace(one.message, account_id=system_account(ACCOUNT))
    with store.transaction() as conn:
        put(conn, replace(one, message=system, send_event=None))
        record_scans(conn, [Scanned(message=system, found="x", at=NOW)])
        assert message_events(conn, system.account_id, system.id) == []
