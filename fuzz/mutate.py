"""Inputs for fuzz targets: seeds, and what a seeded random generator makes of them."""

import random
from collections.abc import Iterator, Sequence

TOKENS = (
    b"\r\n", b"\n", b"\r", b"\x00", b"\r\n\r\n", b".\r\n", b"\r\n.\r\n", b":", b";", b'"', b"\\",
    b"=?UTF-8?B?", b"?=", b"--", b"=", b"%", b"%2F", b"%zz", b"&", b"+", b"<", b">", b"@", b"(",
    b")", b"{", b"}", b"[", b"]", b"null", b"true", b"1e999", b"\xff", b"\xc3\xa9", b" ", b"\t",
    b"250-", b"250 ", b"421 ", b"\xc0\x0c",
)  # fmt: skip
MAX_BYTES = 20_000


def inputs(seeds: Sequence[bytes], number: int) -> Iterator[bytes]:
    """Give the seeds, then endless mutations of them; `number` seeds the generator."""
    yield from seeds
    chance = random.Random(number)
    pool = list(seeds)
    while True:
        made = bytearray(chance.choice(pool))
        for _ in range(chance.randint(1, 8)):
            chance.choice(CHANGES)(made, chance)
        result = bytes(made[:MAX_BYTES])
        if len(pool) < 500 and chance.random() < 0.05:
            pool.append(result)
        yield result


def _flip(data: bytearray, chance: random.Random) -> None:
    if data:
        data[chance.randrange(len(data))] = chance.randrange(256)


def _insert(data: bytearray, chance: random.Random) -> None:
    place = chance.randint(0, len(data))
    data[place:place] = chance.choice(TOKENS)


def _cut(data: bytearray, chance: random.Random) -> None:
    start = chance.randint(0, len(data))
    del data[start : start + chance.randint(1, 40)]


def _repeat(data: bytearray, chance: random.Random) -> None:
    start = chance.randint(0, len(data))
    data[start:start] = data[start : start + chance.randint(1, 30)] * chance.randint(1, 60)


def _shuffle(data: bytearray, chance: random.Random) -> None:
    place = chance.randint(0, len(data))
    data[:] = data[place:] + data[:place]


CHANGES = (_flip, _flip, _insert, _insert, _cut, _repeat, _shuffle)
