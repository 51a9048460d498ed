"""Cutting what is to be sent into calls within a service's limits. Pure."""

from collections.abc import Callable, Iterable, Iterator
from typing import TypeVar

One = TypeVar("One")


def batches(
    items: Iterable[One], octets: Callable[[One], int], *, most: int, most_octets: int
) -> Iterator[list[One]]:
    """Give items in batches of up to `most`, of up to `most_octets` together; in order.

    One that is larger goes alone: its service says what it makes of it.
    """
    batch: list[One] = []
    size = 0
    for item in items:
        one = octets(item)
        if batch and (len(batch) == most or size + one > most_octets):
            yield batch
            batch, size = [], 0
        batch.append(item)
        size += one
    if batch:
        yield batch
