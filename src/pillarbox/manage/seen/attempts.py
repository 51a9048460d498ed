"""Every attempt of a message as it is on record: a message's timeline, for people and programs."""

from typing import Any

import msgspec
from sqlalchemy import Connection

from pillarbox.base.ids import uuid7_ms
from pillarbox.model.attempt_record import AttemptOnRecord
from pillarbox.store.mail.attempts import message_attempts

#: Attempts shown at most, the last ones: 50 recipients with 20 each.
MOST = 1000


def list_attempts(
    conn: Connection, message_id: bytes, *, account_id: str | None = None, limit: int = MOST
) -> list[AttemptOnRecord]:
    """Give the last attempts of a message, the oldest first.

    `account_id`: none of another account's message; None: the operator asks, for any.
    """
    return [
        _on_record(*row) for row in message_attempts(conn, message_id, account_id, min(limit, MOST))
    ]


def _on_record(attempt_id: bytes, recipient: str, outcome: str, detail: str) -> AttemptOnRecord:
    conversation = _named_steps(msgspec.json.decode(detail))
    return AttemptOnRecord(
        recipient=recipient,
        ended_at=uuid7_ms(attempt_id),
        outcome=outcome,
        reply=conversation.pop("reply"),
        conversation=conversation,
    )


def _named_steps(conversation: dict[str, Any]) -> dict[str, Any]:
    """Give the steps, kept as lists to be short, their names."""
    names = ("name", "milliseconds", "reply")
    steps = [dict(zip(names, step, strict=True)) for step in conversation["steps"]]
    named = conversation | {"steps": steps}
    if "passed_over" in conversation:
        named["passed_over"] = [_named_steps(one) for one in conversation["passed_over"]]
    return named
