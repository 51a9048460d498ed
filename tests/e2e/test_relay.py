"""Relay mode end to end: a node that sends everything through another one's submission listener."""

from pathlib import Path

import pytest

from tests.e2e.conftest import SERVICE, World, assert_ended_well
from tests.e2e.letters import simple
from tests.peers.certificate import write_certificate
from tests.peers.dns_zone import DnsZone
from tests.peers.node import CAPTURE, KEY_ID, SMTP_PASSWORD, Node
from tests.peers.wait import ARRIVAL_SECONDS, until

DOMAIN, WRONG = "sender.example", "a-wrong-password"


@pytest.mark.timeout(4 * ARRIVAL_SECONDS)
def test_a_wrong_password_bounces_nothing_and_the_right_one_sends_what_waited(
    tmp_path: Path,
) -> None:
    certificate, password = tmp_path / "localhost.pem", tmp_path / "password"
    write_certificate(certificate, "localhost")
    tls = {"PILLARBOX_TLS_CERT_FILE": str(certificate)}
    with DnsZone() as zone, Node.start(tmp_path / "host", CAPTURE | tls, 1) as host:
        settings = {
            "PILLARBOX_DELIVER_MODE": "relay",
            "PILLARBOX_RELAY_HOST": "localhost",
            "PILLARBOX_RELAY_PORT": str(host.smtp_port),
            "PILLARBOX_RELAY_USERNAME": KEY_ID,
            "PILLARBOX_RELAY_PASSWORD_FILE": str(password),
            "PILLARBOX_TLS_CA_FILE": str(certificate),
            "PILLARBOX_SERVICE_DOMAIN": SERVICE,
            "PILLARBOX_DNS_RESOLVER": zone.address,
        }
        for identity in (DOMAIN, f"bounce.{SERVICE}"):
            host.client("sesv2").create_email_identity(EmailIdentity=identity)
        password.write_text(f"{WRONG}\n")
        with Node.start(tmp_path / "node", settings, 1) as node:
            zone.forward(SERVICE, node.dns_port)
            World(node, zone, mx=None).verify(DOMAIN)  # type: ignore[arg-type]
            sent = node.client("sesv2").send_email(**simple(f"me@{DOMAIN}", "you@far.example"))
            message_id = sent["MessageId"]

            def waiting() -> dict[str, object]:
                (one,) = node.run("queue", "show", message_id, "--json")["recipients"]
                return one

            until(lambda: waiting()["attempts"] != 0, ARRIVAL_SECONDS, "a first attempt")
            assert waiting()["state"] == "queued"
            assert "refused the login" in str(waiting()["last_reply"])
            assert b"smart host refuses the login" in node.get("/healthz")[2]
        assert_ended_well(node)
        log = node.log.read_text()
        assert "the smart host localhost" in log
        assert WRONG not in log

        password.write_text(f"{SMTP_PASSWORD}\n")
        with Node.start(tmp_path / "node", settings, 1) as node:
            node.run("queue", "retry")
            events = node.events_when(message_id, "Send", "Delivery")
            (attempt,) = [
                one
                for one in node.run("queue", "show", message_id, "--json")["attempts"]
                if one["outcome"] == "delivered"
            ]
        assert_ended_well(node)
        until(lambda: bool(host.captured()), ARRIVAL_SECONDS, "the smart host to deliver it")
        (captured,) = host.captured()
        assert "250 Ok" in str(events)
        steps = [one["name"] for one in attempt["conversation"]["steps"]]
        session = ["connect", "EHLO", "STARTTLS", "TLS", "EHLO", "AUTH"]
        assert steps == [*session, "MAIL", "RCPT", "DATA", "content"]
        assert captured["recipient"] == "you@far.example"
