"""Delivery status notifications: read back by Python's email package, and by nobody misread."""

import email
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.mime.addresses import parse_address
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.report.dsn_compose import DeliveryReport, RecipientStatus, compose_report

HEADER = b"From: a@example.com\r\nSubject: =?utf-8?q?x?=\r\n"
ONE = RecipientStatus(
    recipient="b@example.net",
    action="failed",
    status="5.1.1",
    diagnostic="550 5.1.1 user unknown",
    remote_mta="dns; mx.example.net",
    last_attempt=1_800_000_000_000,
    extensions=(("X-Why", "because"),),
)
TWO = RecipientStatus(recipient="c@example.net", action="delayed", status="4.2.2")


def compose(**changes):
    report = {
        "reporting_mta": "dns; mail.test",
        "recipients": (ONE, TWO),
        "explanation": "Es tut uns leid: ünzustellbar\n",
        "header": HEADER,
        "arrival": 1_800_000_000_000,
        "extensions": (("X-Run", "7"),),
    }
    to, from_ = parse_address("a@example.com"), parse_address("Mailer <daemon@example.com>")
    return compose_report(
        DeliveryReport(**report | changes), from_=from_, to=to, boundary="----=_Part_1"
    )


def parts(data):
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "delivery-status"
    assert not message.defects
    return message, list(message.iter_parts())


def test_a_report_is_read_back_whole():
    message, (text, status, header) = parts(compose())
    assert message["subject"] == "Delivery Status Notification (Failure)"
    assert (message["from"], message["to"]) == ("Mailer <daemon@example.com>", "a@example.com")
    assert message["auto-submitted"] == "auto-replied"
    assert text.get_content().strip() == "Es tut uns leid: ünzustellbar"
    whole, one, two = status.get_payload()
    at = "Fri, 15 Jan 2027 08:00:00 +0000"
    assert whole.items() == [
        ("Reporting-MTA", "dns; mail.test"),
        ("Arrival-Date", at),
        ("X-Run", "7"),
    ]
    assert one.items() == [
        ("Final-Recipient", "rfc822; b@example.net"),
        ("Action", "failed"),
        ("Status", "5.1.1"),
        ("Remote-MTA", "dns; mx.example.net"),
        ("Diagnostic-Code", "smtp; 550 5.1.1 user unknown"),
        ("Last-Attempt-Date", at),
        ("X-Why", "because"),
    ]
    assert dict(two.items())["Status"] == "4.2.2"
    assert header.get_content_type() == "text/rfc822-headers"
    assert header.get_payload(decode=True).replace(b"\r\n", b"\n") in HEADER.replace(b"\r\n", b"\n")


def replaced(**changes):
    return {"recipients": (RecipientStatus(**fields(ONE) | changes),)}


def fields(one):
    return {name: getattr(one, name) for name in type(one).__dataclass_fields__}


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"reporting_mta": "mail.test"}, "as a type and a name"),
        ({"reporting_mta": "dns; a\r\nX: y"}, "as a type and a name"),
        ({"extensions": (("Status", "2.0.0"),)}, "must begin with X-"),
        ({"extensions": (("X-" + "a" * 50, "b"),)}, "must begin with X-"),
        ({"extensions": (("X-A", "b\nc"),)}, "must be ASCII on one line"),
        ({"extensions": (("X-A", "é"),)}, "must be ASCII on one line"),
        ({"extensions": (("X-A", "b" * 2049),)}, "must be ASCII on one line"),
        ({"extensions": (("X-A:", "b"),)}, "illegal character"),
        (replaced(status="5.1"), "Invalid status code: '5.1'."),
        (replaced(status="3.1.1"), "Invalid status code"),
        (replaced(diagnostic="550\r\nAction: delivered"), "must be ASCII on one line"),
        (replaced(remote_mta="x"), "as a type and a name"),
        ({"explanation": "a\0"}, "NUL"),
    ],
)
def test_what_could_be_misread_is_refused(changes, text):
    with pytest.raises(MimeError, match=text):
        compose(**changes)


ANY = st.text(max_size=30)


@given(ANY, ANY, ANY, ANY, ANY)
def test_no_value_adds_a_field_or_a_part(explanation, mta, diagnostic, name, value):
    try:
        data = compose(
            explanation=explanation,
            reporting_mta=f"dns; {mta}",
            extensions=((f"X-{name}", value),),
            **replaced(diagnostic=diagnostic),
        )
    except MimeError:
        return
    _, (_, status, _) = parts(data)
    whole, one = status.get_payload()
    assert [len(whole), len(one)] == [3, 7 if diagnostic else 6]
