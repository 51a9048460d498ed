"""Greylisting (RFC 6647): is a reply one, and when does it say that it ends? Pure.

A host that greylists refuses a sender, host and recipient it has not seen with a temporary reply,
and takes the same after a while. Some say after how long: `Greylisted for 300 seconds`, `try again
in 00:04:59`. Time is linear in the text, which is at most a reply.
"""

import re

from pillarbox.model.outcome import Reply

#: When no time is said: Postgrey's default, and what most wait at most (RFC 6647 §5).
USUAL_MS = 300_000
#: What is said beyond this is not believed.
LONGEST_MS = 12 * 3600 * 1000
_LONGEST_TEXT = 2000
_WORDS = re.compile(r"gr[ae]y.?list|postgrey|sqlgrey|milter-greylist", re.IGNORECASE)
_LATER = re.compile(r"(?:try|retry|come|deliver).{0,30}\b(?:in|after|for|within)\b", re.IGNORECASE)
_CLOCK = re.compile(r"(?<![\d:])(?:(\d{1,2}):)?(\d{1,2}):(\d{2})(?![\d:])")
_UNITS = re.compile(
    r"(?<![\d.])(\d{1,6})\s{0,3}(seconds?|secs?|s|minutes?|mins?|m|hours?|hrs?|h)\b", re.IGNORECASE
)
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def greylisted(reply: Reply) -> bool:
    """Tell whether a temporary reply is greylisting: it says so, or says when to come again."""
    if not 400 <= reply.code < 500 or reply.code == 421:
        return False
    text = reply.text[:_LONGEST_TEXT]
    if _WORDS.search(text):
        return True
    later = _LATER.search(text)
    return later is not None and _stated_ms(text[later.start() :]) is not None


def visit_again_ms(reply: Reply) -> int | None:
    """Give after how many milliseconds greylisting ends, None for a reply that is none."""
    if not greylisted(reply):
        return None
    stated = _stated_ms(reply.text[:_LONGEST_TEXT])
    return USUAL_MS if stated is None else stated


def _stated_ms(text: str) -> int | None:
    """Give the first time that a text states, None when it states none that can be meant."""
    clock = _CLOCK.search(text)
    if clock is not None:
        hours, minutes, seconds = (int(part or 0) for part in clock.groups())
        stated = (hours * 60 + minutes) * 60 + seconds
    else:
        found = _UNITS.findall(text)
        if not found:
            return None
        stated = sum(int(number) * _SECONDS[unit[0].lower()] for number, unit in found[:3])
    return stated * 1000 if 0 < stated * 1000 <= LONGEST_MS else None
