"""Which last hop the settings ask for: a mailbox on disk, a smart host, or recipients' MX hosts."""

from collections.abc import Sequence
from typing import Protocol

from pillarbox.base.resolver import Resolver
from pillarbox.base.settings import Settings
from pillarbox.base.source_check import read_sources
from pillarbox.deliver.address_book import AddressBook
from pillarbox.deliver.capture import CaptureMailbox
from pillarbox.deliver.mx import MxDeliverer
from pillarbox.deliver.own_endpoints import own_endpoints
from pillarbox.deliver.relay import RelayHost, relay_tls
from pillarbox.deliver.settings import DeliverSettings, Source
from pillarbox.deliver.way_out import WayOut
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, Outcome
from pillarbox.model.queued import Claim, Message
from pillarbox.queue.dispatcher import Elsewhere, nothing_elsewhere


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
        return await self._deliverer.deliver(envelope, content, sources)

    async def close(self) -> None:
        """Close the kept connections."""
        await self._deliverer.close()
        await self._addresses.close()


def elsewhere_of(settings: Settings, addresses: AddressBook) -> Elsewhere:
    """Say which lanes are another node's: none where no address of ours is left by."""
    return addresses.elsewhere if settings.deliver.mode == "direct" else nothing_elsewhere


def _source(settings: Settings, version: int, helo: str) -> Source | None:
    found = read_sources(settings.deliver.sources).get(version)
    return None if found is None else Source(bind=found[0], hello=found[1] or helo)


def open_last_hop(
    settings: Settings, resolver: Resolver, helo: str, addresses: AddressBook, way_out: WayOut
) -> LastHop:
    """Open the last hop of the settings' mode; `helo`: how the system's own source greets."""
    if settings.capturing:
        return CaptureMailbox(settings.captured_folder, settings.service.region)
    deliver = DeliverSettings(
        hello=helo,
        smtp_port=settings.deliver.smtp_port,
        allow_private_destinations=settings.network.allow_private_destinations,
        connections_per_destination=settings.deliver.connections_per_destination,
        own_endpoints=own_endpoints(settings),
        source_ipv4=_source(settings, 4, helo),
        source_ipv6=_source(settings, 6, helo),
    )
    if settings.relaying:
        return RelayHost(settings.relay, deliver, resolver, relay_tls(settings), way_out)
    return MxHosts(MxDeliverer(resolver, deliver, way_out=way_out), addresses)
