"""What a mail that came back does to the store, on both engines: events, states, suppression."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from pillarbox.base.ids import row_id_of, uuid7
from pillarbox.events.outcome_event import Settling, settlement_of
from pillarbox.events.settling import settle_batch
from pillarbox.inbound.intake import Intake
from pillarbox.inbound.keeping import KeptReports, kept_report
from pillarbox.inbound.recording import Result
from pillarbox.manage.seen.kept_reports import list_reports, show_report
from pillarbox.model.event import DELIVERY, Event
from pillarbox.model.outcome import Failed, Reply
from pillarbox.model.queued import BOUNCED, DELIVERED, QUEUED
from pillarbox.model.tracking import ANONYMOUS, TokenKey, TrackingToken
from pillarbox.proto.links import verp
from pillarbox.proto.links.tracking_token import write_token
from pillarbox.proto.report.reading import read_report
from pillarbox.queue.claiming import ClaimRequest, claim_batch
from pillarbox.store.lists.suppression import find_suppressed, write_reasons
from pillarbox.store.mail.messages import read_messages
from pillarbox.store.publishing.events import insert_events
from pillarbox.store.store import Store
from pillarbox.store.tables import accounts, feedback_forwards, outbox, recipients
from tests.inbound_reports import CHALLENGE, LETTER, OUT_OF_OFFICE, arf, dsn, original, qmail
from tests.store.coming_back import BOUNCES, KEY, LATER, OTHER_KEY, Back, new_intake
from tests.store.event_destination import create_destination
from tests.store.rows import ACCOUNT, NOW, accepted, add_configuration_set, put


async def test_a_bounce_says_what_the_report_says(back: Back) -> None:
    assert await back.take(dsn()) == [Result.BOUNCE]
    (event,) = back.events()
    assert event["eventType"] == "Bounce"
    assert row_id_of(event["bounce"].pop("feedbackId")) is not None
    assert event["bounce"] == {
        "bounceType": "Permanent",
        "bounceSubType": "General",
        "bouncedRecipients": [
            {
                "emailAddress": "to@example.org",
                "action": "failed",
                "status": "5.1.1",
                "diagnosticCode": "smtp; 550 5.1.1 user unknown",
            }
        ],
        "timestamp": "2027-01-15T08:01:00.000Z",
        "reportingMTA": "dns; mx.example.org",
    }


async def test_a_complaint_names_everybody_at_the_domain_and_suppresses_one(back: Back) -> None:
    arrival = "Arrival-Date: Fri, 15 Jan 2027 08:00:30 +0000\r\n"
    assert await back.take(arf(more=arrival), back.path(1)) == [Result.COMPLAINT]
    (event,) = back.events()
    feedback_id = event["complaint"].pop("feedbackId")
    assert event["complaint"] == {
        "complaintSubType": None,
        "complainedRecipients": [
            {"emailAddress": "Too@example.org"},
            {"emailAddress": "to@example.org"},
        ],
        "timestamp": "2027-01-15T08:01:00.000Z",
        "userAgent": "FBL/1.0",
        "complaintFeedbackType": "abuse",
        "arrivalDate": "2027-01-15T08:00:30.000Z",
    }
    row = back.suppressed("Too@example.org")
    assert (row.reason, row.updated_at) == ("COMPLAINT", LATER)
    assert (row.message_id, row.feedback_id) == (back.message_id, feedback_id)
    assert back.suppressed() is None


FULL = dsn(status="5.2.2", reply="552 5.2.2 mailbox full")
REPORTS = [
    (dsn(), Result.BOUNCE, "Permanent", "BOUNCE"),
    (dsn("elsewhere@forwarded.example"), Result.BOUNCE, "Permanent", "BOUNCE"),
    (qmail(), Result.BOUNCE, "Permanent", "BOUNCE"),
    (FULL, Result.BOUNCE, "Transient", None),
    (dsn(status="5.7.26", reply="550 5.7.26 unauthenticated"), Result.BOUNCE, "Permanent", None),
    (dsn(action="delayed", status="4.4.1", reply="451 4.4.1 later"), Result.DELAY, None, None),
    (dsn(action="delivered", status="2.0.0", reply="250 ok"), Result.NEITHER, None, None),
    (arf(), Result.COMPLAINT, "abuse", "COMPLAINT"),
    (arf("opt-out"), Result.COMPLAINT, "other", "COMPLAINT"),
    (arf("not-spam"), Result.NEITHER, None, None),
    (arf("auth-failure"), Result.NEITHER, None, None),
    (OUT_OF_OFFICE, Result.AUTO_REPLY, None, None),
    (CHALLENGE, Result.CHALLENGE, None, None),
    (LETTER, Result.NEITHER, None, None),
]


@pytest.mark.parametrize(("content", "result", "kind", "reason"), REPORTS)
async def test_each_report_gives_its_event_and_its_entry(
    back: Back, content: bytes, result: Result, kind: str | None, reason: str | None
) -> None:
    assert await back.take(content) == [result]
    told = [
        one.get("bounce", {}).get("bounceType")
        or one.get("complaint", {}).get("complaintFeedbackType")
        for one in back.events()
    ]
    assert told == ([kind] if kind else [])
    row = back.suppressed()
    assert (row.reason if row else None) == reason
    assert back.state() == (BOUNCED if result is Result.BOUNCE else QUEUED)
    assert back.counted() == {result: 1}


async def test_one_report_twice_gives_one_event(back: Back) -> None:
    for content, result in ((dsn(), Result.BOUNCE), (arf(), Result.COMPLAINT)):
        assert [await back.take(content), await back.take(content)] == [[result], [Result.AGAIN]]
    assert sorted(one["eventType"] for one in back.events()) == ["Bounce", "Complaint"]


@pytest.mark.parametrize(
    ("report", "result"), [(dsn(), Result.BOUNCE), (arf(), Result.COMPLAINT)], ids=["dsn", "arf"]
)
async def test_two_workers_with_one_report_give_one_event(
    back: Back, migrated_url: str, tmp_path, report: bytes, result: Result
) -> None:
    second = Store(migrated_url)
    second.start()
    try:
        with ThreadPoolExecutor(1) as threads:
            elsewhere = new_intake(second, tmp_path, threads)
            took = [
                one
                for at in range(6)
                for one in (
                    back.intake.take([back.path(at // 2)], report),
                    elsewhere.take([back.path(at // 2)], report),
                )
            ]
            results = [one for found in await asyncio.gather(*took) for one in found]
    finally:
        second.close()
    assert sorted(results) == sorted([Result.AGAIN] * 9 + [result] * 3)
    assert len(back.events()) == 3
    with back.world.store.transaction() as conn:
        assert len(conn.execute(select(feedback_forwards)).all()) == 3


async def test_a_bounce_comes_after_the_delivery_whatever_the_clocks_say(back: Back) -> None:
    delivery = Event(
        id=uuid7(LATER + 60_000),
        account_id=ACCOUNT,
        message_id=back.row_id,
        position=0,
        type=DELIVERY,
        created_at=NOW,
        detail={},
    )
    with back.world.store.transaction() as conn:
        insert_events(conn, [delivery])
        conn.execute(recipients.update().values(state=DELIVERED, settled_at=NOW + 1))
    assert await back.take(dsn()) == [Result.BOUNCE]
    assert (back.state(0), back.state(1)) == (BOUNCED, DELIVERED)
    assert [one["eventType"] for one in back.events()] == ["Delivery", "Bounce"]
    with back.world.store.transaction() as conn:
        query = select(recipients.c.last_reply, recipients.c.settled_at)
        found = conn.execute(query.where(recipients.c.position == 0)).one()
    assert tuple(found) == ("550 5.1.1 user unknown", NOW + 1)


async def test_each_recipient_has_a_bounce_of_its_own(back: Back) -> None:
    assert await back.take(dsn(), back.path(0)) == [Result.BOUNCE]
    assert await back.take(dsn(), back.path(2)) == [Result.BOUNCE]
    told = [one["bounce"]["bouncedRecipients"][0]["emailAddress"] for one in back.events()]
    assert sorted(told) == ["far@example.net", "to@example.org"]


async def test_the_tag_holds_in_capitals_and_in_any_domain(back: Back) -> None:
    assert await back.take(dsn(), back.path(domain="mail.customer.example").upper()) == [
        Result.BOUNCE
    ]


async def test_feedback_needs_a_signed_return_path_in_the_returned_message(back: Back) -> None:
    feedback = f"Feedback@{BOUNCES.upper()}"
    assert back.intake.takes(feedback)
    assert await back.take(arf(returned=original(back.path(1))), feedback) == [Result.COMPLAINT]
    assert back.suppressed("Too@example.org").reason == "COMPLAINT"
    assert await back.take(dsn(returned=original(back.path(2))), feedback) == [Result.BOUNCE]


async def test_without_proof_nothing_happens(back: Back) -> None:
    feedback = f"feedback@{BOUNCES}"
    changed = back.path()
    changed = ("b" if changed[0] == "a" else "a") + changed[1:]
    message_id = f"{back.message_id}@email.example.net"
    for forged in (
        original(message_id=message_id),
        original(back.path(key=OTHER_KEY), message_id),
        original(changed, message_id),
    ):
        for content in (dsn(returned=forged), arf(returned=forged)):
            assert await back.take(content, feedback) == [Result.UNPROVEN]
    assert back.events() == []
    assert back.suppressed() is None
    assert back.counted() == {Result.UNPROVEN: 6}


async def test_a_tag_in_the_envelope_outweighs_those_inside(back: Back) -> None:
    content = dsn(returned=original(back.path(1)))
    assert await back.take(content, back.path(2)) == [Result.BOUNCE]
    (event,) = back.events()
    assert event["bounce"]["bouncedRecipients"][0]["emailAddress"] == "far@example.net"


async def test_what_is_no_longer_kept_is_counted(back: Back) -> None:
    gone = f"{verp.encode(bytes(16), 0, KEY)}@{BOUNCES}"
    beyond = back.path(3)
    assert await back.take(dsn(), gone, beyond) == [Result.UNKNOWN_MESSAGE] * 2


async def test_the_systems_own_mail_tells_nobody(back: Back) -> None:
    own = accepted("to@example.org", account=f"system-{ACCOUNT}")
    with back.world.store.transaction() as conn:
        put(conn, own)
    path = f"{verp.encode(own.message.id, 0, KEY)}@{BOUNCES}"
    assert await back.take(dsn(), path) == [Result.SYSTEM]
    assert back.suppressed() is None


@pytest.mark.parametrize(
    ("account", "own", "suppressed"),
    [
        (("COMPLAINT",), None, False),
        (("BOUNCE",), None, True),
        (("BOUNCE",), (), False),
        ((), ("BOUNCE",), True),
    ],
)
async def test_the_sets_reasons_hold_else_the_accounts(
    back: Back, account: tuple[str, ...], own: tuple[str, ...] | None, suppressed: bool
) -> None:
    written = None if own is None else write_reasons(own)
    back.world.add(add_configuration_set, suppressed_reasons=written)
    back.world.change(accounts, suppressed_reasons=write_reasons(account))
    back.send(configuration_set="spring")
    assert await back.take(dsn()) == [Result.BOUNCE]
    assert (back.suppressed() is not None) == suppressed


async def test_who_bounced_gets_nothing_more(back: Back) -> None:
    await back.take(dsn())
    back.send()
    (event,) = back.events()
    assert event["bounce"]["bounceSubType"] == "OnAccountSuppressionList"
    with back.world.store.transaction() as conn:
        told = event["bounce"]["bouncedRecipients"][0]["emailAddress"]
        assert find_suppressed(conn, ACCOUNT, told).reason == "BOUNCE"


@pytest.mark.parametrize(
    ("reply", "suppressed"),
    [
        (Reply(550, "5.1.1 unknown", "5.1.1"), True),
        (Reply(552, "5.2.2 full", "5.2.2"), False),
        (Reply(554, "5.7.10 no TLS", "5.7.10"), False),
    ],
)
def test_a_refusal_of_the_receiver_suppresses_as_a_report_does(
    back: Back, reply: Reply, suppressed: bool
) -> None:
    with back.world.store.transaction() as conn:
        message = read_messages(conn, [back.row_id])[back.row_id]
        request = ClaimRequest(
            owner="node/0",
            now=NOW,
            lease_ms=1000,
            rows=10,
            bytes=10**6,
            after_lane="",
            in_flight={},
            lane_cap=10,
        )
        claims = claim_batch(conn, [request])[0].claims
        (claim,) = [one for one in claims if one.address == "to@example.org"]
        settling = Settling(
            claim=claim,
            message=message,
            now=LATER,
            reporting_mta="mta.example",
            region="us-east-1",
            again=None,
        )
        assert settle_batch(conn, [settlement_of(settling, Failed(reply))]) == [True]
    row = back.suppressed()
    assert (row is not None) == suppressed
    assert row is None or (row.reason, row.message_id) == ("BOUNCE", back.message_id)


async def test_destinations_hear_of_it(back: Back) -> None:
    back.world.add(add_configuration_set)
    back.world.add(lambda conn: create_destination(conn, types=("BOUNCE",)))
    back.send(configuration_set="spring")
    await back.take(dsn())
    with back.world.store.transaction() as conn:
        assert len(conn.execute(select(outbox)).all()) == 1


HOST, LINK_KEY = "track.example.net", TokenKey(3, b"l" * 32)


def linked(back: Back, position: int, **parts) -> str:
    """A returned message with a tracked link of ours, and no return path."""
    host = parts.get("host", HOST)
    token = TrackingToken(
        message_id=back.row_id, position=position, link=1, target="https://example.com/"
    )
    text = write_token(token, host, parts.get("key", LINK_KEY))
    return f"From: a@example.com\r\n\r\nSee http://{parts.get('shown', host)}/c/{text}\r\n"


def of_links(back: Back) -> Intake:
    """An intake that knows the key of links."""
    return new_intake(
        back.world.store,
        back.folder,
        back.threads,
        find_key=lambda number: LINK_KEY.secret if number == LINK_KEY.id else None,
    )


@pytest.mark.parametrize("report", [dsn, arf])
async def test_a_link_of_ours_in_the_returned_message_proves_it_too(back: Back, report) -> None:
    content = report(returned=linked(back, 2))
    result = Result.BOUNCE if report is dsn else Result.COMPLAINT
    assert await of_links(back).take([f"feedback@{BOUNCES}"], content) == [result]
    (event,) = back.events()
    block = event.get("bounce") or event["complaint"]
    told = block.get("bouncedRecipients") or block["complainedRecipients"]
    assert told[0]["emailAddress"] == "far@example.net"


@pytest.mark.parametrize(
    "parts",
    [
        {"key": TokenKey(3, b"x" * 32)},
        {"key": TokenKey(4, b"l" * 32)},
        {"shown": "other.example.net"},
    ],
    ids=["forged", "unknown key", "another host"],
)
async def test_a_link_that_is_not_ours_proves_nothing(back: Back, parts) -> None:
    content = arf(returned=linked(back, 0, **parts))
    assert await of_links(back).take([f"feedback@{BOUNCES}"], content) == [Result.UNPROVEN]
    assert back.events() == []


@pytest.mark.parametrize(
    ("address", "result"),
    [("Far@example.net", Result.BOUNCE), ("else@example.net", Result.UNPROVEN)],
)
async def test_an_anonymous_link_needs_the_name_of_a_recipient(
    back: Back, address: str, result: Result
) -> None:
    content = dsn(address, returned=linked(back, ANONYMOUS))
    assert await of_links(back).take([f"feedback@{BOUNCES}"], content) == [result]
    told = [one["bounce"]["bouncedRecipients"][0]["emailAddress"] for one in back.events()]
    assert told == (["far@example.net"] if result is Result.BOUNCE else [])


async def test_what_proves_nothing_is_kept_within_bounds(back: Back) -> None:
    intake = new_intake(
        back.world.store, back.folder, back.threads, kept=KeptReports(most=3, days=0)
    )
    for at in range(5):
        large = original() + "x" * 70_000
        content = dsn(f"to{at}@example.org\x00", returned=large)
        assert await intake.take([f"feedback@{BOUNCES}"], content, "who@else") == [Result.UNPROVEN]
    assert await intake.take([f"feedback@{BOUNCES}"], LETTER) == [Result.NEITHER]
    with back.world.store.transaction() as conn:
        found = list_reports(conn, after=None, limit=10)
        assert len(found) == 3
        shown = show_report(conn, found[0].id)
    assert (shown.report.kind, shown.report.sender) == ("bounce", "who@else")
    assert (len(shown.report.content), shown.report.size > 70_000) == (64 * 1024, True)


async def test_what_is_kept_too_long_goes_with_the_next_one(back: Back) -> None:
    with back.world.store.transaction() as conn:
        for now in (LATER - 3 * 86_400_000, LATER):
            report = kept_report(read_report(dsn()), dsn(), sender="", sent_to=[], now=now)
            KeptReports(most=10, days=2).keep(conn, report, LATER)
        assert len(list_reports(conn, after=None, limit=10)) == 1
