"""The peers themselves: what a test relies on when it talks to them."""

import smtplib
from collections.abc import Iterator
from pathlib import Path

import dns.flags
import dns.message
import dns.query
import dns.rcode
import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.peers.dns_zone import DnsZone
from tests.peers.signing import Key, signed_request
from tests.peers.smtp_sink import SMTP_SINK, Recorder, SmtpSink
from tests.peers.wait import ARRIVAL_SECONDS, until

LETTER = "From: a@example.com\r\nMessage-ID: <{}@example.com>\r\n\r\nhello\r\n.\r\n..\r\n"


@pytest.fixture
def zone() -> Iterator[DnsZone]:
    with DnsZone() as zone:
        yield zone


def ask(zone: DnsZone, name: str, kind: str, *, tcp: bool = False) -> tuple[int, list[str]]:
    """The reply code and the answers as text."""
    query = dns.message.make_query(name, kind)
    send = dns.query.tcp if tcp else dns.query.udp
    answer = send(query, "127.0.0.1", port=zone.port, timeout=20)
    return answer.rcode(), [str(r) for rrset in answer.answer for r in rrset]


@pytest.mark.parametrize("tcp", [False, True])
def test_a_record_that_is_set_is_answered(zone: DnsZone, tcp: bool) -> None:
    zone.set("example.com", "MX", "10 mx1.example.com", "20 mx2.example.com")
    assert ask(zone, "EXAMPLE.com", "MX", tcp=tcp) == (
        dns.rcode.NOERROR,
        ["10 mx1.example.com.", "20 mx2.example.com."],
    )


@pytest.mark.parametrize(
    ("name", "kind", "rcode"),
    [
        ("a.example.com", "MX", dns.rcode.NOERROR),
        ("example.com", "A", dns.rcode.NOERROR),
        ("b.example.com", "A", dns.rcode.NXDOMAIN),
        ("broken.example.com", "A", dns.rcode.SERVFAIL),
    ],
)
def test_what_is_not_there_says_how(zone: DnsZone, name: str, kind: str, rcode: int) -> None:
    zone.set("a.example.com", "A", "127.0.0.1")
    zone.fail("broken.example.com")
    assert ask(zone, name, kind) == (rcode, [])


def test_a_chain_is_followed_into_a_forwarded_zone(zone: DnsZone) -> None:
    with DnsZone() as service:
        long = "v=DKIM1; p=" + "A" * 400
        service.set("t.dkim.service.test", "TXT", long)
        zone.forward("service.test", service.port)
        zone.set("t._domainkey.example.com", "CNAME", "t.dkim.service.test")
        rcode, (target, text) = ask(zone, "t._domainkey.example.com", "TXT")
    assert (rcode, target) == (dns.rcode.NOERROR, "t.dkim.service.test.")
    assert text.replace('" "', "").strip('"') == long


def test_the_recorder_knows_who_got_what_how_often(tmp_path: Path) -> None:
    with Recorder(tmp_path) as recorder, smtplib.SMTP("127.0.0.1", recorder.port) as client:
        for recipients, name in ((["x@b.test", "y@b.test"], "1"), (["x@b.test"], "1")):
            client.sendmail("a@example.com", recipients, LETTER.format(name))
        arrived = [(d.recipient, d.message_id) for d in recorder.deliveries()]
    assert arrived == [(name, "1@example.com") for name in ("x@b.test", "y@b.test", "x@b.test")]


@pytest.mark.postfix
@pytest.mark.skipif(SMTP_SINK is None, reason="needs Debian's postfix")
def test_the_sink_counts(tmp_path: Path) -> None:
    with SmtpSink(tmp_path) as sink, smtplib.SMTP("127.0.0.1", sink.port) as client:
        for _ in range(3):
            client.sendmail("a@example.com", ["x@b.test"], LETTER.format("1"))
        until(lambda: sink.received() == 3, ARRIVAL_SECONDS, "smtp-sink to count three messages")


def test_a_signature_of_ours_is_botocores() -> None:
    key = Key("AKIAEXAMPLE", "secret")
    request = signed_request(key, 8025, "POST", "/v1/email/identities", b"{}")
    head, _, _ = request.decode().partition("\r\n\r\n")
    sent = dict(line.split(": ", 1) for line in head.split("\r\n")[1:])
    theirs = AWSRequest("POST", "http://127.0.0.1:8025/v1/email/identities", data=b"{}")
    theirs.headers["Content-Type"] = sent["Content-Type"]
    theirs.headers["X-Amz-Date"] = sent["X-Amz-Date"]
    theirs.context["timestamp"] = sent["X-Amz-Date"]
    auth = SigV4Auth(Credentials("AKIAEXAMPLE", "secret"), "ses", "us-east-1")
    signature = auth.signature(auth.string_to_sign(theirs, auth.canonical_request(theirs)), theirs)
    assert sent["Authorization"].endswith(f"Signature={signature}")
