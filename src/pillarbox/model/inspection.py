"""What is to become of a message after its content was looked at."""

from dataclasses import dataclass

from pillarbox.model.outcome import Deferred


@dataclass(frozen=True, slots=True)
class Inspection:
    """`goes`: it may be sent. Otherwise `wait` says why it waits; None: it was rejected, and all of
    its recipients are settled.
    """

    goes: bool
    wait: Deferred | None = None


PASSED = Inspection(goes=True)
REJECTED = Inspection(goes=False)
