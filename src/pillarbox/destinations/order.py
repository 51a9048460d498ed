"""Which of the waiting events may go now: the order of a message's events is kept. Pure.

An event that waits for its next attempt holds back the later events of its message, and of no
other.
"""

from collections.abc import Sequence

from pillarbox.model.publishing import Record, Waiting


def ready(waiting: Sequence[Waiting], now: int) -> list[Waiting]:
    """Give those of the waiting events, in their order, that may go now."""
    held: set[bytes] = set()
    found = []
    for one in waiting:
        if one.message_id in held:
            continue
        if one.due_at > now:
            held.add(one.message_id)
        else:
            found.append(one)
    return found


def next_due(waiting: Sequence[Waiting], now: int) -> int:
    """Give when the first of the waiting events may go, where none may now."""
    first: dict[bytes, int] = {}
    for one in waiting:
        first.setdefault(one.message_id, one.due_at)
    return min(first.values(), default=now)


def first_of_each(records: Sequence[Record]) -> list[Record]:
    """Give the first record of each message: those may go side by side."""
    first: dict[bytes, Record] = {}
    for record in records:
        first.setdefault(record.message_id, record)
    return list(first.values())
