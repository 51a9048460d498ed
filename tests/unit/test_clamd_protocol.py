"""What is sent to clamd, and what its replies mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.clamd import (
    CHUNK,
    MAX_REPLY,
    Clean,
    Failed,
    Found,
    ReplyReader,
    TooLarge,
    instream,
    read_verdict,
)


def unpacked(stream: bytes) -> bytes:
    """The content of an INSTREAM command, read as the daemon reads it."""
    command, _, rest = stream.partition(b"\0")
    assert command == b"zINSTREAM"
    content = b""
    while True:
        size, rest = int.from_bytes(rest[:4], "big"), rest[4:]
        if not size:
            assert rest == b""
            return content
        assert size <= CHUNK
        content, rest = content + rest[:size], rest[size:]


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK])
def test_a_message_is_sent_in_chunks(size):
    content = bytes(n % 251 for n in range(size))
    assert unpacked(b"".join(instream(content))) == content


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        ("stream: OK", Clean()),
        ("stream: Eicar-Signature FOUND", Found("Eicar-Signature")),
        ("stream: a b\x07 FOUND", Found("a_b_")),
        ("stream:  FOUND", Found("unnamed")),
        ("INSTREAM size limit exceeded. ERROR", TooLarge()),
        ("stream: Can't allocate memory ERROR", Failed("stream: Can't allocate memory ERROR")),
        ("", Failed("the scanner said nothing")),
        ("OK", Failed("OK")),
        ("other: OK", Failed("other: OK")),
        ("stream: NOT OK", Failed("stream: NOT OK")),
    ],
)
def test_a_reply_is_a_verdict(reply, verdict):
    assert read_verdict(reply) == verdict


@given(st.text())
def test_nothing_but_ok_is_clean(reply):
    assert (read_verdict(reply) == Clean()) is (reply == "stream: OK")


@given(st.binary(max_size=60), st.integers(1, 7))
def test_a_reply_is_the_same_however_it_comes(data, step):
    whole = ReplyReader().feed(data + b"\0rest")
    reader = ReplyReader()
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    replies = [reply for one in (*pieces, b"\0") if (reply := reader.feed(one)) is not None]
    assert replies[0] == whole


def test_a_reply_without_an_end_is_cut_off():
    reader = ReplyReader()
    assert reader.feed(b"x" * MAX_REPLY) is None
    assert reader.feed(b"x" * MAX_REPLY) == "x" * MAX_REPLY
