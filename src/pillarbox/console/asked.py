"""What a form asks for in the address of a page (GET), as people type it."""

from datetime import UTC, datetime

from pillarbox.console.form import FormError
from pillarbox.console.visit import Visit

LONGEST = 1000


def asked_text(visit: Visit, name: str) -> str:
    """Give a text without spaces around it, cut to LONGEST; "" for none."""
    return visit.query.get(name, "").strip()[:LONGEST]


def moment_of(name: str, text: str) -> int | None:
    """Read a time as a browser writes it, in UTC, in milliseconds; None for none.

    Raises FormError, which blames the field.
    """
    if not text:
        return None
    try:
        return max(0, int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000))
    except (ValueError, OverflowError):
        raise FormError({name: "Write a time as 2026-01-31T12:00."}) from None
