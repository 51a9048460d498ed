"""How a step of the demo fails, and how it waits for what other programs do."""

import time
from collections.abc import Callable
from typing import TypeVar

from pillarbox.base.errors import PillarboxError

T = TypeVar("T")
PAUSE_SECONDS = 0.05


class StepFailed(PillarboxError):
    """This step failed."""


def wait_for(what: str, seconds: float, look: Callable[[], T | None]) -> T:
    """Give the first thing that `look` finds.

    Raises StepFailed, which names `what`, after so many seconds without.
    """
    deadline = time.monotonic() + seconds
    while True:
        found = look()
        if found:
            return found
        if time.monotonic() >= deadline:
            raise StepFailed(f"{what} did not happen within {seconds:g} seconds")
        time.sleep(PAUSE_SECONDS)


def require(holds: object, why: str) -> None:
    """Raise StepFailed with the reason when something does not hold."""
    if not holds:
        raise StepFailed(why)
