"""A message's content as it goes over the wire after DATA: dots stuffed, ended by the lone dot.

Takes the content as pieces of bytes, hands on chunks of bounded size (RFC 5321 §4.5.2), each made
by a few passes of C code rather than a loop over lines. A CR or LF that stands alone is refused
(RFC 5321 §2.3.8), as receivers disagree on whether it ends a line, and so on where the message
ends.
"""

from collections.abc import Iterator, Sequence

CHUNK = 262_144
"""Octets taken together; a chunk is at most twice as long before stuffing."""


class ContentError(ValueError):
    """The content has a CR or LF that stands alone."""


class ContentStream:
    """The chunks of one message, in order; `finished` once the final dot was given."""

    def __init__(self, content: Sequence[bytes]) -> None:
        self._chunks = _gather(content)
        self._next: bytes | None = next(self._chunks, None)
        self._coming: bytes | None = next(self._chunks, None)  # after the next one
        self._line_start = True
        self._cr = b""
        self.finished = False

    @property
    def ending(self) -> bool:
        """Whether one chunk is left: the one with the final dot."""
        return self._coming is None and not self.finished

    def take(self) -> bytes:
        """Give the next chunk. Raises `ContentError`; not to be called once finished."""
        chunk = self._cr + self._next if self._next is not None else self._cr
        self._next, self._coming = self._coming, next(self._chunks, None)
        self._cr = b""
        if self._next is not None and chunk.endswith(b"\r"):
            chunk, self._cr = chunk[:-1], b"\r"
        stuffed = self._stuff(chunk)
        if self._next is not None:
            return stuffed
        self.finished = True
        return stuffed + (b".\r\n" if self._line_start else b"\r\n.\r\n")

    def _stuff(self, chunk: bytes) -> bytes:
        if not chunk:
            return chunk
        ends = chunk.count(b"\r\n")
        if chunk.count(b"\n") != ends or chunk.count(b"\r") != ends:
            raise ContentError
        stuffed = chunk.replace(b"\r\n.", b"\r\n..")
        if self._line_start and chunk.startswith(b"."):
            stuffed = b"." + stuffed
        self._line_start = chunk.endswith(b"\n")
        return stuffed


def _gather(content: Sequence[bytes]) -> Iterator[bytes]:
    """Join small pieces and cut large ones."""
    waiting: list[bytes] = []
    length = 0
    for piece in content:
        for start in range(0, len(piece), CHUNK):
            part = piece[start : start + CHUNK]
            waiting.append(part)
            length += len(part)
            if length >= CHUNK:
                yield b"".join(waiting)
                waiting, length = [], 0
    if waiting:
        yield b"".join(waiting)
