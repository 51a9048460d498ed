"""Delivery to Debian's Exim: what arrives, what it says of our signature, and who is refused."""

import re
from collections.abc import Iterator

import pytest

from tests.e2e.conftest import World
from tests.peers.certificate import write_certificate
from tests.peers.exim import LATER, EximMx, exim_mx, why_not
from tests.peers.wait import ARRIVAL_SECONDS, until

pytestmark = [
    pytest.mark.postfix,
    pytest.mark.skipif(bool(why_not()), reason=f"Exim: {why_not()}"),
]
RECEIVER, ADDRESS = "exim.example", "127.0.0.2"
HEADER = (
    "To: ok@exim.example\r\n"
    "Subject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n  on two lines\r\n"
    "X-Own:  two blanks,\ta tab \r\n"
    "MIME-Version: 1.0\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n"
    "Content-Transfer-Encoding: 8bit\r\n"
)
BODY = f"äöü\r\n.\r\n..two dots\r\ntrailing \t \r\n{'x' * 990}\r\n\r\nthe end\r\n\r\n\r\n".encode()


@pytest.fixture(scope="module")
def exim(world: World, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EximMx]:
    """The MX of exim.example, beside the Postfix of the world, at the port that its node uses."""
    chain = tmp_path_factory.mktemp("exim") / "mx.pem"
    write_certificate(chain, f"mx.{RECEIVER}")
    world.zone.set(RECEIVER, "MX", f"10 mx.{RECEIVER}")
    world.zone.set(f"mx.{RECEIVER}", "A", ADDRESS)
    dns = world.zone.at_port_53()
    settings = {"tls_certificate": str(chain)}
    with exim_mx(settings, address=ADDRESS, port=world.mx.port, dns=dns) as mx:
        yield mx


def send(world: World, domain: str, *to: str) -> tuple[str, bytes]:
    """Send a message that is easily spoiled; give its id and its header."""
    header = f"From: Me <me@{domain}>\r\n{HEADER}".encode()
    sent = world.node.client("sesv2").send_email(
        Destination={"ToAddresses": [f"{one}@{RECEIVER}" for one in to]},
        Content={"Raw": {"Data": header + b"\r\n" + BODY}},
    )
    return sent["MessageId"], header


def test_exim_keeps_what_was_sent_and_finds_it_signed_by_the_sender(
    world: World, exim: EximMx, domain: str
) -> None:
    world.verify(domain)
    message_id, header = send(world, domain, "ok")
    world.node.events_when(message_id, "Send", "Delivery")
    until(lambda: bool(exim.delivered("ok")), ARRIVAL_SECONDS, "the message in the mailbox")
    (message,) = exim.delivered("ok")
    ours = rb"DKIM-Signature: [^\r\n]+\r\n(?:\t[^\r\n]+\r\n)+Feedback-ID: [^\r\n]+\r\n"
    stamps = rb"Date: [^\r\n]+\r\nMessage-ID: <%b@[^\r\n]+>\r\n\r\n" % message_id.encode()
    assert re.fullmatch(ours + re.escape(header) + stamps + re.escape(BODY), message)
    (verdict,) = re.findall(rf"DKIM: d={domain} .*", exim.log())
    assert verdict.endswith("[verification succeeded]")
    (taken,) = re.findall(rf" <= (.* id={message_id}@.*)", exim.log())
    assert re.match(r"[a-z2-7]{1,64}@bounce\.pillarbox\.test .* P=esmtps X=TLS1\.3:", taken)


def test_a_refusal_without_an_enhanced_status_bounces_and_one_for_now_waits(
    world: World, exim: EximMx, domain: str
) -> None:
    world.verify(domain)
    message_id, _ = send(world, domain, "also", "unknown", "later")
    events = world.node.events_when(message_id, "Send", "Delivery", "Bounce")
    (delivered,) = [one["delivery"] for one in events if one["eventType"] == "Delivery"]
    assert delivered["recipients"] == [f"also@{RECEIVER}"]
    assert delivered["smtpResponse"].startswith("250 OK id=")
    (bounce,) = [one["bounce"] for one in events if one["eventType"] == "Bounce"]
    (bounced,) = bounce["bouncedRecipients"]
    assert bounce["bounceType"] == "Permanent"
    assert bounced == {
        "emailAddress": f"unknown@{RECEIVER}",
        "action": "failed",
        "status": "5.0.0",
        "diagnosticCode": "smtp; 550 Unrouteable address",
    }
    waiting = (f"later@{RECEIVER}", LATER)
    until(
        lambda: [(to, last) for to, _, last in world.waiting(message_id)] == [waiting],
        ARRIVAL_SECONDS,
        "the recipient who is turned away for now to be alone in the queue",
    )
