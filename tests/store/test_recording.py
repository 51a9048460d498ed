"""From the journal's receipts to events in the store: SES's shape, once each, on both engines."""

import json
from typing import Any

import pytest
from sqlalchemy import insert, select

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.base.ids import uuid7
from pillarbox.model.queued import DELIVERED
from pillarbox.model.tracking import ANONYMOUS, TRAP
from pillarbox.render.links import all_link_tags
from pillarbox.store.publishing.events import message_events
from pillarbox.store.store import Store
from pillarbox.store.tables import event_destinations, outbox, recipients
from pillarbox.track.drain import Drain
from pillarbox.track.journal import Journal
from pillarbox.track.receipt import Receipt, encode_receipt
from tests.store.rows import ACCOUNT, NOW, accepted, put
from tests.track.test_verdict import FIREFOX

HTML = (
    b"MIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b'<a ses:tags="product:book;genre:fiction;genre:new" href="https://example.com/a">a</a>'
    b'<a href="https://example.com/b">b</a>\r\n'
)
AT = NOW + 100_000


class Recorder:
    """A journal and its drain over a store; `reported` is what the drain counted."""

    def __init__(self, store: Store, folder) -> None:
        self.store = store
        self.reported: dict[tuple[str, str], int] = {}
        self.journal = Journal(folder, print)
        left = self.journal.start()
        places = {"81.2.69.160": {"country": "GB"}}.get
        self.drain = Drain(store, self.journal, left, places, all_link_tags, self._report)

    def _report(self, name: str, label: str, count: int) -> None:
        self.reported[name, label] = self.reported.get((name, label), 0) + count

    async def record(self, *receipts: Receipt) -> None:
        """Keep receipts in the journal and drain it."""
        for one in receipts:
            self.journal.append(encode_receipt(one), lambda: None)
        while self.journal._writing:
            await self.journal._in_turn()
        await self.drain.drain()

    def events(self, message_id: bytes) -> list[dict[str, Any]]:
        """The events of a message but Send."""
        with self.store.engine.begin() as conn:
            return [
                one
                for one in message_events(conn, ACCOUNT, message_id)
                if one["eventType"] != "Send"
            ]


@pytest.fixture
async def recorder(store: Store, tmp_path):
    made = Recorder(store, tmp_path / "journal")
    yield made
    await made.journal.close()


@pytest.fixture
def message(store: Store):
    """A message with two recipients, the first delivered at NOW."""
    one = accepted("a@x.org", "b@x.org", content=HTML, configuration_set="spring")
    with store.transaction() as conn:
        put(conn, one)
        conn.execute(
            recipients.update()
            .where(recipients.c.position == 0)
            .values(state=DELIVERED, settled_at=NOW)
        )
    return one.message


def receipt(message_id: bytes, at: int = AT, **changes: Any) -> Receipt:
    values = {
        "id": uuid7(at),
        "message_id": message_id,
        "position": 0,
        "ip": "81.2.69.160",
        "user_agent": FIREFOX,
    }
    return Receipt(**{**values, **changes})


def clicked(message_id: bytes, at: int = AT, link: int = 0, **changes: Any) -> Receipt:
    target = f"https://example.com/{'ab'[link]}" if link < 2 else f"https://example.com/{link}"
    return receipt(message_id, at, link=link, target=target, tagged=link == 0, **changes)


async def test_an_open_is_an_open_event_with_what_else_is_known(recorder, message):
    await recorder.record(receipt(message.id))
    (event,) = recorder.events(message.id)
    assert event["eventType"] == "Open"
    assert event["open"] == {
        "ipAddress": "81.2.69.160",
        "timestamp": "2027-01-15T08:01:40.000Z",
        "userAgent": FIREFOX,
        "verdict": "human",
        "device": "computer",
        "location": {"country": "GB"},
        "recipient": "a@x.org",
    }
    assert recorder.reported == {("pillarbox_opens_total", "human"): 1}


async def test_a_click_says_its_link_and_the_tags_of_the_link(recorder, message):
    await recorder.record(clicked(message.id), clicked(message.id, AT + 1, 1, position=1))
    tagged, plain = recorder.events(message.id)
    assert tagged["click"]["link"] == "https://example.com/a"
    assert tagged["click"]["linkTags"] == {"product": ["book"], "genre": ["fiction", "new"]}
    assert plain["click"]["link"] == "https://example.com/b"
    assert plain["click"]["linkTags"] is None
    assert plain["click"]["recipient"] == "b@x.org"
    assert list(plain["click"])[:5] == ["ipAddress", "link", "linkTags", "timestamp", "userAgent"]


async def test_an_anonymous_one_names_no_recipient(recorder, message):
    await recorder.record(receipt(message.id, position=ANONYMOUS, ip="192.0.2.1"))
    (event,) = recorder.events(message.id)
    assert "recipient" not in event["open"]
    assert "location" not in event["open"]


async def test_an_event_waits_in_the_outbox_of_who_asked_for_it(recorder, message, store):
    row = {
        "account_id": ACCOUNT,
        "configuration_set": "spring",
        "enabled": True,
        "kind": "sns",
        "settings": "{}",
    }
    columns = {column.name for column in event_destinations.columns}
    with store.transaction() as conn:
        for number, types in enumerate((["CLICK"], ["OPEN", "SEND"])):
            values = row | {"id": bytes([number]) * 16, "name": str(number), "created_at": NOW}
            values |= {"event_types": json.dumps(types)}
            conn.execute(
                insert(event_destinations).values(
                    {name: value for name, value in values.items() if name in columns}
                )
            )
    click = clicked(message.id)
    await recorder.record(click)
    with store.engine.begin() as conn:
        rows = conn.execute(select(outbox.c.event_id, outbox.c.destination_id)).all()
    assert [tuple(row) for row in rows] == [(click.id, bytes(16))]


async def test_reading_the_journal_again_changes_nothing(recorder, message, store, tmp_path):
    receipts = [receipt(message.id, AT + n) for n in range(20)]
    await recorder.record(*receipts)
    before = recorder.events(message.id)
    assert len(before) == 20
    (segment,) = recorder.journal.segments()
    segment.drained = 12
    await recorder.record(receipt(message.id, AT + 50))
    assert len(recorder.events(message.id)) == 21
    assert recorder.reported["pillarbox_track_skipped_total", "again"] == 20


async def test_what_a_dead_worker_left_is_recorded_by_the_next_one(store, message, tmp_path):
    first = Recorder(store, tmp_path / "left")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(first.drain, "drain", first.journal._in_turn)
        await first.record(receipt(message.id), clicked(message.id, AT + 1))
    await first.journal.close()
    second = Recorder(store, tmp_path / "left")
    await second.record()
    assert [one["eventType"] for one in second.events(message.id)] == ["Open", "Click"]
    await second.journal.close()
    assert list((tmp_path / "left").iterdir()) == []


async def test_a_message_that_is_no_longer_known_is_counted_and_skipped(recorder, message):
    await recorder.record(receipt(b"\x01" * 16), receipt(message.id))
    assert len(recorder.events(message.id)) == 1
    assert recorder.reported["pillarbox_track_skipped_total", "unknown_message"] == 1


async def test_a_payload_of_another_release_does_not_stop_the_others(recorder, message):
    recorder.journal.append(b"\xc1", lambda: None)
    await recorder.record(receipt(message.id))
    assert len(recorder.events(message.id)) == 1
    assert recorder.reported["pillarbox_track_skipped_total", "unreadable"] == 1


async def test_one_that_can_not_be_recorded_does_not_stop_the_others(
    recorder, message, monkeypatch
):
    broken = receipt(message.id, AT + 1)
    decide = recorder.drain._decide

    def refuse(receipts, known):
        if broken in receipts:
            raise ValueError("poisoned")
        return decide(receipts, known)

    monkeypatch.setattr(recorder.drain, "_decide", refuse)
    await recorder.record(receipt(message.id), broken, receipt(message.id, AT + 2))
    assert len(recorder.events(message.id)) == 2
    assert recorder.reported["pillarbox_track_skipped_total", "failed"] == 1


async def test_clicks_on_all_links_right_after_delivery_are_a_scanners(recorder, message):
    soon = NOW + 2_000
    await recorder.record(clicked(message.id, soon, 0), clicked(message.id, soon + 10, 1))
    await recorder.record(
        clicked(message.id, soon + 900, 5),
        clicked(message.id, soon + 900, 1, position=1),
        clicked(message.id, NOW + 70_000, 1),
    )
    verdicts = [
        (one["click"]["recipient"], one["click"]["verdict"]) for one in recorder.events(message.id)
    ]
    human = ("a@x.org", "human")
    assert verdicts[:2] == [human, human]  # told before the third link was clicked
    assert sorted(verdicts[2:]) == [human, ("a@x.org", "scanner"), ("b@x.org", "human")]


async def test_a_burst_in_one_batch_is_a_burst_from_its_first_click(recorder, message):
    soon = NOW + 2_000
    await recorder.record(*(clicked(message.id, soon + n, n) for n in range(4)))
    assert [one["click"]["verdict"] for one in recorder.events(message.id)] == ["scanner"] * 4


async def test_who_follows_the_trap_has_followed_the_other_links_too(recorder, message):
    soon = NOW + 2_000
    await recorder.record(
        clicked(message.id, soon),
        clicked(message.id, soon + 100, TRAP),
        clicked(message.id, soon + 30_000, 1),
    )
    verdicts = [one["click"]["verdict"] for one in recorder.events(message.id)]
    assert verdicts == ["scanner", "scanner", "human"]


async def test_while_the_store_is_down_everything_stays_in_the_journal(
    recorder, message, monkeypatch
):
    def refuse(*_: object, **__: object) -> None:
        raise ServiceUnavailable

    with monkeypatch.context() as patch:
        patch.setattr(recorder.store, "submit", refuse)
        with pytest.raises(ServiceUnavailable):
            await recorder.record(receipt(message.id))
    assert recorder.events(message.id) == []
    await recorder.record(receipt(message.id, AT + 1))
    assert len(recorder.events(message.id)) == 2


def test_a_receipt_with_members_of_a_later_release_can_still_be_read():
    from pillarbox.track.receipt import decode_receipt

    whole = receipt(bytes(16))
    assert decode_receipt(encode_receipt(whole)) == whole
    import msgspec

    longer = [*msgspec.to_builtins(whole, builtin_types=(bytes,)), "new"]
    assert decode_receipt(msgspec.msgpack.encode(longer)) == whole
