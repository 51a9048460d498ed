"""Is it our address that a provider refuses, and for how long is it left out then? Pure.

The wordings are rows of `blocks.toml`, each with its source. Such a reply says nothing about the
message or its recipient: the mail goes by another address of its pool, or waits. The first time the
address is left out for an hour, then for twice as long each time, up to a day; who was not blocked
for a day begins anew.
"""

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from pillarbox.deliver.groups import Group
from pillarbox.model.outcome import Deferred, Failed, Outcome
from pillarbox.store.addresses.address_blocks import Block

FIRST_MS, LONGEST_MS = 3_600_000, 24 * 3_600_000
LONGEST_REPLY = 400


@dataclass(frozen=True, slots=True)
class _Wording:
    group: str
    says: tuple[str, ...]


@cache
def _wordings() -> tuple[_Wording, ...]:
    text = files("pillarbox.deliver").joinpath("blocks.toml").read_text("utf-8")
    return tuple(_Wording(row["group"], tuple(row["says"])) for row in tomllib.loads(text)["block"])


def is_block(group: Group, outcome: Outcome) -> bool:
    """Tell whether a listed group's reply says that it blocks the address we came from."""
    if not group.listed or not isinstance(outcome, Deferred | Failed):
        return False
    text = outcome.reply.text.lower()
    return any(
        wording.group in {group.name, "*"} and all(phrase in text for phrase in wording.says)
        for wording in _wordings()
    )


def next_block(known: Block | None, address: str, group: str, reply: str, now: int) -> Block:
    """Give the block to write, given the last one of this address and group."""
    if known is not None and known.until > now:
        return known  # others were under way when it was taken out
    in_row = known is not None and now - known.until < LONGEST_MS
    times = known.times + 1 if known is not None and in_row else 1
    until = now + min(LONGEST_MS, FIRST_MS * 2 ** min(times - 1, 8))
    return Block(address, group, now, until, times, reply[:LONGEST_REPLY])
