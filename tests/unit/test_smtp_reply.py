"""SMTP replies: whole ones come out however the bytes are cut; what is no reply is one error."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.outcome import Reply
from pillarbox.proto.smtp.reply import (
    MAX_LINE,
    MAX_LINES,
    ProtocolError,
    ReplyParser,
    ServerReply,
    make_reply,
)

TEXTS = st.text(st.characters(categories=("L", "N", "P"), include_characters=" "), max_size=60)
REPLIES = st.builds(
    ServerReply, st.integers(200, 599), st.lists(TEXTS, min_size=1, max_size=5).map(tuple)
)


def written(reply: ServerReply) -> bytes:
    """Write a reply as a server does."""
    marks = ["-"] * (len(reply.lines) - 1) + [" "]
    lines = zip(marks, reply.lines, strict=True)
    return b"".join(f"{reply.code}{mark}{line}\r\n".encode() for mark, line in lines)


def cut(data: bytes, places: list[int]) -> list[bytes]:
    """Cut bytes at some places."""
    ends = sorted({place % (len(data) + 1) for place in places} | {0, len(data)})
    return [data[start:end] for start, end in pairwise(ends)]


@given(st.lists(REPLIES, max_size=4), st.lists(st.integers(0, 2000), max_size=20))
def test_replies_come_out_whole_however_they_are_cut(replies, places):
    parser = ReplyParser()
    data = b"".join(map(written, replies))
    assert [one for part in cut(data, places) for one in parser.feed(part)] == replies
    assert parser.idle


@given(st.binary(max_size=400), st.lists(st.integers(0, 400), max_size=10))
def test_any_bytes_give_the_same_replies_however_cut_and_at_most_one_error(data, places):
    whole, parts = ReplyParser(), ReplyParser()
    found = whole.feed(data)
    assert [one for part in cut(data, places) for one in parts.feed(part)] == found
    errors = [number for number, one in enumerate(found) if isinstance(one, ProtocolError)]
    assert errors in ([], [len(found) - 1])
    if errors:
        assert whole.feed(b"250 fine\r\n") == []


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"hello\r\n", "no SMTP reply"),
        (b"\r\n", "no SMTP reply"),
        (b"150 early\r\n", "no SMTP reply"),
        (b"600 late\r\n", "no SMTP reply"),
        (b"25 short\r\n", "no SMTP reply"),
        (b"2500 long\r\n", "no SMTP reply"),
        (b"250_ok\r\n", "no SMTP reply"),
        (b"250-one\r\n251 two\r\n", "code changes"),
        (b"250 " + b"x" * MAX_LINE + b"\r\n", "line is too long"),
        (b"x" * (MAX_LINE + 1), "line is too long"),
        (b"250-x\r\n" * (MAX_LINES + 1), "reply is too long"),
        ((b"250-" + b"x" * 1900 + b"\r\n") * 10, "reply is too long"),
    ],
)
def test_what_is_no_reply_or_never_ends_is_one_error(data, why):
    (error,) = ReplyParser().feed(data)
    assert isinstance(error, ProtocolError)
    assert why in error.text


@pytest.mark.parametrize(
    ("data", "reply"),
    [
        (b"250 2.0.0 Ok: queued\r\n", Reply(250, "2.0.0 Ok: queued", "2.0.0")),
        (b"250\r\n", Reply(250, "")),
        (b"250 ok\n", Reply(250, "ok")),
        (b"550-5.1.1 No\r\n550 5.1.1 one\r\n", Reply(550, "5.1.1 No 5.1.1 one", "5.1.1")),
        (b"250 caf\xc3\xa9 \xff\x1b[31m\r\n", Reply(250, "café �?[31m")),
        (b"250 a\tb\0c\r\n", Reply(250, "a b?c")),
    ],
)
def test_a_reply_is_one_line_that_is_safe_to_show(data, reply):
    (found,) = ReplyParser().feed(data)
    assert isinstance(found, ServerReply)
    assert found.reply == reply


@pytest.mark.parametrize(
    ("code", "text", "enhanced"),
    [
        (550, "5.1.1 no", "5.1.1"),
        (550, "5.1.1", "5.1.1"),
        (450, "4.2.100 x", "4.2.100"),
        (250, "5.1.1 no", None),
        (550, "5.1.1no", None),
        (550, "5.1 no", None),
        (550, "5.1234.1 no", None),
        (550, "see 5.1.1", None),
    ],
)
def test_an_enhanced_status_stands_first_and_has_the_codes_class(code, text, enhanced):
    assert make_reply(code, text).enhanced == enhanced
