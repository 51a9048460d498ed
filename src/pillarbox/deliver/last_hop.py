"""Which last hop the settings ask for: a mailbox on disk, or the recipients' MX hosts."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from pillarbox.base.resolver import Resolver
from pillarbox.base.settings import Settings
from pillarbox.deliver.address_book import AddressBook
from pillarbox.deliver.capture import CaptureMailbox
from pillarbox.deliver.handshake import TlsContexts
from pillarbox.deliver.mx import MxDeliverer
from pillarbox.deliver.settings import DeliverSettings, Sources
from pillarbox.deliver.tls_policies import TlsPolicies
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, Outcome
from pillarbox.model.queued import Claim, Message


class LastHop(Protocol):
    """Where mail goes."""

    async def deliver(
        self, claim: Claim, message: Message, envelope: Envelope, content: Sequence[bytes]
    ) -> Outcome:
        """Deliver one message to one recipient; another server's reply is a value."""

    async def close(self) -> None:
        """Close connections."""


class MxHosts:
    """The recipients' MX hosts, reached from the addresses of the message's pool."""

    def __init__(self, deliverer: MxDeliverer, addresses: AddressBook) -> None:
        self._deliverer = deliverer
        self._addresses = addresses

    async def deliver(
        self, claim: Claim, message: Message, envelope: Envelope, content: Sequence[bytes]
    ) -> Outcome:
        """Deliver one message to one recipient; it waits while its pool has no address for it."""
        sources = await self._addresses.sources(claim, message)
        if isinstance(sources, Deferred):
            return sources
        outcome = await self._deliverer.deliver(envelope, content, sources)
        return outcome if sources is None else _seen(outcome, sources)

    async def close(self) -> None:
        """Close the kept connections."""
        await self._deliverer.close()
        await self._addresses.close()


def _seen(outcome: Outcome, sources: Sources) -> Outcome:
    """Name the address that the world saw, which is the one that has a reputation."""
    attempt = outcome.attempt
    seen = sources.seen(attempt.source)
    if seen == attempt.source:
        return outcome
    return replace(outcome, attempt=replace(attempt, source=seen))


def open_last_hop(
    settings: Settings,
    resolver: Resolver,
    helo: str,
    addresses: AddressBook,
    policies: TlsPolicies | None = None,
) -> LastHop:
    """Open the last hop of the settings' mode; `helo`: how the system's own source greets."""
    if settings.capturing:
        return CaptureMailbox(settings.captured_folder, settings.service.region)
    deliver = DeliverSettings(
        hello=helo,
        smtp_port=settings.deliver.smtp_port,
        allow_private_destinations=settings.network.allow_private_destinations,
        connections_per_destination=settings.deliver.connections_per_destination,
    )
    tls = TlsContexts(settings.tls.ca_file)
    return MxHosts(MxDeliverer(resolver, deliver, tls=tls, policies=policies), addresses)
