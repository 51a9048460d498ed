"""Delivered messages judged from outside: OpenDKIM and dkimpy, the key looked up in real DNS."""

from typing import Any

import dkim
import dns.message
import dns.query
import dns.rdatatype
import pytest

from tests.e2e.conftest import World
from tests.e2e.letters import raw, simple
from tests.peers import opendkim_verifier
from tests.peers.dns_zone import DnsZone
from tests.peers.postfix_mx import without_own_fields
from tests.peers.wait import ARRIVAL_SECONDS

pytestmark = [
    pytest.mark.postfix,
    pytest.mark.opendkim,
    pytest.mark.skipif(opendkim_verifier.OPENDKIM is None, reason="needs Debian's opendkim"),
]


def dkimpy_passes(message: bytes, zone: DnsZone) -> bool:
    """What dkimpy says; it asks the zone for the key."""

    def look_up(name: bytes, **_: object) -> bytes | None:
        query = dns.message.make_query(name.decode(), dns.rdatatype.TXT)
        answer = dns.query.udp(query, "127.0.0.1", ARRIVAL_SECONDS, zone.port)
        texts = [one[0] for one in answer.answer if one.rdtype == dns.rdatatype.TXT]
        return b"".join(texts[0].strings) if texts else None

    return bool(dkim.verify(message, dnsfunc=look_up))


def judged(message: bytes, zone: DnsZone) -> tuple[tuple[str, str], bool]:
    """The verdicts of both."""
    return opendkim_verifier.verdict(message, zone.port), dkimpy_passes(message, zone)


PASSED = (("pass", ""), True)
REFUSED = (("fail", "signature verification failed"), False)


def delivered(world: World, domain: str, letter: dict[str, Any]) -> bytes:
    """Send a letter, and give the message as Postfix got it."""
    world.verify(domain)
    sent = world.node.client("sesv2").send_email(**letter)
    return without_own_fields(world.arrived("ok", sent["MessageId"]))[1]


@pytest.mark.parametrize("kind", ["Simple", "Raw"])
def test_a_delivered_message_passes(world: World, domain: str, kind: str) -> None:
    letter = simple(f"me@{domain}") if kind == "Simple" else raw(f"me@{domain}")
    letter["Destination"] = {"ToAddresses": ["ok@receiver.example"]}
    assert judged(delivered(world, domain, letter), world.zone) == PASSED


def test_what_is_changed_on_the_way_is_found_out(world: World, domain: str) -> None:
    message = delivered(world, domain, simple(f"me@{domain}", "ok@receiver.example"))
    harmless = b"Received: from a by b\r\n" + message + b"\r\n\r\n"
    assert judged(harmless, world.zone) == PASSED
    start = message.index(b"\r\n\r\n")
    tampered = {
        "body": message[:start] + message[start:].replace(b"Hello", b"Hullo"),
        "more body": message + b"more\r\n",
        "subject": message.replace(b"\r\nSubject: ", b"\r\nSubject: Re: "),
        "a second From": message.replace(b"\r\nFrom: ", b"\r\nFrom: ceo@bank.example\r\nFrom: "),
    }
    assert message not in tampered.values()
    assert {how: judged(one, world.zone) for how, one in tampered.items()} == dict.fromkeys(
        tampered, REFUSED
    )
