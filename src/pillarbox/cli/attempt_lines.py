"""How `pillarbox queue show` writes an attempt: who was spoken to, then each step."""

from collections.abc import Iterator
from typing import Any

from pillarbox.base.clock import iso8601
from pillarbox.model.attempt_record import AttemptOnRecord

LONGEST_LINE = 110


def attempt_lines(one: AttemptOnRecord) -> Iterator[str]:
    """Write an attempt, a line for each step of its conversation."""
    yield f"    {iso8601(one.ended_at)}  {one.outcome}: {_printable(one.reply)}"
    for passed_over in one.conversation.get("passed_over", ()):
        yield from _conversation(passed_over)
    yield from _conversation(one.conversation)


def _conversation(said: dict[str, Any]) -> Iterator[str]:
    if said.get("host"):
        address = f" [{said['address']}]" if said.get("address") else ""
        source = f" from {said['source']}" if said.get("source") else ""
        tls = f", {said['tls']}" if said.get("tls") else ""
        yield f"      {said['host']}{address}{source}{tls}"
    for step in said["steps"]:
        yield f"        {step['name']:9}{step['milliseconds']:>7} ms  {_printable(step['reply'])}"


def _printable(reply: str) -> str:
    """Keep what another server says from doing things to a terminal, and to a line."""
    shown = "".join(char if char.isprintable() else "\N{REPLACEMENT CHARACTER}" for char in reply)
    return shown if len(shown) <= LONGEST_LINE else f"{shown[:LONGEST_LINE]}…"
