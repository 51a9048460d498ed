"""From an attempt's conversation to the row that keeps it: compact, and bounded in length. Pure.

Takes an outcome, hands on an AttemptRecord. Neither content nor credentials are in a conversation:
its steps are the names of commands and the server's replies, and `proto/smtp/client.py` takes what
we logged in with out of those.
"""

from dataclasses import fields
from typing import Any

import msgspec

from pillarbox.base.ids import uuid7
from pillarbox.model.attempt_record import AttemptRecord
from pillarbox.model.outcome import Attempt, Deferred, Delivered, Failed, Outcome, Unknown

LONGEST_REPLY = 400
MOST_STEPS = 40
MOST_HOSTS = 8
_NAMES: dict[type[Outcome], str] = {
    Delivered: "delivered",
    Deferred: "deferred",
    Failed: "failed",
    Unknown: "unknown",
}
#: What an attempt says of itself in a word; new ones are kept without being named here.
_WORDS = tuple(one.name for one in fields(Attempt) if one.name not in {"steps", "passed_over"})
_BLANK = Attempt()
_encode = msgspec.json.Encoder().encode


def record_of(outcome: Outcome, now: int) -> AttemptRecord:
    """Write an attempt down; `now`: when it is settled."""
    detail = _conversation(outcome.attempt)
    detail["reply"] = str(outcome.reply)[:LONGEST_REPLY]
    return AttemptRecord(uuid7(now), _NAMES[type(outcome)], _encode(detail).decode())


def _conversation(attempt: Attempt) -> dict[str, Any]:
    kept: dict[str, Any] = {
        word: said for word in _WORDS if (said := getattr(attempt, word)) != getattr(_BLANK, word)
    }
    kept["steps"] = [
        (step.name, step.milliseconds, step.reply[:LONGEST_REPLY])
        for step in attempt.steps[:MOST_STEPS]
    ]
    if attempt.passed_over:
        kept["passed_over"] = [_conversation(one) for one in attempt.passed_over[:MOST_HOSTS]]
    return kept
