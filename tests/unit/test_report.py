"""Mail that came back: cases in tests/cases/reports, and what holds for any octets."""

import time
import tomllib
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.report import ReportKind
from pillarbox.proto.mime.addresses import parse_address
from pillarbox.proto.report.bounce_class import classify
from pillarbox.proto.report.dsn_compose import DeliveryReport, RecipientStatus, compose_report
from pillarbox.proto.report.reading import read_report

CASES = Path(__file__).parent.parent / "cases" / "reports"
NAMES = sorted(path.name for path in CASES.iterdir())


def _read(name):
    expected = tomllib.loads((CASES / name / "expected.toml").read_text())
    return read_report((CASES / name / "message.eml").read_bytes()), expected


@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_of_its_kind_and_about_its_recipients(name):
    report, expected = _read(name)
    assert report.kind == expected["kind"]
    wanted = expected.get("recipients", [])
    assert [one.address for one in report.recipients] == [one["address"] for one in wanted]
    for one, row in zip(report.recipients, wanted, strict=True):
        kind = classify(one.status, one.code, one.diagnostic or "")
        assert (kind.bounce_type, kind.bounce_sub_type) == (row["type"], row["subtype"])
        for field in ("status", "code", "remote_mta"):
            assert getattr(one, field) == row.get(field) or field not in row


@pytest.mark.parametrize("name", NAMES)
def test_a_report_tells_where_it_is_from_and_what_it_returns(name):
    report, expected = _read(name)
    for field in ("reporting_mta", "arrival"):
        assert getattr(report, field) == expected.get(field, getattr(report, field))
    message_id = report.returned.message_id if report.returned else None
    assert message_id == expected.get("message_id", message_id)
    if "complaint" in expected:
        told = expected["complaint"] | {
            "original_rcpt_to": tuple(expected["complaint"]["original_rcpt_to"])
        }
        assert {name: getattr(report.complaint, name) for name in told} == told


@pytest.mark.parametrize("name", NAMES)
def test_line_ends_change_nothing(name):
    content = (CASES / name / "message.eml").read_bytes()
    assert b"\r" not in content
    assert read_report(content.replace(b"\n", b"\r\n")) == read_report(content)


def test_what_looks_like_ours_is_handed_on_to_be_verified():
    path = "a" * 45 + "@bounce.mail.example"
    link = "https://email.shop.example/c/" + "x" * 60
    body = f"Return-Path: <{path.upper()}>\n\nSee {link} and https://a.example/c/short"
    report = read_report(f"From: a@b.example\n\n{body}".encode())
    assert report.traces.return_paths == (path,)
    assert report.traces.links == (link,)


def test_a_notification_of_our_own_is_read_as_it_was_composed():
    one = RecipientStatus(
        recipient="ann@dest.example",
        action="failed",
        status="5.2.2",
        diagnostic="552 5.2.2 full",
        remote_mta="dns; mx.dest.example",
    )
    composed = compose_report(
        DeliveryReport(
            reporting_mta="dns; mta.mail.example",
            recipients=(one,),
            explanation="It could not be delivered.",
            header=b"Message-ID: <4711@mail.example>\r\nTo: ann@dest.example\r\n",
            arrival=1_791_280_801_000,
        ),
        from_=parse_address("MAILER-DAEMON@mail.example"),
        to=parse_address("news@shop.example"),
        boundary="b1",
    )
    report = read_report(composed)
    assert (report.kind, report.arrival) == ("bounce", 1_791_280_801_000)
    assert report.returned.message_id == "4711@mail.example"
    (found,) = report.recipients
    assert (found.address, found.status, found.code) == ("ann@dest.example", "5.2.2", 552)
    assert (found.diagnostic, found.remote_mta) == ("552 5.2.2 full", "mx.dest.example")


@pytest.mark.parametrize(
    ("sender", "to", "complained"),
    [
        ("isp.example", "a@isp.example, b@ISP.example, c@other.example", ("a@", "b@")),
        ("loop.isp.example", "a@isp.example, c@other.example", ("a@", "c@")),
    ],
)
def test_a_complaint_without_recipients_is_of_those_at_its_domain(sender, to, complained):
    report = read_report(
        f"From: fbl@{sender}\nContent-Type: multipart/report; boundary=b\n\n"
        "--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\n"
        f"--b\nContent-Type: message/rfc822\n\nTo: {to}\n--b--\n".encode()
    )
    found = report.complaint.original_rcpt_to
    assert len(found) == len(complained)
    assert all(map(str.startswith, found, complained))


HOSTILE = {
    "nested multiparts": b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (n, n) for n in range(5_000)
    ),
    "a header of 10 MB": b"Subject: " + b"x" * 10_000_000,
    "a million fields": b"A: b\n" * 1_000_000,
    "one part, no end": b"Content-Type: multipart/report; boundary=b\n\n" + b"--b\n\n" * 200_000,
    "unknown charset": b"Content-Type: text/plain; charset=no-such\n\n\xff\xfe<a@b.example>:",
    "broken base64": b"Content-Transfer-Encoding: base64\n\n====A" + b"!" * 100_000,
    "angle brackets": b"Content-Type: text/html\n\n" + b"<" * 500_000,
    "at signs": b"Subject: failure notice\n\n" + b"a@" * 500_000,
    "dots": b"From: <>\nSubject: failure notice\n\nfollowing addresses\n" + b"a." * 500_000,
    "colons": b"From: <>\nSubject: failure notice\n\n" + b"a@b:" * 300_000,
    "blank lines": b"From: <>\n\n" + b"\n" * 3_000_000,
    "many recipients": b"Content-Type: message/delivery-status\n\n"
    + b"Final-Recipient: rfc822; a@b.example\nAction: failed\n\n" * 50_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_mail_is_read_in_bounded_time_and_size(name):
    began = time.thread_time()
    report = read_report(HOSTILE[name])
    assert time.thread_time() - began < 10
    assert len(report.recipients) <= 500
    fields = report.returned.fields if report.returned else ()
    assert sum(len(value) for _, value in fields) < 1 << 20


@pytest.mark.parametrize("name", ["nested multiparts", "a header of 10 MB", "a million fields"])
def test_hostile_mail_is_read_in_bounded_memory(name):
    content = HOSTILE[name]
    tracemalloc.start()
    try:
        read_report(content)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 96 << 20


@given(st.binary(max_size=2_000))
def test_any_octets_are_read_as_some_report(data):
    report = read_report(data)
    assert report.kind in set(ReportKind)
    assert report.kind in {"bounce", "delay"} or not report.recipients
