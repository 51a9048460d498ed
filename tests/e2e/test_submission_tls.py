"""Where the certificate of SMTP submission comes from, and what there is without one."""

import smtplib
import ssl
from pathlib import Path

import pytest

from tests.e2e.raw_smtp import RawSmtp
from tests.peers.certificate import write_certificate
from tests.peers.node import CAPTURE, DIRECT, KEY_ID, SMTP_PASSWORD, Node
from tests.peers.wait import ARRIVAL_SECONDS

SERVICE = {"PILLARBOX_SERVICE_DOMAIN": "mail.example"}
IN_CLEAR = {"PILLARBOX_SUBMISSION_ALLOW_PLAIN_AUTH_ON_LOOPBACK": "true"}


@pytest.mark.parametrize("in_clear", [False, True], ids=["by default", "allowed on loopback"])
def test_without_a_certificate_a_password_is_taken_on_loopback_only_when_a_setting_says_so(
    tmp_path: Path, in_clear: bool
) -> None:
    settings = DIRECT | SERVICE | (IN_CLEAR if in_clear else {})
    with Node.start(tmp_path, settings, workers=1) as node:
        assert node.smtps_port == 0
        with smtplib.SMTP("127.0.0.1", node.smtp_port, timeout=ARRIVAL_SECONDS) as client:
            client.ehlo()
            assert not client.has_extn("starttls")
            assert client.has_extn("auth") == in_clear
            assert client.docmd("STARTTLS")[0] == 502
            if in_clear:
                assert client.login(KEY_ID, SMTP_PASSWORD)[0] == 235
            else:
                assert client.docmd("AUTH PLAIN")[0] == 502
                assert client.mail("me@shop.example") == (530, b"Authentication required")
    expected = "takes passwords in the clear" if in_clear else "offers no STARTTLS"
    assert f"SMTP submission has no certificate: it {expected}" in node.log.read_text()


def test_a_new_certificate_is_shown_to_new_connections_of_a_running_node(tmp_path: Path) -> None:
    file = tmp_path / "cert.pem"
    write_certificate(file, "localhost")
    first = ssl.create_default_context(cafile=str(file))
    settings = CAPTURE | {"PILLARBOX_TLS_CERT_FILE": str(file)}
    with Node.start(tmp_path, settings, workers=1) as node:
        see(node, first)
        write_certificate(file, "localhost")
        see(node, ssl.create_default_context(cafile=str(file)))
        with pytest.raises(ssl.SSLCertVerificationError):
            see(node, first)
    assert not (node.data / "self-made.pem").exists()


def see(node: Node, context: ssl.SSLContext) -> None:
    """Begin TLS both ways with a client that trusts one certificate."""
    with RawSmtp(node.smtps_port, context) as client:
        assert client.reply().startswith("220 ")
    with RawSmtp(node.smtp_port) as client:
        client.reply()
        assert client.ask("STARTTLS").startswith("220 ")
        client.secure(context)
        assert client.ask("NOOP") == "250 Ok"


def test_a_certificate_that_can_not_be_used_is_told_at_the_start(tmp_path: Path) -> None:
    settings = CAPTURE | {"PILLARBOX_TLS_CERT_FILE": str(tmp_path / "none.pem")}
    with pytest.raises(RuntimeError, match=r"\[tls\] can't use .*none.pem"):
        Node.start(tmp_path, settings, workers=1)
