"""Which last hop the settings ask for: a mailbox on disk, a smart host, or recipients' MX hosts."""

import logging
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from pillarbox.base.resolver import Resolver
from pillarbox.base.settings import Settings
from pillarbox.base.source_check import read_sources
from pillarbox.deliver.address_book import AddressBook
from pillarbox.deliver.blocked import is_block
from pillarbox.deliver.capture import CaptureMailbox
from pillarbox.deliver.groups import Group, load_groups
from pillarbox.deliver.handshake import TlsContexts
from pillarbox.deliver.mx import MxDeliverer
from pillarbox.deliver.own_endpoints import own_endpoints
from pillarbox.deliver.relay import RelayHost
from pillarbox.deliver.settings import DeliverSettings, Source, Sources
from pillarbox.deliver.shaping import Shaping
from pillarbox.deliver.tls_policies import TlsPolicies
from pillarbox.deliver.way_out import WayOut
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, Outcome, OwnDelay
from pillarbox.model.queued import Claim, Message
from pillarbox.observe.log import log_values
from pillarbox.queue.dispatcher import Elsewhere, nothing_elsewhere
from pillarbox.store.portion_keeper import PortionKeeper

#: How long a message waits for its turn by another address than one that is blocked.
ANOTHER_ADDRESS = OwnDelay(at_most_ms=5000, counts=False)
_log = logging.getLogger(__name__)


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

    def __init__(
        self, deliverer: MxDeliverer, addresses: AddressBook, shaping: Shaping | None = None
    ) -> None:
        self.shaping = shaping
        self._deliverer = deliverer
        self._addresses = addresses

    async def deliver(
        self, claim: Claim, message: Message, envelope: Envelope, content: Sequence[bytes]
    ) -> Outcome:
        """Deliver one message to one recipient; it waits while its pool has no address for it."""
        group = await self._deliverer.group(envelope)
        sources = await self._addresses.sources(claim, message, group)
        if isinstance(sources, Deferred):
            return sources
        outcome = await self._deliverer.deliver(envelope, content, sources)
        if sources is not None:
            await self._addresses.give_back(sources, outcome.attempt)
        if group is not None and is_block(group, outcome):
            outcome = await self._taken_out(group, outcome)
        return outcome if sources is None else _seen(outcome, sources)

    async def _taken_out(self, group: Group, outcome: Outcome) -> Outcome:
        """Leave our address out for a group that blocks it; the message takes another, or waits."""
        source = outcome.attempt.source
        if await self._addresses.take_out(source, group, outcome.reply):
            values = {"group": group.name, "source": source, "reply": str(outcome.reply)}
            log_values(_log, logging.WARNING, "a sending address is blocked", **values)
            if self.shaping is not None:
                self.shaping.blocked(group.name)
        return Deferred(outcome.reply, outcome.attempt, own_delay=ANOTHER_ADDRESS)

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


def elsewhere_of(settings: Settings, addresses: AddressBook) -> Elsewhere:
    """Say which lanes are another node's: none where no address of ours is left by."""
    return addresses.elsewhere if settings.deliver.mode == "direct" else nothing_elsewhere


def _source(settings: Settings, version: int, helo: str) -> Source | None:
    found = read_sources(settings.deliver.sources).get(version)
    return None if found is None else Source(bind=found[0], hello=found[1] or helo)


def open_last_hop(
    settings: Settings,
    resolver: Resolver,
    helo: str,
    addresses: AddressBook,
    *,
    keeper: PortionKeeper,
    policies: TlsPolicies | None = None,
    way_out: WayOut | None = None,
) -> LastHop:
    """Open the last hop of the settings' mode; `helo`: how the system's own source greets.

    `keeper`: of the worker's portions of limits. Raises SettingsError for a wrong table of groups.
    """
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
    way_out = way_out or WayOut()
    tls = TlsContexts(settings.tls.ca_file)
    if settings.relaying:
        return RelayHost(settings.relay, deliver, resolver, tls, way_out)
    groups = load_groups(deliver.connections_per_destination, settings.deliver.groups_file)
    shaping = Shaping(groups, keeper.portions)
    deliverer = MxDeliverer(
        resolver, deliver, tls=tls, policies=policies, shaping=shaping, way_out=way_out
    )
    keeper.renewed = deliverer.pool.renewed
    return MxHosts(deliverer, addresses, shaping)
