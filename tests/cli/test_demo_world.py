"""The demo's world by itself: its DNS server, its receiving server, its checks."""

import smtplib
import ssl

import dns.message
import dns.query
import pytest

from pillarbox.base.settings import Address
from pillarbox.cli.demo import messages
from pillarbox.cli.demo.checks import check_raw, check_signature, check_simple, check_transport
from pillarbox.cli.demo.dns_server import DemoDns, txt
from pillarbox.cli.demo.failure import StepFailed, wait_for
from pillarbox.cli.demo.receiver import Received, Receiver
from tests.peers.dnslib_server import DnslibServer

NOBODY = Address("127.0.0.1", 9)


def ask(server: DemoDns, name: str, rdtype: str) -> dns.message.Message:
    query = dns.message.make_query(name, rdtype)
    return dns.query.udp(query, server.address.host, port=server.address.port, timeout=60)


@pytest.mark.parametrize(
    ("name", "rdtype", "rcode", "answer"),
    [
        ("friends.test", "MX", "NOERROR", ["friends.test. MX 10 mx.test."]),
        ("FRIENDS.test", "MX", "NOERROR", ["friends.test. MX 10 mx.test."]),
        ("friends.test", "A", "NOERROR", []),
        ("nobody.test", "MX", "NXDOMAIN", []),
        ("test", "MX", "NOERROR", []),
        ("alias.test", "CNAME", "NOERROR", ["alias.test. CNAME mx.test."]),
        ("alias.test", "A", "NOERROR", ["alias.test. CNAME mx.test.", "mx.test. A 127.0.0.1"]),
        (
            "key.shop.test",
            "TXT",
            "NOERROR",
            ["key.shop.test. CNAME key.own.test.", 'key.own.test. TXT "p=1"'],
        ),
        ("gone.own.test", "TXT", "NXDOMAIN", []),
    ],
)
def test_demo_dns_answers_its_own_names_and_forwards_the_service_zone(
    name: str, rdtype: str, rcode: str, answer: list[str]
) -> None:
    with (
        DnslibServer({("key.own.test", "TXT"): ['"p=1"']}) as owner,
        DemoDns("own.test", Address("127.0.0.1", owner.port)) as server,
    ):
        server.publish("friends.test", "MX", "10 mx.test.")
        server.publish("mx.test", "A", "127.0.0.1")
        server.publish("alias.test", "CNAME", "mx.test.")
        server.publish("key.shop.test", "CNAME", "key.own.test.")
        reply = ask(server, name, rdtype)
    found = [
        f"{str(one.name).lower()} {one.rdtype.name} {rdata}"
        for one in reply.answer
        for rdata in one
    ]
    assert (dns.rcode.to_text(reply.rcode()), found) == (rcode, answer)


def test_demo_dns_says_servfail_when_the_service_does_not_answer() -> None:
    with DemoDns("own.test", NOBODY) as server:
        assert dns.rcode.to_text(ask(server, "key.own.test", "TXT").rcode()) == "SERVFAIL"


def test_txt_follows_the_chain_and_joins_the_strings() -> None:
    with DemoDns("own.test", NOBODY) as server:
        server.publish("key.shop.test", "CNAME", "long.test.")
        server.publish("long.test", "TXT", '"v=DKIM1; " "p=abc"')
        assert txt(server.address, "key.shop.test.") == b"v=DKIM1; p=abc"
        assert txt(server.address, "none.test") is None


def test_receiver_takes_mail_over_starttls_only() -> None:
    with Receiver("mx.test") as receiver:
        with smtplib.SMTP(receiver.address.host, receiver.address.port, timeout=60) as client:
            assert client.mail("a@shop.test")[0] == 530
            trusting = ssl.create_default_context()
            trusting.check_hostname, trusting.verify_mode = False, ssl.CERT_NONE
            client.starttls(context=trusting)
            client.sendmail("a@shop.test", ["b@friends.test"], b"Subject: x\r\n\r\n.hello\r\n")
        (taken,) = receiver.received
    assert taken.tls.startswith("TLSv1.")
    assert (taken.return_path, taken.recipients) == ("a@shop.test", ("b@friends.test",))
    assert taken.content == b"Subject: x\r\n\r\n.hello\r\n"


def test_wait_for_names_what_did_not_happen() -> None:
    with pytest.raises(StepFailed, match="the miracle did not happen within 0 seconds"):
        wait_for("the miracle", 0, lambda: None)


@pytest.mark.parametrize(
    ("copy", "why"),
    [
        (Received("r@x", ("a@b",), b"", ""), "without TLS"),
        (Received("r@x", ("a@b", "c@d"), b"", "TLSv1.3"), "recipients share it"),
    ],
)
def test_check_transport_refuses(copy: Received, why: str) -> None:
    with pytest.raises(StepFailed, match=why):
        check_transport(copy)


def test_check_signature_refuses_an_unsigned_message() -> None:
    with (
        DemoDns("own.test", NOBODY) as server,
        pytest.raises(StepFailed, match="dkimpy refuses the signature"),
    ):
        check_signature(b"Subject: x\r\n\r\nhello\r\n", server.address)


def raw_message() -> bytes:
    content: bytes = messages.raw_call()["Content"]["Raw"]["Data"]
    return content


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (raw_message(), "left in the message: X-SES-CONFIGURATION-SET, X-SES-MESSAGE-TAGS"),
        (raw_message().replace(b"invoice.pdf", b"other.pdf"), "file name: 'other.pdf'"),
        (raw_message().replace(b"JVBERi0x", b"JVBERi0y"), "the PDF has changed"),
    ],
)
def test_check_raw_refuses(content: bytes, why: str) -> None:
    with pytest.raises(StepFailed, match=why):
        check_raw(content)


def simple_message(**changed: str) -> bytes:
    from email.message import EmailMessage

    headers = {
        "From": f'"{messages.SENDER_NAME}" <{messages.SENDER}>',
        "To": f"{messages.TO_NAME} <{messages.TO}>",
        "Cc": f'"{messages.CC_NAME}" <{messages.CC}>',
        "Subject": messages.SUBJECT,
    }
    message = EmailMessage()
    for name, value in (headers | changed).items():
        message[name] = value
    message.set_content(messages.TEXT)
    message.add_alternative(messages.HTML, subtype="html")
    return message.as_bytes()


def test_check_simple_passes_what_was_asked_for() -> None:
    assert "no Bcc" in check_simple(simple_message())


@pytest.mark.parametrize(
    ("header", "value", "why"),
    [
        ("Subject", "another", "the subject reads 'another'"),
        ("From", "orders@shop.test", "the sender reads"),
        ("To", "zoe@friends.test", "the recipient reads"),
        ("Bcc", messages.BCC, "there is a Bcc header"),
        ("X-Original-To", messages.BCC, "the Bcc address stands in the message"),
    ],
)
def test_check_simple_refuses(header: str, value: str, why: str) -> None:
    with pytest.raises(StepFailed, match=why):
        check_simple(simple_message(**{header: value}))
