"""Content on the wire: dots stuffed once, in bounded chunks, with one end and no other."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.smtp import content as smtp_content
from pillarbox.proto.smtp.content import ContentError, ContentStream

LINES = st.lists(st.sampled_from([b"", b".", b"..", b"a.", b".a", b"text"]), max_size=12)


def wire(pieces: list[bytes]) -> bytes:
    """Take everything that a stream gives."""
    stream = ContentStream(pieces)
    taken = []
    while not stream.finished:
        taken.append(stream.take())
    return b"".join(taken)


def received(data: bytes) -> bytes:
    """Read content as a receiver does (RFC 5321 §4.5.2), line by line."""
    lines = data.split(b"\r\n")
    assert lines[-2:] == [b".", b""]
    assert b"." not in lines[:-2]
    return b"".join(line.removeprefix(b".") + b"\r\n" for line in lines[:-2])


@given(LINES, st.lists(st.integers(0, 60), max_size=8), st.integers(1, 9), st.booleans())
def test_a_receiver_reads_what_was_given_however_it_is_cut(lines, places, chunk, ended):
    content = b"\r\n".join(lines) + (b"\r\n" if ended else b"")
    ends = sorted({place % (len(content) + 1) for place in places} | {0, len(content)})
    pieces = [content[start:end] for start, end in pairwise(ends)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smtp_content, "CHUNK", chunk)
        got = received(wire(pieces))
    assert got == content + (b"" if not content or content.endswith(b"\r\n") else b"\r\n")


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", b".\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b"a\r\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"no end", b"no end\r\n.\r\n"),
    ],
)
def test_dots_are_stuffed_and_the_end_is_a_lone_dot(content, expected):
    assert wire([content]) == expected


@pytest.mark.parametrize(
    "content", [b"a\nb\r\n", b"a\rb\r\n", b"\n.\n", b"a\r", b"a\n", b"a\r\n\n.\r\n", b"\r\r\n"]
)
def test_a_line_end_that_is_no_crlf_never_leaves(content):
    for cut in range(len(content) + 1):
        with pytest.raises(ContentError):
            wire([content[:cut], content[cut:]])


def test_chunks_of_a_large_message_stay_bounded():
    stream = ContentStream([b"x" * 1000 + b"\r\n", (b"." * 70 + b"\r\n") * 40_000])
    sizes = []
    while not stream.finished:
        sizes.append(len(stream.take()))
    assert max(sizes) < 3 * smtp_content.CHUNK
    assert len(sizes) > 5
