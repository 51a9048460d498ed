"""How a group's limits follow what its hosts say: down at once, up slowly. Pure.

A factor stands before all limits of a group. A sign of too much halves it (once in ten seconds:
many replies at one moment are one sign); each minute without a sign in which mail was taken gives
a tenth of the whole back. It stays between a twentieth and 1, and a connection is always left.
"""

import re
from dataclasses import dataclass, replace

from pillarbox.model.outcome import Deferred, Outcome
from pillarbox.proto.smtp.greylisting import greylisted

FLOOR, CEILING = 0.05, 1.0
SHRINK, GROW = 0.5, 0.1
ONE_SIGN_MS, GROW_EVERY_MS = 10_000, 60_000
LONGEST_WHY = 200
#: What hosts say when it is too much for them, in temporary replies whatever their codes.
_TOO_MUCH = re.compile(
    r"too many|too much|too fast|too frequent|rate.?limit|throttl|try.{0,20} less"
    r"|(?:connection|message|sending|receiving|recipient)\S* (?:rate|limit|frequency)"
    r"|exceed\w* .{0,40}(?:rate|limit|connections|quota)|temporarily deferred"
    r"|unusual rate|server (?:is )?busy|concurren",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class GroupState:
    """A group's factor, why and when it last shrank, when it last changed (milliseconds)."""

    name: str
    factor: float = CEILING
    why: str = ""
    shrunk_at: int = 0
    changed_at: int = 0


def sign_of(outcome: Outcome, *, spoken_to: bool = True) -> str | None:
    """Give what a reply says of too much, None when it says nothing of that.

    `spoken_to`: the host spoke; a reply of our own making is a sign only as a time-out of a host
    that is known to take mail, which the caller knows.
    """
    if not isinstance(outcome, Deferred) or outcome.own_delay is not None:
        return None
    reply = outcome.reply
    if not spoken_to or greylisted(reply):
        return None
    status = reply.enhanced or ""
    if reply.code == 421 or status.startswith("4.7.") or _TOO_MUCH.search(reply.text):
        return str(reply)[:LONGEST_WHY]
    return None


def shrunk(state: GroupState, why: str, now: int) -> GroupState:
    """Give the state after a sign of too much."""
    if now - state.shrunk_at < ONE_SIGN_MS:
        return state
    factor = max(FLOOR, state.factor * SHRINK)
    return GroupState(state.name, factor, why[:LONGEST_WHY], now, now)


def grown(state: GroupState, now: int) -> GroupState:
    """Give the state after mail was taken."""
    if state.factor >= CEILING or now - state.changed_at < GROW_EVERY_MS:
        return state
    factor = round(min(CEILING, state.factor + GROW), 6)
    return replace(state, factor=factor, changed_at=now)
