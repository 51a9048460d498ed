"""Feedback by mail, on both engines: when, to whom, how it looks, and that it is kept."""

import email
from email import policy as email_policy
from itertools import product

import pytest
from sqlalchemy import func, select, update

from pillarbox.accept.prepare import Stamp
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.base.ids import ses_message_id, uuid7
from pillarbox.events.outcome_event import Settling, settlement_of
from pillarbox.events.settling import settle_batch
from pillarbox.inbound import forwarding
from pillarbox.inbound.feedback_mail import FeedbackMails
from pillarbox.inbound.forwarding import METRIC, Forwarder
from pillarbox.inbound.recording import Result
from pillarbox.model.account import is_system
from pillarbox.model.outcome import Failed, Reply
from pillarbox.model.send import InlineTemplate, RawContent, TemplatedContent, TemplateUse
from pillarbox.observe.metrics import WorkerMetrics, exposition
from pillarbox.queue.claiming import ClaimRequest, claim_batch
from pillarbox.store.identity.notifications import set_topic
from pillarbox.store.mail.messages import read_content, read_messages
from pillarbox.store.tables import (
    event_destinations,
    events,
    feedback_forwards,
    identities,
    message_bodies,
    messages,
    recipients,
    suppressed_destinations,
)
from tests.inbound_reports import OUT_OF_OFFICE, arf, dsn, original
from tests.store.coming_back import LATER, Back
from tests.store.event_destination import create_destination
from tests.store.rows import ACCOUNT, NOW, add_configuration_set, add_identity

SERVICE = "mail.example.net"
TOPIC = "arn:aws:sns:us-east-1:1:t"
REFUSAL = Failed(Reply(550, "5.1.1 user unknown", "5.1.1"))


def forwarder(back: Back, owner: str = "node/0", folder=None) -> Forwarder:
    return Forwarder(
        store=back.world.store,
        owner=owner,
        mails=FeedbackMails(service=SERVICE, mta=f"mta.{SERVICE}", signing=(SERVICE, "key")),
        verified=back.world.acceptance._policy.verified,
        stamp=lambda: Stamp.make(LATER, "us-east-1", f"email.{SERVICE}", "fresh"),
        queued=lambda: None,
        metrics=WorkerMetrics(folder or back.folder, 0),
    )


def forwarded(back: Back) -> list[tuple[str, email.message.EmailMessage]]:
    """The system's mails: to whom, and what."""
    with back.world.store.transaction() as conn:
        query = (
            select(recipients.c.address, messages)
            .join(messages, messages.c.id == recipients.c.message_id)
            .where(messages.c.account_id.startswith("system-"))
            .order_by(messages.c.id)
        )
        rows = conn.execute(query).all()
        found = []
        for row in rows:
            assert is_system(row.account_id)
            assert (row.return_path_domain, row.tracking, row.feedback_to) == ("", None, None)
            content = read_content(conn, row.id)
            assert content is not None
            found.append(
                (row.address, email.message_from_bytes(content, policy=email_policy.default))
            )
        return found


def waiting(back: Back) -> int:
    with back.world.store.transaction() as conn:
        return conn.execute(select(func.count()).select_from(feedback_forwards)).scalar_one()


def refuse(back: Back, outcome=REFUSAL, address: str = "to@example.org") -> None:
    """Settle one recipient of the last message as refused in the session."""
    with back.world.store.transaction() as conn:
        message = read_messages(conn, [back.row_id])[back.row_id]
        request = ClaimRequest(
            owner="node/0",
            now=LATER,
            lease_ms=1000,
            rows=50,
            bytes=10**6,
            after_lane="",
            in_flight={},
            lane_cap=10,
        )
        claims = claim_batch(conn, [request])[0].claims
        (claim,) = [
            one for one in claims if one.address == address and one.message_id == back.row_id
        ]
        settling = Settling(
            claim=claim,
            message=message,
            now=LATER,
            reporting_mta=f"mta.{SERVICE}",
            region="us-east-1",
            again=None,
        )
        assert settle_batch(conn, [settlement_of(settling, outcome)]) == [True]


MECHANISMS = {
    "none": ((), (), True),
    "topics for both": (("Bounce", "Complaint"), (), True),
    "a topic for bounces": (("Bounce",), (), True),
    "a topic for complaints": (("Complaint",), (), True),
    "a topic for deliveries": (("Delivery",), (), True),
    "a destination for both": ((), ("BOUNCE", "COMPLAINT"), True),
    "a destination for bounces": ((), ("BOUNCE",), True),
    "a destination for opens": ((), ("OPEN",), True),
    "a destination for both, disabled": ((), ("BOUNCE", "COMPLAINT"), False),
    "a topic for bounces, a destination for complaints": (("Bounce",), ("COMPLAINT",), True),
}
#: Switched off, forwarding stops only where both kinds are covered.
COVERED = {
    "topics for both",
    "a destination for both",
    "a topic for bounces, a destination for complaints",
}
TABLE = [
    (switch, mechanism, ["a@example.com"] if switch or mechanism not in COVERED else [])
    for switch, mechanism in product((True, False), MECHANISMS)
]


@pytest.mark.parametrize(("switch", "mechanism", "to"), TABLE)
async def test_it_is_forwarded_unless_off_and_both_kinds_are_told_elsewhere(
    back: Back, switch: bool, mechanism: str, to: list[str]
) -> None:
    topics, types, enabled = MECHANISMS[mechanism]
    back.world.change(identities, feedback_forwarding=switch)
    for topic in topics:
        back.world.add(set_topic, ACCOUNT, "example.com", topic, TOPIC, uuid7(NOW))
    if types:
        back.world.add(add_configuration_set)
        back.world.add(lambda conn: create_destination(conn, types=types))
        back.world.change(event_destinations, enabled=enabled)
        back.send(configuration_set="spring")
    for report, position in ((dsn(), 0), (arf(), 2)):
        await back.take(report, back.path(position))
    assert await forwarder(back).forward_some() == 2
    told = sorted((one.get_param("report-type"), at) for at, one in forwarded(back))
    kinds = ("delivery-status", "feedback-report")
    assert told == [(kind, at) for kind in kinds for at in to]
    assert waiting(back) == 0


@pytest.mark.parametrize(
    ("parts", "to"),
    [
        ({}, "a@example.com"),
        ({"feedback_to": "back@example.com"}, "back@example.com"),
        ({"feedback_to": "Bounces <back@sub.example.com>"}, "back@sub.example.com"),
        (
            {
                "content": RawContent(
                    b"From: a@example.com\r\nReturn-Path: <r@example.com>\r\n\r\nx"
                )
            },
            "r@example.com",
        ),
    ],
)
async def test_it_goes_where_the_call_says_else_to_the_sender(back: Back, parts, to: str) -> None:
    back.send(**parts)
    await back.take(dsn())
    await forwarder(back).forward_some()
    assert [one for one, _ in forwarded(back)] == [to]


async def test_a_refusal_is_told_as_a_delivery_status_with_the_message(back: Back) -> None:
    refuse(back)
    assert await forwarder(back).forward_some() == 1
    ((to, told),) = forwarded(back)
    assert (to, told["To"], told["From"]) == (
        "a@example.com",
        "a@example.com",
        f"MAILER-DAEMON@{SERVICE}",
    )
    assert told["Subject"] == "Delivery Status Notification (Failure)"
    assert told.get_content_type() == "multipart/report"
    assert told.get_param("report-type") == "delivery-status"
    text, status, returned = told.iter_parts()
    assert "to@example.org" in text.get_content()
    of_message, of_recipient = status.get_payload()
    assert of_message["Reporting-MTA"] == f"dsn; mta.{SERVICE}"
    assert dict(of_recipient.items()) == {
        "Final-Recipient": "rfc822; to@example.org",
        "Action": "failed",
        "Status": "5.1.1",
        "Diagnostic-Code": "smtp; 550 5.1.1 user unknown",
    }
    (message,) = returned.get_payload()
    assert (message["Subject"], message.get_content().strip()) == ("Hi", "hello")
    assert back.message_id in message["Message-ID"]


async def test_a_report_is_passed_on_as_it_came_under_our_name(back: Back) -> None:
    report = dsn(returned=original(back.path()))
    await back.take(report)
    await forwarder(back).forward_some()
    ((_, told),) = forwarded(back)
    assert (told["From"], told["Subject"]) == (f"MAILER-DAEMON@{SERVICE}", "about your mail")
    kept = email.message_from_bytes(report, policy=email_policy.default)
    assert told.as_bytes().partition(b"\n\n")[2] == kept.as_bytes().partition(b"\n\n")[2]


async def test_a_complaint_is_passed_on_as_a_complaint(back: Back) -> None:
    await back.take(arf())
    await forwarder(back).forward_some()
    ((to, told),) = forwarded(back)
    assert (to, told["From"]) == ("a@example.com", f"complaints@{SERVICE}")
    assert told.get_param("report-type") == "feedback-report"


@pytest.mark.parametrize(
    "spoilt", [b"X" * 2000, b"\x00", b"\r\n" + b"pad " * 300_000], ids=["line", "nul", "large"]
)
@pytest.mark.parametrize("kind", ["delivery-status", "feedback-report"])
async def test_a_report_that_can_not_be_passed_on_is_told_in_our_words(
    back: Back, spoilt: bytes, kind: str
) -> None:
    report = dsn() if kind == "delivery-status" else arf()
    await back.take(report + spoilt)
    await forwarder(back).forward_some()
    ((_, told),) = forwarded(back)
    assert told.get_param("report-type") == kind
    assert spoilt not in told.as_bytes()
    assert "to@example.org" in told.as_string()


async def test_an_automatic_reply_is_passed_on_with_its_author_to_answer(back: Back) -> None:
    assert await back.take(OUT_OF_OFFICE) == [Result.AUTO_REPLY]
    await forwarder(back).forward_some()
    ((to, told),) = forwarded(back)
    assert (to, told["From"], told["Reply-To"]) == (
        "a@example.com",
        f"MAILER-DAEMON@{SERVICE}",
        "to@example.org",
    )
    assert (told["Subject"], told["Auto-Submitted"]) == ("Out of office: x", "auto-replied")
    assert back.events() == []


async def test_a_suppressed_recipient_is_told_by_mail_too(back: Back) -> None:
    await back.take(dsn())
    await forwarder(back).forward_some()
    back.send()
    assert await forwarder(back).forward_some() == 1
    assert [to for to, told in forwarded(back) if "suppression list" in told.as_string()] == [
        "a@example.com"
    ]


async def test_a_large_message_is_returned_without_its_body(back: Back) -> None:
    with back.world.store.transaction() as conn:
        body = b"From: a@example.com\r\n\r\n" + b"long line\r\n" * 150_000
        conn.execute(update(message_bodies).values(content=body))
    refuse(back)
    await forwarder(back).forward_some()
    ((_, told),) = forwarded(back)
    assert [part.get_content_type() for part in told.iter_parts()][-1] == "text/rfc822-headers"


async def test_only_a_verified_address_is_written_to(back: Back) -> None:
    back.world.add(add_identity, "other.example")
    back.send(feedback_to="back@other.example")
    await back.take(dsn())
    back.world.change(identities, identities.c.name == "other.example", status="FAILED")
    assert await forwarder(back).forward_some() == 1
    assert (forwarded(back), waiting(back)) == ([], 0)
    assert f'{METRIC}{{result="unverified"}} 1' in exposition(back.folder)


async def test_what_becomes_of_a_report_is_told_to_nobody(back: Back) -> None:
    back.send(report=True)
    refuse(back)
    assert await forwarder(back).forward_some() == 1
    assert forwarded(back) == []


async def test_a_forwarded_mail_that_fails_comes_back_to_nobody(back: Back) -> None:
    await back.take(dsn())
    await forwarder(back).forward_some()
    with back.world.store.transaction() as conn:
        query = select(messages.c.id).where(messages.c.account_id.startswith("system-"))
        (own,) = conn.execute(query).scalars()
        before = conn.execute(select(func.count()).select_from(events)).scalar_one()
    back.message_id = ses_message_id(own, "us-east-1")
    refuse(back, address="a@example.com")
    assert await back.take(dsn(), back.path()) == [Result.SYSTEM]
    with back.world.store.transaction() as conn:
        assert conn.execute(select(func.count()).select_from(events)).scalar_one() == before
        assert conn.execute(select(suppressed_destinations.c.address)).scalars().all() == [
            "to@example.org"
        ]
    assert waiting(back) == 0


async def test_one_report_twice_is_forwarded_once(back: Back) -> None:
    await back.take(dsn())
    await back.take(dsn())
    await forwarder(back).forward_some()
    assert await forwarder(back).forward_some() == 0
    assert len(forwarded(back)) == 1


async def test_what_was_noted_is_forwarded_by_whoever_comes_next(back: Back, tmp_path) -> None:
    await back.take(dsn())
    first, second = forwarder(back, "node/0"), forwarder(back, "node/1", tmp_path / "other")
    assert await first.forward_some() == 1
    await back.take(arf())
    assert await second.forward_some() == 0  # the first has the lease
    assert waiting(back) == 1
    assert await first.forward_some() == 1
    assert len(forwarded(back)) == 2


async def test_a_message_that_is_gone_is_forgotten(back: Back) -> None:
    await back.take(dsn())
    with back.world.store.transaction() as conn:
        conn.execute(messages.delete())
    assert await forwarder(back).forward_some() == 1
    assert (forwarded(back), waiting(back)) == ([], 0)


@pytest.mark.parametrize("source", ["nobody", "a@example.com\r\nBcc: b@example.com"])
async def test_what_can_not_be_told_stands_before_nobody(back: Back, source: str) -> None:
    await back.take(dsn())
    with back.world.store.transaction() as conn:
        conn.execute(update(messages).values(source=source))
    back.send()
    await back.take(arf(), back.path(2))
    assert await forwarder(back).forward_some() == 3  # the suppressed recipient's is the third
    assert ([to for to, _ in forwarded(back)], waiting(back)) == (["a@example.com"] * 2, 0)
    assert f'{METRIC}{{result="unwritable"}} 1' in exposition(back.folder)


async def test_a_write_that_fails_leaves_it_waiting(back: Back, monkeypatch) -> None:
    await back.take(dsn())
    whole = forwarder(back)

    def fail(*_: object) -> None:
        raise ServiceUnavailable

    with monkeypatch.context() as broken:
        broken.setattr(forwarding, "keep_system_mail", fail)
        with pytest.raises(ServiceUnavailable):
            await whole.forward_some()
    assert (forwarded(back), waiting(back)) == ([], 1)
    assert await whole.forward_some() == 1
    assert len(forwarded(back)) == 1


async def test_of_a_message_from_a_template_what_was_sent_is_returned(back: Back) -> None:
    use = TemplateUse(template=InlineTemplate(subject="Hi {{name}}", text="Dear {{name}}"))
    back.send(content=TemplatedContent(use=use, data='{"name": "Ann"}'))
    refuse(back)
    assert await forwarder(back).forward_some() == 1
    ((_, told),) = forwarded(back)
    returned = list(told.iter_parts())[-1]
    assert "\nSubject: Hi Ann\n" in returned.as_string()
