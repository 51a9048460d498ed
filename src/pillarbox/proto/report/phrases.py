"""The phrases that reports without a standard form are recognised by.

Reads the table packaged beside it once, when first imported: data of the program, not of its world.
A text is compared in the form `flatten` gives it, so that folding and case don't matter.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.resources import files
from typing import Self

_TABLE = tomllib.loads(
    files("pillarbox.proto.report").joinpath("phrases.toml").read_text(encoding="utf-8")
)


@dataclass(frozen=True, slots=True)
class Phrases:
    """Phrases, and those of them that a text in ASCII can hold: most texts are that."""

    every: tuple[str, ...]
    ascii: tuple[str, ...]

    @classmethod
    def of(cls, phrases: Iterable[str]) -> Self:
        """Sort them."""
        every = tuple(phrases)
        return cls(every, tuple(phrase for phrase in every if phrase.isascii()))

    def __bool__(self) -> bool:
        return bool(self.every)


def _phrases(name: str) -> Phrases:
    return Phrases.of(_TABLE[name]["phrases"])


FAILURE_SUBJECT = _phrases("failure_subject")
FAILURE = _phrases("failure")
TROUBLE = _phrases("trouble")
RECIPIENT_LIST = _phrases("recipient_list")
SUCCESS = _phrases("success")
DELAY = _phrases("delay")
DELAY_SURE = _phrases("delay_sure")
GAVE_UP = _phrases("gave_up")
RETURNED = _phrases("returned")
AUTO_REPLY_SUBJECT = _phrases("auto_reply_subject")
AUTO_REPLY = _phrases("auto_reply")
CHALLENGE = _phrases("challenge")
COMPLAINT_TEXT = _phrases("complaint")
ORIGINAL_FOLLOWS = _phrases("original_follows")


def flatten(text: str) -> str:
    """Give a text in lower case, on one line, one space between words."""
    return " ".join(text.lower().replace("\u2019", "'").split())


def has_phrase(phrases: Phrases, flat: str) -> bool:
    """Tell whether one of the phrases stands in a flattened text."""
    for phrase in phrases.ascii if flat.isascii() else phrases.every:  # noqa: SIM110 - see below
        if phrase in flat:  # this runs for each line; any() takes twice as long
            return True
    return False


def present(phrases: Phrases, flat: str) -> Phrases:
    """Give those of the phrases that stand in a flattened text: so its lines need few looks."""
    known = phrases.ascii if flat.isascii() else phrases.every
    return Phrases.of(phrase for phrase in known if phrase in flat)
