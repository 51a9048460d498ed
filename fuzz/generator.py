"""Makes inputs: seeds from the target, changed, crossed and cut, all from one random seed.

Takes a `random.Random` and examples; hands on bytes without end. The same seed gives the same
inputs, so that a failure that was printed can be had again.
"""

import random
from collections.abc import Iterator, Sequence

LONGEST = 4_096
TRICKY = (
    b"\r\n", b"\r", b"\n", b"\x00", b".\r\n", b"\r\n.\r\n", b"--", b"=?utf-8?b?", b"?=", b'"',
    b"\\", b"<", b">", b"(", b")", b"@", b",", b";", b"%", b"%00", b"%0d%0a", b"\xff", b"\xc3\xa9",
    b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"{", b"}", b"[", b"]", b"null", b"-1", b"1e999",
    b"9" * 40, b"250-", b"250 ", b"421 ", b"\xc0\x0c", b" " * 64, b"a" * 1_000,
)  # fmt: skip


def inputs(source: random.Random, examples: Sequence[bytes]) -> Iterator[bytes]:
    """Examples first, as they are; then changes of what came before."""
    pool = [b"", *examples]
    yield from pool
    while True:
        made = _change(source, source.choice(pool), pool)
        if len(pool) < 256 and source.random() < 0.05:
            pool.append(made)
        yield made


def _change(source: random.Random, data: bytes, pool: Sequence[bytes]) -> bytes:
    for _ in range(source.randint(1, 6)):
        start = source.randint(0, len(data))
        end = min(len(data), start + source.randint(0, 16))
        match source.randrange(6):
            case 0:
                data = data[:start] + source.randbytes(source.randint(1, 4)) + data[end:]
            case 1:
                data = data[:start] + source.choice(TRICKY) + data[start:]
            case 2:
                data = data[:start] + source.choice(TRICKY) + data[end:]
            case 3:
                data = data[:start] + data[end:]
            case 4:
                data = data[:start] + data[start:end] * source.randint(2, 40) + data[end:]
            case _:
                other = source.choice(pool)
                data = data[:start] + other[source.randint(0, len(other)) :]
    return data[:LONGEST]
