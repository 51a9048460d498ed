"""Replies out of bytes: whole ones, bounded, whatever a server sends and however it is cut."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.outcome import Reply
from pillarbox.proto.smtp_reply import (
    MAX_LINE,
    MAX_LINES,
    ProtocolError,
    ReplyParser,
    ServerReply,
    make_reply,
)

PIECES = st.lists(
    st.binary(max_size=20)
    | st.sampled_from(
        [b"250 ok\r\n", b"250-a\r\n", b"421 bye\n", b"250", b"\r", b"\n", b"x" * 2100]
    )
)


def read(*pieces: bytes) -> list[ServerReply | ProtocolError]:
    parser = ReplyParser()
    return [found for piece in pieces for found in parser.feed(piece)]


@pytest.mark.parametrize(
    ("sent", "replies"),
    [
        (b"250 ok\r\n", [ServerReply(250, ("ok",))]),
        (b"250 ok\n", [ServerReply(250, ("ok",))]),
        (b"250\r\n", [ServerReply(250, ("",))]),
        (b"250-a\r\n250-b\r\n250 c\r\n", [ServerReply(250, ("a", "b", "c"))]),
        (b"250-\r\n250\r\n", [ServerReply(250, ("", ""))]),
        (b"220 a\r\n250 b\r\n", [ServerReply(220, ("a",)), ServerReply(250, ("b",))]),
        (b"550 caf\xc3\xa9 \xff\x1b[31m\r\n", [ServerReply(550, ("café \ufffd?[31m",))]),
        (b"250-wait\r\n250", []),
    ],
)
def test_whole_replies_come_out(sent, replies):
    assert read(sent) == replies


@pytest.mark.parametrize(
    "sent",
    [
        b"hello\r\n",
        b"\r\n",
        b"25 ok\r\n",
        b"2500 ok\r\n",
        b"150 ok\r\n",
        b"650 ok\r\n",
        b"250_ok\r\n",
        b"250-a\r\n550 b\r\n",
        b"250-a\r\n" * (MAX_LINES + 1),
        b"250-" + b"a" * 2000 + b"\r\n" + (b"250-" + b"a" * 2000 + b"\r\n") * 9,
        b"250 " + b"a" * MAX_LINE,
        b"250 " + b"a" * MAX_LINE + b"\r\n",
    ],
)
def test_what_is_no_reply_breaks_the_session_once_and_for_all(sent):
    parser = ReplyParser()
    assert [type(found) for found in parser.feed(sent)] == [ProtocolError]
    assert parser.feed(b"250 ok\r\n") == []


@given(PIECES)
def test_cutting_changes_nothing(pieces):
    sent = b"".join(pieces)
    assert read(*pieces) == read(sent) == read(*[bytes([octet]) for octet in sent])


@given(PIECES)
def test_replies_are_fit_to_be_shown(pieces):
    for found in read(*pieces):
        if isinstance(found, ServerReply):
            assert 200 <= found.code <= 599
            assert str(found.reply).isprintable()


@pytest.mark.parametrize(
    ("code", "text", "enhanced"),
    [
        (550, "5.1.1 no such user", "5.1.1"),
        (550, "5.1.1", "5.1.1"),
        (550, "5.1.1234 x", None),
        (250, "5.1.1 ok", None),
        (550, "no such user 5.1.1", None),
        (550, "5.1.1.1 x", None),
        (354, "3.0.0 go", None),
    ],
)
def test_an_enhanced_status_stands_first_and_has_the_codes_class(code, text, enhanced):
    assert make_reply(code, text) == Reply(code, text, enhanced)
