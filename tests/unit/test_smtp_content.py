"""Content after DATA: dots are stuffed, the end is the lone dot, and no piece's edge matters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto import smtp_content
from pillarbox.proto.smtp_content import ContentError, ContentStream

LINES = st.lists(st.sampled_from([b".", b"..", b"a", b"\r\n", b"\r\n.", b"\r\n.\r\n", b"long" * 9]))


def wire(*pieces: bytes) -> bytes:
    stream, sent = ContentStream(pieces), b""
    while not stream.finished:
        sent += stream.take()
    return sent


@pytest.mark.parametrize(
    ("content", "sent"),
    [
        (b"", b".\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b"a\r\n", b"a\r\n.\r\n"),
        (b".", b"..\r\n.\r\n"),
        (b"a\r\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\r\n..b\r\n", b"a\r\n...b\r\n.\r\n"),
        (b"a.b\r\n", b"a.b\r\n.\r\n"),
        (b"\r\n\r\n", b"\r\n\r\n.\r\n"),
    ],
)
def test_dots_are_stuffed_and_the_lone_dot_ends_it(content, sent):
    assert wire(content) == sent


@given(LINES, st.integers(1, 12), st.data())
def test_the_edges_of_pieces_and_chunks_change_nothing(parts, chunk, data):
    content = b"".join(parts)
    at = sorted(data.draw(st.sets(st.integers(0, len(content)), max_size=6)))
    pieces = [content[a:b] for a, b in zip([0, *at], [*at, len(content)], strict=True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(smtp_content, "CHUNK", chunk)
        sent = wire(*pieces)
    assert sent == wire(content)


@given(LINES)
def test_a_receiver_that_takes_the_dots_away_has_the_content(parts):
    content = b"".join(parts)
    sent = wire(content)
    assert sent.endswith(b".\r\n")
    assert sent.find(b"\r\n.\r\n") in {-1, len(sent) - 5}
    lines = sent.removesuffix(b".\r\n").split(b"\r\n")
    read = b"\r\n".join(line.removeprefix(b".") for line in lines)
    assert read in {content, content + b"\r\n"}


@pytest.mark.parametrize(
    "pieces", [(b"a\nb",), (b"a\rb",), (b"a\r",), (b"a\r", b"b"), (b"a", b"\nb")]
)
def test_a_cr_or_lf_that_stands_alone_is_refused(pieces):
    with pytest.raises(ContentError):
        wire(*pieces)
