"""The server's side of an SMTP session: what each dialog is answered, and what is asked."""

import pytest

from pillarbox.proto.smtp_server.events import (
    Authenticate,
    Content,
    MailFrom,
    Message,
    RcptTo,
    StartTls,
)
from pillarbox.proto.smtp_server.policy import ServerPolicy
from pillarbox.proto.smtp_server.replies import Answer
from tests.unit.smtp_talk import LOOPBACK, PLAIN, RECEIVER, SUBMISSION, Talk, logged_in

HELLO = "EHLO me\r\n"
ENVELOPE = "MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\n"
LETTER = "Subject: x\r\n\r\nhello\r\n"

# (what comes before, the command, the code it is answered): a receiving host's session
SEQUENCES = [
    ("", "NOOP", 250),
    ("", "RSET", 250),
    ("", "HELP", 214),
    ("", "VRFY <a@b.test>", 252),
    ("", "EXPN list", 502),
    ("", "QUIT", 221),
    ("", "EHLO me", 250),
    ("", "helo me", 250),
    ("", "EHLO", 501),
    ("", "EHLO m\x01e", 501),
    ("", "MAIL FROM:<a@b.test>", 503),
    ("", "RCPT TO:<a@b.test>", 503),
    ("", "DATA", 503),
    ("", "AUTH PLAIN", 503),
    ("", "STARTTLS", 502),
    ("", "", 500),
    ("", "GET / HTTP/1.1", 500),
    (HELLO, "RCPT TO:<a@b.test>", 503),
    (HELLO, "DATA", 503),
    (HELLO, "BDAT 0 LAST", 503),
    (HELLO, "AUTH PLAIN", 502),
    (HELLO, "MAIL FROM:<a@b.test>", 250),
    (HELLO, "mail from:<>", 250),
    (HELLO, "MAIL FROM: <a@b.test>", 250),
    (HELLO, "MAIL FROM:a@b.test SIZE=10", 250),
    (HELLO, "MAIL FROM:<a@b.test> SIZE=1000", 250),
    (HELLO, "MAIL FROM:<a@b.test> SIZE=1001", 552),
    (HELLO, "MAIL FROM:<a@b.test> SIZE=x", 501),
    (HELLO, "MAIL FROM:<a@b.test> SIZE=10 BODY=8BITMIME", 250),
    (HELLO, "MAIL FROM:<a@b.test> BODY=BINARYMIME", 555),
    (HELLO, "MAIL FROM:<a@b.test> SMTPUTF8", 555),
    (HELLO, "MAIL FROM:<a@b.test> RET=FULL", 555),
    (HELLO, "MAIL FROM:<ä@b.test>", 501),
    (HELLO, "MAIL FROM:<a@b.test", 501),
    (HELLO, "MAIL FROM:", 501),
    (HELLO, "MAIL <a@b.test>", 501),
    (HELLO, 'MAIL FROM:<"a>b"@b.test>', 250),
    (HELLO + "MAIL FROM:<a@b.test>\r\n", "MAIL FROM:<a@b.test>", 503),
    (HELLO + "MAIL FROM:<a@b.test>\r\n", "DATA", 554),
    (HELLO + "MAIL FROM:<a@b.test>\r\n", "RCPT TO:<>", 501),
    (HELLO + "MAIL FROM:<a@b.test>\r\n", "RCPT TO:<ü@b.test>", 501),
    (HELLO + "MAIL FROM:<a@b.test>\r\n", "RCPT TO:<a@b.test> NOTIFY=NEVER", 555),
    (HELLO + "MAIL FROM:<a@b.test>\r\nRSET\r\n", "RCPT TO:<a@b.test>", 503),
    (HELLO + "MAIL FROM:<a@b.test>\r\n" + HELLO, "RCPT TO:<a@b.test>", 503),
    (HELLO + ENVELOPE, "RCPT TO:<e@f.test>", 250),
    (HELLO + ENVELOPE, "STARTTLS", 503),
    (HELLO + ENVELOPE, "AUTH PLAIN", 503),
    (HELLO + ENVELOPE, "DATA now", 501),
    (HELLO + ENVELOPE, "DATA", 354),
    (HELLO + ENVELOPE, "BDAT 0 LAST", 250),
    (HELLO + ENVELOPE, "BDAT x", 501),
    (HELLO + ENVELOPE + "BDAT 0\r\n", "RCPT TO:<e@f.test>", 503),
    (HELLO + ENVELOPE + "BDAT 0\r\n", "DATA", 503),
    (HELLO + ENVELOPE + "DATA\r\n.\r\n", "RCPT TO:<a@b.test>", 503),
    (HELLO + ENVELOPE + "DATA\r\n.\r\n", "MAIL FROM:<a@b.test>", 250),
]


@pytest.mark.parametrize(("before", "command", "code"), SEQUENCES)
def test_a_command_is_answered_by_what_came_before_it(before, command, code):
    talk = Talk()
    talk.say(before)
    talk.say(command + "\r\n")
    assert talk.codes == [code]


def test_the_greeting_and_the_extensions_are_the_ones_of_the_policy():
    assert Talk(SUBMISSION).say(HELLO) == (
        "250-smtp.test\r\n250-8BITMIME\r\n250-SIZE 1000\r\n250-PIPELINING\r\n250-CHUNKING\r\n"
        "250-STARTTLS\r\n250 Ok\r\n"
    )
    assert "AUTH PLAIN LOGIN" in Talk(SUBMISSION, secured=True).say(HELLO)
    assert "STARTTLS" not in Talk(SUBMISSION, secured=True).say(HELLO)
    assert "AUTH PLAIN LOGIN" in Talk(LOOPBACK).say(HELLO)
    assert "AUTH" not in Talk(RECEIVER).say(HELLO)


def test_replies_have_enhanced_statuses_where_the_policy_says_so_and_the_client_knows_them():
    talk = Talk(ServerPolicy(host="mx.test", enhanced=True))
    assert talk.say("NOOP\r\n") == "250 Ok\r\n"
    assert "250-ENHANCEDSTATUSCODES\r\n" in talk.say(HELLO)
    assert talk.say("MAIL FROM:<a@b.test>\r\n") == "250 2.1.0 Ok\r\n"
    assert talk.say("RCPT TO:<a@b.test>\r\n") == "250 2.1.5 Ok\r\n"
    assert talk.say("NONSENSE\r\n") == "500 5.5.1 Command not recognized\r\n"


def test_a_pipelined_transaction_is_asked_about_step_by_step():
    talk = Talk()
    talk.say(HELLO + "MAIL FROM:<a@b.test> SIZE=21\r\nRCPT TO:<c@d.test>\r\nRCPT TO:<e@f.test>\r\n")
    assert talk.codes[-3:] == [250, 250, 250]
    assert talk.say("DATA\r\n") == "354 End data with <CR><LF>.<CR><LF>\r\n"
    assert talk.say(f"{LETTER}.\r\nQUIT\r\n") == "250 Ok 42\r\n221 Bye\r\n"
    assert talk.asked == [
        MailFrom("a@b.test", 21),
        RcptTo("c@d.test"),
        RcptTo("e@f.test"),
        Content(21),
        Message("a@b.test", ("c@d.test", "e@f.test"), LETTER.encode()),
    ]
    assert talk.server.closed


@pytest.mark.parametrize(
    ("wire", "message"),
    [
        (".\r\n", b""),
        ("x\r\n.\r\n", b"x\r\n"),
        ("..\r\n.\r\n", b".\r\n"),
        ("..a\r\n...b\r\nc.\r\n.\r\n", b".a\r\n..b\r\nc.\r\n"),
        (".a\r\n.\r\n", b"a\r\n"),
        ("\r\n.\r\n", b"\r\n"),
    ],
)
def test_dots_are_taken_back_and_the_lone_one_ends_the_message(wire, message):
    talk = Talk()
    talk.say(HELLO + ENVELOPE + "DATA\r\n")
    talk.say(wire)
    assert [one.content for one in talk.messages] == [message]


def test_chunks_make_one_message_and_dots_mean_nothing_in_them():
    talk = Talk()
    talk.say(HELLO + ENVELOPE + "BDAT 5\r\n..a\r\nBDAT 5\r\n\r\n.\r\nBDAT 0 LAST\r\nNOOP\r\n")
    assert talk.codes[-4:] == [250, 250, 250, 250]
    assert [one.content for one in talk.messages] == [b"..a\r\n\r\n.\r\n"]


@pytest.mark.parametrize("before", ["", HELLO, HELLO + "MAIL FROM:<a@b.test>\r\n"])
def test_a_chunk_that_is_not_wanted_is_swallowed_whole(before):
    talk = Talk()
    talk.say(before)
    talk.say("BDAT 22 LAST\r\nMAIL FROM:<a@b.test>\r\nNOOP\r\n")
    assert talk.codes == [503, 250]
    assert not talk.messages


def test_a_chunk_refused_by_the_owner_is_swallowed_before_the_refusal():
    talk = Talk(no={Content: Answer(451, "later")})
    talk.say(HELLO + ENVELOPE)
    assert talk.say("BDAT 6 LAST\r\nNOOP\r\nNOOP\r\n") == "451 later\r\n250 Ok\r\n"


@pytest.mark.parametrize("size", [1000, 1001, 5000])
@pytest.mark.parametrize("cuts", [(), tuple(range(0, 6000, 7))])
def test_a_message_is_too_long_beyond_the_limit_and_the_session_goes_on(size, cuts):
    letter = b"x" * (size - 2) + b"\r\n"
    talk = Talk()
    talk.say(HELLO + ENVELOPE + "DATA\r\n")
    talk.say(letter + b".\r\nNOOP\r\n", cuts)
    assert talk.codes == [250 if size <= 1000 else 552, 250]
    assert [len(one.content) for one in talk.messages] == ([size] if size <= 1000 else [])
    assert talk.server.content_size == 0


def test_chunks_are_too_long_together():
    talk = Talk()
    talk.say(HELLO + ENVELOPE + "BDAT 600\r\n" + "x" * 600)
    talk.say("BDAT 401 LAST\r\n" + "x" * 401 + "NOOP\r\n")
    assert talk.codes == [552, 250]
    assert not talk.messages


def test_a_recipient_too_many_is_refused_alone():
    talk = Talk()
    talk.say(HELLO + "MAIL FROM:<>\r\n" + "".join(f"RCPT TO:<r{n}@d.test>\r\n" for n in range(4)))
    assert talk.codes[-4:] == [250, 250, 250, 452]
    talk.say("DATA\r\n" + "x\r\n.\r\n")
    assert len(talk.messages[0].recipients) == 3


def test_a_refused_message_leaves_nothing_for_the_next():
    talk = Talk(no={Message: Answer(554, "Message rejected: no")})
    talk.say(HELLO + ENVELOPE + "DATA\r\n")
    assert talk.say(f"{LETTER}.\r\n") == "554 Message rejected: no\r\n"
    talk.say("DATA\r\n")
    assert talk.codes == [503]


def test_a_sender_refused_by_the_owner_begins_nothing():
    talk = Talk(no={MailFrom: Answer(501, "no")})
    talk.say(HELLO + ENVELOPE + "DATA\r\n")
    assert talk.codes[-3:] == [501, 503, 503]


# TLS and AUTH.


@pytest.mark.parametrize("command", ["MAIL FROM:<a@b>", "RCPT TO:<a@b>", "DATA", "BDAT 0 LAST"])
def test_without_tls_and_without_a_user_nothing_begins(command):
    talk = Talk(SUBMISSION)
    talk.say(HELLO)
    assert talk.say(command + "\r\n") == "530 Must issue a STARTTLS command first\r\n"
    talk = Talk(SUBMISSION, secured=True)
    talk.say(HELLO)
    assert talk.say(command + "\r\n") == "530 Authentication required\r\n"


def test_auth_before_tls_is_refused_and_the_password_not_looked_at():
    talk = Talk(SUBMISSION)
    talk.say(HELLO)
    assert talk.say(PLAIN) == "530 Must issue a STARTTLS command first\r\n"
    assert not talk.asked


def test_where_there_is_no_certificate_there_is_no_auth():
    talk = Talk(ServerPolicy(host="smtp.test", authenticate=True))
    talk.say(HELLO)
    assert talk.say(PLAIN) == "502 Command not implemented\r\n"


def test_what_was_pipelined_behind_starttls_is_dropped_and_what_was_said_forgotten():
    talk = Talk(SUBMISSION)
    talk.say(HELLO)
    heard = talk.say("STARTTLS\r\nEHLO evil\r\n" + PLAIN + ENVELOPE + "DATA\r\n")
    assert heard == "220 Ready to start TLS\r\n"
    assert talk.asked == [StartTls()]
    assert talk.server.secured
    assert not talk.server.hello
    talk.say("MAIL FROM:<a@b.test>\r\n")
    assert talk.codes == [530]


def test_a_handshake_that_can_not_begin_leaves_the_session_as_it_was():
    talk = Talk(SUBMISSION, no={StartTls: Answer(454, "not now")})
    talk.say(HELLO)
    assert talk.say("STARTTLS\r\nNOOP\r\n") == "454 not now\r\n250 Ok\r\n"
    assert not talk.server.secured


def test_starttls_under_tls_is_out_of_sequence():
    talk = Talk(SUBMISSION, secured=True)
    talk.say(HELLO)
    talk.say("STARTTLS\r\n")
    assert talk.codes == [503]


LOGINS = [
    (["AUTH PLAIN AGtleQBwYXNz"], [235]),
    (["auth plain", "AGtleQBwYXNz"], [334, 235]),
    (["AUTH PLAIN a2V5AGtleQBwYXNz"], [235]),  # authorised as oneself
    (["AUTH PLAIN eW91AGtleQBwYXNz"], [535]),  # as somebody else
    (["AUTH PLAIN AGtleQB3cm9uZw=="], [535]),
    (["AUTH PLAIN =", "NOOP"], [501, 250]),
    (["AUTH PLAIN !!!"], [501]),
    (["AUTH PLAIN gICA"], [501]),
    (["AUTH PLAIN", "*", "NOOP"], [334, 501, 250]),
    (["AUTH LOGIN", "a2V5", "cGFzcw=="], [334, 334, 235]),
    (["AUTH LOGIN a2V5", "cGFzcw=="], [334, 235]),
    (["AUTH LOGIN a2V5", "d3Jvbmc="], [334, 535]),
    (["AUTH LOGIN", "a2V5", "*"], [334, 334, 501]),
    (["AUTH CRAM-MD5"], [504]),
    (["AUTH"], [504]),
    (["AUTH PLAIN AGtleQBwYXNz", "AUTH PLAIN AGtleQBwYXNz"], [235, 503]),
]


@pytest.mark.parametrize(("lines", "codes"), LOGINS)
def test_a_login_is_answered(lines, codes):
    talk = Talk(SUBMISSION, secured=True)
    talk.say(HELLO)
    talk.say("".join(f"{line}\r\n" for line in lines))
    assert talk.codes == codes


def test_the_challenges_of_login_are_the_ones_that_clients_know():
    talk = Talk(SUBMISSION, secured=True)
    talk.say(HELLO)
    assert talk.say("AUTH LOGIN\r\n") == "334 VXNlcm5hbWU6\r\n"
    assert talk.say("a2V5\r\n") == "334 UGFzc3dvcmQ6\r\n"
    assert talk.say("cGFzcw==\r\n") == "235 Authentication successful.\r\n"
    assert talk.asked == [Authenticate("key", "pass")]


# Limits.


def test_errors_end_the_session_when_there_are_too_many():
    talk = Talk()
    talk.say("NONSENSE\r\n" * 20)
    assert talk.codes == [500] * 11 + [421]
    assert talk.server.closed


def test_refused_logins_end_the_session_when_there_are_too_many():
    talk = Talk(SUBMISSION, secured=True)
    talk.say(HELLO)
    talk.say("AUTH PLAIN AGtleQB3cm9uZw==\r\n" * 20)
    assert talk.codes == [535] * 11 + [421]


def test_commands_without_a_message_end_the_session_when_there_are_too_many():
    talk = Talk(ServerPolicy(host="mx.test", max_commands=5))
    talk.say(HELLO + ENVELOPE + "DATA\r\n")
    talk.say(".\r\n" + "NOOP\r\n" * 9)
    assert talk.codes == [250] * 6 + [421]
    assert talk.server.closed


@pytest.mark.parametrize("end", ["", "\r\n"])
def test_a_line_that_is_too_long_ends_the_session(end):
    talk = Talk()
    assert talk.say("NOOP " + "x" * 300 + end) == "500 Line too long\r\n"
    assert talk.server.closed
    assert talk.say("NOOP\r\n") == ""


def test_a_long_reply_is_several_lines_and_nothing_unprintable_is_in_it():
    text = "Message rejected: " + "a<ü>\r\n" * 300
    wire = Answer(554, text, "5.7.1").encode(enhanced=True).decode()
    lines = wire.split("\r\n")
    assert lines.pop() == ""
    assert all(len(line) <= 510 and line.isprintable() for line in lines)
    assert [line[:10] for line in lines] == ["554-5.7.1 "] * (len(lines) - 1) + ["554 5.7.1 "]


def test_a_session_that_is_hung_up_on_hears_why_and_nothing_else():
    talk = logged_in()
    talk.say(ENVELOPE + "DATA\r\nSubject: half")
    talk.server.hang_up(Answer(421, "bye", closing=True))
    assert talk.say(" a message\r\n.\r\n") == "421 bye\r\n"
    assert not talk.messages
