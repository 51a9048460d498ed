"""SMTP submission to a running node: what is handed in arrives, as the envelope says."""

import smtplib
from pathlib import Path

import pytest

from tests.e2e.raw_smtp import RawSmtp
from tests.e2e.submission import captured_from, letter, session, trusting, verified
from tests.peers.node import KEY_ID, SMTP_PASSWORD, Node
from tests.peers.wait import ARRIVAL_SECONDS


def test_smtplib_sends_over_starttls_and_over_tls(capture: Node, domain: str) -> None:
    sender = verified(capture, domain)
    with session(capture) as client:
        assert client.sendmail(sender, ["a@receiver.example"], letter(sender, "one")) == {}
    with smtplib.SMTP_SSL(
        "127.0.0.1", capture.smtps_port, context=trusting(capture), timeout=ARRIVAL_SECONDS
    ) as client:
        client.login(KEY_ID, SMTP_PASSWORD)
        assert client.sendmail(sender, ["b@receiver.example"], letter(sender, "two")) == {}
    copies = captured_from(capture, sender, 2)
    assert {one["recipient"] for one in copies} == {"a@receiver.example", "b@receiver.example"}
    for one in copies:
        assert one["raw"].endswith(b"\r\n\r\nHello,\r\n.\r\n..two dots\r\n")
        assert b"DKIM-Signature" in one["raw"]


def test_the_envelope_decides_who_gets_it_and_the_id_is_the_reply(
    capture: Node, domain: str
) -> None:
    sender = verified(capture, domain)
    with session(capture) as client:
        client.mail(sender)
        assert client.rcpt("a@receiver.example")[0] == 250
        assert client.rcpt("b@receiver.example")[0] == 250
        code, text = client.data(letter(sender, "x", "Bcc: hidden@receiver.example"))
    assert code == 250
    word, message_id = text.decode().split(" ")
    assert word == "Ok"
    copies = captured_from(capture, sender, 2)
    assert {one["recipient"] for one in copies} == {"a@receiver.example", "b@receiver.example"}
    assert {one["message_id"] for one in copies} == {message_id}
    assert all(b"hidden@" not in one["raw"] for one in copies)
    events = capture.events_when(message_id, "Send", "Delivery", "Delivery")
    assert all(one["mail"]["source"] == sender for one in events)


def test_the_headers_of_ses_take_effect_and_are_removed(capture: Node, domain: str) -> None:
    sender = verified(capture, domain)
    name = domain.replace(".", "-")
    capture.client("sesv2").create_configuration_set(ConfigurationSetName=name)
    headers = (f"X-SES-CONFIGURATION-SET: {name}", "X-SES-MESSAGE-TAGS: kind=test, run=7")
    with session(capture) as client:
        client.mail(sender)
        client.rcpt("a@receiver.example")
        _, text = client.data(letter(sender, "x", *headers, "X-SES-SOURCE-ARN: arn:aws:ses:x"))
    (copy,) = captured_from(capture, sender)
    assert b"X-SES-" not in copy["raw"].upper()
    (send, _) = capture.events_when(text.decode().split()[1], "Send", "Delivery")
    tags = send["mail"]["tags"]
    assert (tags["kind"], tags["run"]) == (["test"], ["7"])
    assert tags["ses:configuration-set"] == [name]
    assert tags["ses:operation"] == ["SendRawEmail"]


def test_lines_that_end_in_lf_alone_arrive_as_lines(capture: Node, domain: str) -> None:
    sender = verified(capture, domain)
    with session(capture) as client:
        client.sendmail(sender, "a@receiver.example", letter(sender, end="\n"))
    (copy,) = captured_from(capture, sender)
    assert b"\r\n\r\nHello,\r\n.\r\n..two dots\r\n" in copy["raw"]
    assert b"\n" not in copy["raw"].replace(b"\r\n", b"")


REFUSED = [
    ("stranger@elsewhere.example", "a@receiver.example", 554, "Message rejected: Email address is"),
    ("", "a@receiver.example", 501, "Invalid MAIL FROM address provided"),
    ("nobody", "a@receiver.example", 501, "Invalid MAIL FROM address provided"),
    ("{sender}", "a b@receiver.example", 501, "Invalid RCPT TO address provided"),
    ("{sender}", "nobody", 553, "<nobody> Invalid email address"),
]


@pytest.mark.parametrize(("sender", "recipient", "code", "text"), REFUSED)
def test_what_ses_refuses_is_refused_in_its_words(
    capture: Node, domain: str, sender: str, recipient: str, code: int, text: str
) -> None:
    good = verified(capture, domain)
    with session(capture) as client:
        replies = [
            client.docmd(f"MAIL FROM:<{sender.format(sender=good)}>"),
            client.docmd(f"RCPT TO:<{recipient}>"),
        ]
        if replies[-1][0] == 250:
            replies.append(client.data(letter(sender.format(sender=good))))
    told = [reply for reply in replies if reply[0] not in {250, 503}] or replies[-1:]
    assert told[0][0] == code
    assert told[0][1].decode().startswith(text)


def test_fifty_one_recipients_are_too_many_for_one_message(capture: Node, domain: str) -> None:
    sender = verified(capture, domain)
    with session(capture) as client:
        client.mail(sender)
        for number in range(51):
            assert client.rcpt(f"r{number}@receiver.example")[0] == 250
        answer = client.data(letter(sender))
    assert answer == (554, b"Transaction failed: Recipient count exceeds 50.")


WRONG = ["wrong", SMTP_PASSWORD[:-1], SMTP_PASSWORD.lower(), "", "secret/of+the/tests"]


@pytest.mark.parametrize("password", WRONG)
def test_a_wrong_password_is_refused(capture: Node, password: str) -> None:
    with session(capture, log_in=False) as client:
        client.ehlo()
        with pytest.raises(smtplib.SMTPAuthenticationError) as refused:
            client.login(KEY_ID, password)
        assert refused.value.smtp_code == 535
        assert refused.value.smtp_error == b"Authentication Credentials Invalid"


def test_a_key_with_limits_needs_send_raw_email_and_a_temporary_one_never_logs_in(
    capture: Node, domain: str
) -> None:
    sender = verified(capture, domain)
    limited = capture.run("keys", "create", "--allow", "SendEmail", "--json")
    allowed = capture.run("keys", "create", "--allow", "SendRawEmail", "--json")
    temporary = capture.run("keys", "create", "--session", "900", "--json")
    with session(capture, log_in=False) as client:
        client.login(limited["SmtpUsername"], limited["SmtpPassword"])
        code, text = client.mail(sender)
        assert code == 554
        assert b"is not authorized to perform `ses:SendRawEmail'" in text
    with session(capture, log_in=False) as client:
        client.login(allowed["SmtpUsername"], allowed["SmtpPassword"])
        assert client.sendmail(sender, "a@receiver.example", letter(sender)) == {}
    with (
        session(capture, log_in=False) as client,
        pytest.raises(smtplib.SMTPAuthenticationError),
    ):
        client.login(temporary["SmtpUsername"], temporary["SmtpPassword"])


def test_a_key_that_is_revoked_sends_nothing_more_on_an_open_session(
    capture: Node, domain: str
) -> None:
    sender = verified(capture, domain)
    key = capture.run("keys", "create", "--json")
    with session(capture, log_in=False) as client:
        client.login(key["SmtpUsername"], key["SmtpPassword"])
        assert client.mail(sender)[0] == 250
        client.rset()
        capture.run("keys", "revoke", key["AccessKeyId"])
        assert client.mail(sender)[0] == 535


def test_a_client_that_closes_its_side_hears_all_answers(capture: Node) -> None:
    with RawSmtp(capture.smtp_port) as client:
        client.send(b"EHLO me\r\nNOOP\r\nMAIL FROM:<a@b.example>\r\n")
        client.end()
        heard = client.rest().decode().splitlines()
    last = [line for line in heard if line[3] == " "]
    assert last[1:] == ["250 Ok", "250 Ok", "530 Must issue a STARTTLS command first"]


def test_a_message_under_way_when_the_node_is_stopped_is_taken_and_kept(tmp_path: Path) -> None:
    with Node.start(tmp_path, workers=1) as node:
        sender = verified(node, "shop.example")
        with RawSmtp(node.smtp_port) as idle, session(node) as client:
            idle.reply()
            client.mail(sender)
            client.rcpt("a@receiver.example")
            client.docmd("DATA")
            node.process.terminate()
            assert idle.reply() == "421 Service shutting down, try again"
            client.send(letter(sender).replace(b"\r\n.", b"\r\n..") + b".\r\n")
            code, text = client.getreply()
            assert (code, text[:3]) == (250, b"Ok ")
            assert client.getreply()[0] == 421
        assert node.process.wait(ARRIVAL_SECONDS) == 0
    with Node.start(tmp_path, workers=1) as node:
        (copy,) = captured_from(node, sender)
        assert copy["message_id"] == text.decode().split()[1]
