"""Real SMTP clients hand in mail to a running node, and it arrives."""

import email
import email.policy
import shutil
import smtplib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from pillarbox.deliver.capture import CapturedMessage
from tests.e2e.submission import captured_from, letter, verified
from tests.peers import javascript, postfix
from tests.peers.mailbox import captured_mail
from tests.peers.node import KEY_ID, SMTP_PASSWORD, Node
from tests.peers.postfix_relay import postfix_relay, queued
from tests.peers.wait import ARRIVAL_SECONDS, until

TO = "you@receiver.example"
needs = {
    name: pytest.mark.skipif(not shutil.which(name), reason=f"make system installs {name}")
    for name in ("swaks", "msmtp")
}


@javascript.needs_packages
@pytest.mark.parametrize("secure", ["no", "yes"], ids=["starttls", "tls"])
def test_nodemailer(capture: Node, domain: str, secure: str) -> None:
    sender = verified(capture, domain)
    port = capture.smtps_port if secure == "yes" else capture.smtp_port
    response = javascript.run(
        "submit.mjs",
        environment={
            "HOST": "127.0.0.1",
            "PORT": str(port),
            "SECURE": secure,
            "USERNAME": KEY_ID,
            "PASSWORD": SMTP_PASSWORD,
            "CA": str(capture.data / "self-made.pem"),
            "FROM": f"Zoë <{sender}>",
            "TO": TO,
        },
    )
    (copy,) = captured_from(capture, sender)
    assert response == f"250 Ok {copy['message_id']}\n"
    message = email.message_from_bytes(copy["raw"], policy=email.policy.default)
    assert message["Subject"] == "Grüße von nodemailer"
    text = message.get_body(("plain",))
    assert text is not None
    assert text.get_content().splitlines() == ["Zeile mit Umlauten: äöü", ".", ".."]
    (attachment,) = message.iter_attachments()
    assert attachment.get_content() == (b"xyz\n" * 25_000)


@needs["swaks"]
@pytest.mark.parametrize("way", [["--tls"], ["--tls-on-connect"]], ids=["starttls", "tls"])
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("pipeline", [[], ["--pipeline"]], ids=["in turn", "pipelined"])
def test_swaks(
    capture: Node, domain: str, way: list[str], mechanism: str, pipeline: list[str]
) -> None:
    sender = verified(capture, domain)
    port = capture.smtp_port if way == ["--tls"] else capture.smtps_port
    login = ["--auth", mechanism, "--auth-user", KEY_ID, "--auth-password", SMTP_PASSWORD]
    done = subprocess.run(
        [
            *("swaks", "--server", f"127.0.0.1:{port}", *way, *login, *pipeline),
            *("--from", sender, "--to", f"{TO},two@receiver.example", "--body", "a\n.\n..b\n"),
        ],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    copies = captured_from(capture, sender, 2)
    assert f"250 Ok {copies[0]['message_id']}" in done.stdout
    assert copies[0]["raw"].rstrip().endswith(b"\r\n\r\na\r\n.\r\n..b")


@needs["msmtp"]
@pytest.mark.parametrize("starttls", ["on", "off"])
def test_msmtp(capture: Node, domain: str, starttls: str, tmp_path: Path) -> None:
    sender = verified(capture, domain)
    settings = {
        "host": "localhost",
        "port": str(capture.smtp_port if starttls == "on" else capture.smtps_port),
        "from": sender,
        "auth": "on",
        "user": KEY_ID,
        "password": SMTP_PASSWORD,
        "tls": "on",
        "tls_starttls": starttls,
        "tls_trust_file": str(capture.data / "self-made.pem"),
    }
    file = tmp_path / "msmtprc"
    lines = [f"{name} {value}" for name, value in settings.items()]
    file.write_text("\n".join(["account default", *lines]) + "\n")
    file.chmod(0o600)
    subprocess.run(
        ["msmtp", "-C", str(file), TO],
        input=letter(sender, "from cron", end="\n"),
        capture_output=True,
        timeout=60,
        check=True,
    )
    (copy,) = captured_from(capture, sender)
    assert copy["recipient"] == TO
    assert copy["raw"].endswith(b"\r\n\r\nHello,\r\n.\r\n..two dots\r\n")


@dataclass(frozen=True)
class Relay:
    """Postfix that relays through an account of its own."""

    server: postfix.Postfix
    account: str
    sender: str

    def hand_in(self, subject: str, *recipients: str) -> None:
        """Give it a message, as an application on the same machine does."""
        with smtplib.SMTP("127.0.0.1", self.server.port, timeout=ARRIVAL_SECONDS) as client:
            client.sendmail(self.sender, recipients, letter(self.sender, subject))


@pytest.fixture
def relay(capture: Node, domain: str, tmp_path: Path) -> Iterator[Relay]:
    if not postfix.available():
        pytest.skip("needs Debian's postfix, and root to start it")
    (account,) = capture.run("accounts", "create", "--json")
    key = capture.run("keys", "create", "--account", account["id"], "--json")
    capture.client(
        "sesv2",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    ).create_email_identity(EmailIdentity=domain)
    login = (key["SmtpUsername"], key["SmtpPassword"])
    ca_file = capture.data / "self-made.pem"
    with postfix_relay(tmp_path, capture.smtp_port, *login, ca_file) as server:
        yield Relay(server, account["id"], f"app@{domain}")


def captured_by(capture: Node, relay: Relay) -> list[CapturedMessage]:
    """What is in the mailbox on disk from the relay's sender: no other account may ask for it."""
    return [one for one in captured_mail(capture.data) if relay.sender in one.sender]


@pytest.mark.postfix
def test_postfix_relays_through_us(capture: Node, relay: Relay) -> None:
    relay.hand_in("through Postfix", TO, "two@receiver.example")
    until(lambda: len(captured_by(capture, relay)) == 2, ARRIVAL_SECONDS, "both copies")
    until(lambda: "is empty" in queued(relay.server), ARRIVAL_SECONDS, "an empty queue")


@pytest.mark.postfix
def test_postfix_tries_again_what_the_quota_holds_back(capture: Node, relay: Relay) -> None:
    capture.run("accounts", "set", relay.account, "--max-24h", "0")
    relay.hand_in("held back", TO)
    reason = "454 Throttling failure: Daily message quota exceeded."
    until(lambda: reason in queued(relay.server), ARRIVAL_SECONDS, "Postfix to be told 454")
    assert not captured_by(capture, relay)
    capture.run("accounts", "set", relay.account, "--max-24h", "100")
    until(lambda: len(captured_by(capture, relay)) == 1, ARRIVAL_SECONDS, "the copy")
    until(lambda: "is empty" in queued(relay.server), ARRIVAL_SECONDS, "an empty queue")
