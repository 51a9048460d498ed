"""Which last hop the settings ask for: a mailbox on disk, or the recipients' MX hosts."""

from collections.abc import Sequence
from typing import Protocol

from pillarbox.base.resolver import Resolver
from pillarbox.base.settings import Settings
from pillarbox.deliver.capture import CaptureMailbox
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Outcome
from pillarbox.model.queued import Claim, Message


class LastHop(Protocol):
    """Where mail goes."""

    async def deliver(
        self, claim: Claim, message: Message, envelope: Envelope, content: Sequence[bytes]
    ) -> Outcome:
        """Deliver one message to one recipient; another server's reply is a value."""

    async def close(self) -> None:
        """Close connections."""


def open_last_hop(settings: Settings, resolver: Resolver, helo: str) -> LastHop:
    """Open the last hop of the settings' mode; `helo`: how we greet."""
    if settings.capturing:
        return CaptureMailbox(settings.captured_folder, settings.service.region)
    from pillarbox.deliver.mx import MxHop  # noqa: PLC0415 - not in capture mode

    return MxHop(settings, resolver, helo)
