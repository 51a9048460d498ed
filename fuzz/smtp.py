"""What always holds of SMTP clients who talk to us."""

from pillarbox.proto.smtp_server.events import MailFrom, Message, RcptTo
from pillarbox.proto.smtp_server.policy import ServerPolicy
from tests.unit.smtp_talk import Talk

ENVELOPE = b"EHLO me\r\nMAIL FROM:<a@b.example> SIZE=9\r\nRCPT TO:<c@d.example>\r\n"
LOGIN = b"EHLO me\r\nAUTH PLAIN AGtleQBwYXNz\r\n"
DIALOGS = (
    ENVELOPE + b"DATA\r\nA: b\r\n\r\n..c\r\n.\r\nQUIT\r\n",
    ENVELOPE + b"BDAT 3\r\nA: BDAT 3 LAST\r\nb\r\nNOOP\r\n",
    ENVELOPE + b"DATA\r\nA: b\r\n\r\nc\n.\nMAIL FROM:<evil@b.example>\r\n.\r\n",
    LOGIN + ENVELOPE + b"DATA\r\n.\r\nRSET\r\nVRFY x\r\nHELP\r\nEXPN y\r\n",
    b"EHLO me\r\nSTARTTLS\r\n" + LOGIN + ENVELOPE,
    b"EHLO me\r\nAUTH LOGIN\r\na2V5\r\ncGFzcw==\r\n" + ENVELOPE,
)
LIMIT = 600
RECEIVER = ServerPolicy(host="mx.test", max_size=LIMIT, max_line=300)
SUBMISSION = ServerPolicy(
    host="smtp.test", tls=True, authenticate=True, bare_line_ends="keep", max_size=LIMIT
)


def server(data: bytes) -> None:
    """However octets are cut: the same replies and messages, bounded, each with its true end; and
    nothing at all about mail without a user.
    """
    for policy, secured in ((RECEIVER, False), (SUBMISSION, True)):
        whole, pieces = Talk(policy, secured), Talk(policy, secured)
        whole.say(data)
        pieces.say(data, tuple(range(0, len(data), 3)))
        assert (whole.heard, whole.asked) == (pieces.heard, pieces.asked) or b"STARTTLS" in (
            data.upper()
        )
        for talk in (whole, pieces):
            _check(talk, data)
    stranger = Talk(SUBMISSION)
    stranger.say(data)
    mail = [one for one in stranger.asked if isinstance(one, MailFrom | RcptTo | Message)]
    assert not mail or b"STARTTLS" in data.upper()


def _check(talk: Talk, data: bytes) -> None:
    assert talk.server.content_size <= LIMIT + 4
    assert talk.server.waiting <= 2048
    ends = data.count(b"\r\n.\r\n") + data.upper().count(b"LAST")
    assert len(talk.messages) <= ends
    assert all(len(one.content) <= LIMIT for one in talk.messages)
    assert all(line[:3].isdigit() and line[3] in " -" for line in talk.heard.splitlines())
