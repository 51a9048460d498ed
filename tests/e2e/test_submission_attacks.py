"""What nobody gets out of SMTP submission: a second message, a relay, a word before TLS."""

import base64
import ssl

import pytest

from tests.e2e.raw_smtp import RawSmtp
from tests.e2e.submission import captured_from, letter, trusting, verified
from tests.peers.node import KEY_ID, SMTP_PASSWORD, Node
from tests.unit.smuggling import FALSE_ENDS, wire

PLAIN = base64.b64encode(f"\0{KEY_ID}\0{SMTP_PASSWORD}".encode()).decode()
WRONG = base64.b64encode(f"\0{KEY_ID}\0wrong".encode()).decode()


def logged_in(node: Node) -> RawSmtp:
    """A session over TLS whose user is known."""
    client = RawSmtp(node.smtps_port, trusting(node))
    assert client.reply().startswith("220 ")
    client.ask("EHLO me")
    assert client.ask(f"AUTH PLAIN {PLAIN}").startswith("235 ")
    return client


@pytest.mark.parametrize("false_end", FALSE_ENDS, ids=repr)
def test_a_smuggled_message_is_a_part_of_the_first_or_refused(
    capture: Node, domain: str, false_end: bytes
) -> None:
    sender = verified(capture, domain)
    attack = wire(false_end).replace(b"b.test", domain.encode())
    with logged_in(capture) as client:
        assert client.ask(f"MAIL FROM:<{sender}>").startswith("250 ")
        assert client.ask("RCPT TO:<first@receiver.example>").startswith("250 ")
        assert client.ask("DATA").startswith("354 ")
        client.send(attack + b"NOOP\r\n")
        answers = [client.reply(), client.reply()]
    assert answers[1] == "250 Ok"  # one answer for one message: the commands in it were none
    if answers[0].startswith("250 "):
        (copy,) = captured_from(capture, f"@{domain}")
        assert copy["recipient"] == "first@receiver.example"
        assert b"Subject: smuggled" in copy["raw"]
        alone = copy["raw"].replace(b"\r\n", b"")
        assert b"\r" not in alone  # so the next server can't see an end in it either
        assert b"\n" not in alone
    else:
        assert answers[0].startswith("554 Transaction failed: ")


STRANGERS = [
    ["MAIL FROM:<me@{domain}>", "RCPT TO:<a@receiver.example>", "DATA"],
    ["EHLO me", "MAIL FROM:<me@{domain}>", "RCPT TO:<a@receiver.example>", "DATA"],
    ["EHLO me", "MAIL FROM:<>", "RCPT TO:<postmaster@{domain}>", "DATA"],
    ["HELO me", "RCPT TO:<a@receiver.example>", "DATA", "BDAT 5 LAST\r\nx\r\n"],
    ["EHLO me", f"AUTH PLAIN {WRONG}", "MAIL FROM:<me@{domain}>", "RCPT TO:<a@b.example>", "DATA"],
    ["EHLO me", "AUTH PLAIN", "*", "MAIL FROM:<me@{domain}>", "RCPT TO:<a@b.example>", "DATA"],
    ["EHLO me", "AUTH LOGIN", KEY_ID, "MAIL FROM:<me@{domain}>", "RCPT TO:<a@b.example>", "DATA"],
    ["EHLO me", "MAIL FROM:<me@{domain}> AUTH=<me@{domain}>", "RCPT TO:<a@b.example>", "DATA"],
    ["EHLO me", "RSET", "VRFY a@b.example", "RCPT TO:<a%b.example@{domain}>", "DATA"],
    ["EHLO me", "BDAT 5 LAST\r\nx\r\n", "MAIL FROM:<me@{domain}>", "BDAT 5 LAST\r\nx\r\n"],
]


@pytest.mark.parametrize("commands", STRANGERS, ids=lambda lines: " / ".join(lines)[:60])
@pytest.mark.parametrize("tls", [True, False], ids=["tls", "clear"])
def test_nobody_relays_who_has_not_logged_in(
    capture: Node, domain: str, commands: list[str], tls: bool
) -> None:
    verified(capture, domain)
    port = capture.smtps_port if tls else capture.smtp_port
    with RawSmtp(port, trusting(capture) if tls else None) as client:
        assert client.reply().startswith("220 ")
        for line in commands:
            answer = client.ask(line.format(domain=domain))
            mail = line.startswith(("MAIL", "RCPT", "DATA", "BDAT"))
            assert not (mail and answer.startswith(("2", "3"))), (line, answer)


def test_who_has_logged_in_relays_nothing_from_others(capture: Node, domain: str) -> None:
    sender = verified(capture, domain)
    with logged_in(capture) as client:
        for envelope, author in ((sender, "ceo@bank.example"), ("ceo@bank.example", sender)):
            client.ask(f"MAIL FROM:<{envelope}>")
            client.ask("RCPT TO:<a@receiver.example>")
            client.ask("DATA")
            client.send(letter(author).replace(b"\r\n.", b"\r\n..") + b".\r\n")
            assert client.reply().startswith("554 Message rejected: Email address is not verified.")


INJECTED = [
    "EHLO evil\r\n",
    f"EHLO evil\r\nAUTH PLAIN {PLAIN}\r\n",
    f"EHLO evil\r\nAUTH PLAIN {PLAIN}\r\nMAIL FROM:<me@x.example>\r\nRCPT TO:<a@b.example>\r\n",
]


@pytest.mark.parametrize("injected", INJECTED)
def test_what_stands_behind_starttls_in_the_clear_is_never_taken_for_what_comes_under_tls(
    capture: Node, injected: str
) -> None:
    with RawSmtp(capture.smtp_port) as client:
        client.reply()
        client.ask("EHLO me")
        client.send(b"STARTTLS\r\n" + injected.encode())
        assert client.reply() == "220 Ready to start TLS"
        client.secure(trusting(capture))
        assert client.ask("MAIL FROM:<me@x.example>").startswith("530 Authentication required")
        assert client.ask("NOOP") == "250 Ok"


def test_octets_that_are_no_handshake_end_the_connection_unanswered(capture: Node) -> None:
    with RawSmtp(capture.smtp_port) as client:
        client.reply()
        client.ask("EHLO me")
        assert client.ask("STARTTLS") == "220 Ready to start TLS"
        client.send(f"EHLO evil\r\nAUTH PLAIN {PLAIN}\r\n".encode())
        assert b"235" not in client.rest()


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_tls_older_than_1_2_is_refused(capture: Node) -> None:
    context = trusting(capture)
    context.minimum_version = context.maximum_version = ssl.TLSVersion.TLSv1_1
    context.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises((ssl.SSLError, ConnectionError)):
        RawSmtp(capture.smtps_port, context)


def test_a_password_in_the_clear_is_not_looked_at(capture: Node) -> None:
    with RawSmtp(capture.smtp_port) as client:
        client.reply()
        assert "AUTH" not in client.ask("EHLO me")
        assert client.ask(f"AUTH PLAIN {PLAIN}") == "530 Must issue a STARTTLS command first"


@pytest.mark.parametrize("command", ["NOOP\nNOOP", "NOOP\rNOOP", "NOOP\n"])
def test_a_cr_or_lf_alone_in_a_command_ends_the_session(capture: Node, command: str) -> None:
    with logged_in(capture) as client:
        client.send(f"{command}\r\nNOOP\r\n".encode())
        assert client.reply().startswith("500 A line ends in <CR><LF>")
        assert client.rest() == b""
