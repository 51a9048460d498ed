"""What always holds of an SMTP client's octets: where a message ends; and cuts don't matter."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pillarbox.proto.smtp_server.events import MailFrom, Message, RcptTo
from pillarbox.proto.smtp_server.policy import ServerPolicy
from tests.unit.smtp_talk import RECEIVER, SUBMISSION, Talk, logged_in
from tests.unit.smuggling import END, FALSE_ENDS, FIRST, SECOND, wire

KEEPS = ServerPolicy(host="mx.test", bare_line_ends="keep", max_size=1000, max_line=200)
ENVELOPE = "EHLO me\r\nMAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\n"
PIECES = (
    b"\r\n", b"\r", b"\n", b".", b"..", b"\x00", b"\r\n.\r\n", b"\n.\n", b"x", b"DATA", b"BDAT 3",
    b"BDAT 5 LAST", b"EHLO me", b"MAIL FROM:<a@b.test>", b"RCPT TO:<c@d.test>", b"RSET", b"QUIT",
    b"NOOP", b"AUTH PLAIN AGtleQBwYXNz", b"AUTH LOGIN", b"STARTTLS", b"*", b"Subject: y\r\n\r\n",
)  # fmt: skip
streams = st.lists(st.sampled_from(PIECES) | st.binary(max_size=5), max_size=60).map(b"".join)
commands = st.lists(st.sampled_from(PIECES), max_size=60).map(b"\r\n".join)
cuts = st.lists(st.integers(0, 400), max_size=30).map(tuple)
policies = st.sampled_from([RECEIVER, SUBMISSION, KEEPS])
starts = st.sampled_from(["", "EHLO me\r\n", ENVELOPE, ENVELOPE + "DATA\r\n"])


def unstuffed(content: bytes) -> bytes:
    """Take back the dot of each line, line by line; after a bare LF only where there are two."""
    lines = content.split(b"\n")
    bare = [False, *(not line.endswith(b"\r") for line in lines)]
    return b"\n".join(
        line[1:] if line.startswith(b".." if after_bare else b".") else line
        for line, after_bare in zip(lines, bare, strict=False)
    )


@given(policies, st.booleans(), starts, streams | commands, cuts)
@example(RECEIVER, False, ENVELOPE + "DATA\r\n", b"\r\n.\r\n", (1, 2, 3, 4))
def test_how_octets_are_cut_changes_nothing(policy, secured, start, octets, cuts):
    # STARTTLS drops what came along with it, so how much came along matters there, and only there.
    octets = octets.replace(b"STARTTLS", b"NOOP")
    whole, cut = Talk(policy, secured), Talk(policy, secured)
    whole.say(start), cut.say(start)
    assert whole.say(octets) == cut.say(octets, cuts)
    assert whole.asked == cut.asked
    assert whole.server.state is cut.server.state
    assert whole.server.closed == cut.server.closed


@given(policies, st.booleans(), starts, streams | commands, cuts)
def test_any_octets_are_taken_without_an_error_and_within_bounds(
    policy, secured, start, octets, cuts
):
    talk = Talk(policy, secured)
    talk.say(start)
    talk.say(octets, cuts)
    assert talk.server.content_size <= policy.max_size + 4
    assert talk.server.waiting <= policy.max_line
    assert all(line[3:4] in "- " and line[:3].isdigit() for line in talk.heard.splitlines())


@given(starts, streams | commands, cuts)
def test_without_a_user_nothing_is_ever_asked_about_mail(start, octets, cuts):
    wrong = octets.replace(b"AGtleQBwYXNz", b"AGtleQB3cm9uZw==")
    for secured in (True, False):
        talk = Talk(SUBMISSION, secured)
        talk.say(start)
        talk.say(wrong, cuts)
        assert not [one for one in talk.asked if isinstance(one, MailFrom | RcptTo | Message)]


@given(streams)
def test_a_message_after_data_is_what_stands_before_the_first_true_end(octets):
    talk = Talk(KEEPS)
    talk.say(ENVELOPE + "DATA\r\n")
    talk.say(octets)
    framed = b"\r\n" + octets
    end = framed.find(END)
    if end < 0:
        assert not talk.messages
    elif end <= 1000:
        assert len(talk.messages) >= 1
        content = framed[2 : end + 2] if end else b""
        assert talk.messages[0].content == unstuffed(content)


@given(streams, st.booleans())
def test_a_message_in_chunks_is_complete_or_none(octets, last):
    talk = Talk(KEEPS)
    talk.say(ENVELOPE)
    talk.say(b"BDAT %d%s\r\n" % (len(octets), b" LAST" if last else b"") + octets[:-1])
    assert not (talk.messages and octets)
    talk.say(octets[-1:])
    assert [one.content for one in talk.messages] == ([octets] if last else [])


@pytest.mark.parametrize("false_end", FALSE_ENDS, ids=repr)
@pytest.mark.parametrize("cuts", [(), tuple(range(300))], ids=["whole", "one by one"])
def test_what_only_looks_like_the_end_of_a_message_is_part_of_it(false_end, cuts):
    talk = logged_in()
    talk.say("MAIL FROM:<a@b.test>\r\nRCPT TO:<c@d.test>\r\nDATA\r\n")
    talk.say(wire(false_end), cuts)
    (message,) = talk.messages
    assert message.sender == "a@b.test"
    assert message.content.startswith(FIRST)
    assert message.content.endswith(SECOND[-30:] + b"\r\n")
    assert talk.codes == [250]


@pytest.mark.parametrize("false_end", [e for e in FALSE_ENDS if b"\n.\n" in e or e == b"\r.\r"])
def test_a_receiving_host_refuses_a_message_with_a_cr_or_lf_alone(false_end):
    talk = Talk()
    talk.say(ENVELOPE + "DATA\r\n")
    talk.say(wire(false_end))
    assert talk.codes == [554]
    assert not talk.messages


@pytest.mark.parametrize("line", [b"NOOP\nNOOP\r\n", b"NOOP\rNOOP\r\n", b"NOOP\n", b"NOOP\r\r\n"])
def test_a_cr_or_lf_alone_in_a_command_ends_the_session(line):
    talk = Talk()
    talk.say(line + b"MAIL FROM:<a@b.test>\r\n")
    assert talk.codes == [500]
    assert talk.server.closed
