"""A parcel's way from the queue to its settlement: the table of contents of delivery.

Takes a parcel (one message, the recipients claimed together), renders it, delivers each recipient's
copy by itself, and settles each outcome with its event. A settlement is kept until it is committed:
while the store is down, nothing new is delivered, since what became of it could not be written.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Protocol

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.deliver.last_hop import LastHop
from pillarbox.events.outcome_event import Settling, settlement_of
from pillarbox.events.rendering_failure import (
    Unrenderable,
    give_up_batch,
    settlement_of_unrenderable,
)
from pillarbox.events.settling import settle_batch
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Deferred, Outcome, Reply
from pillarbox.model.queued import Claim, Message, Settlement
from pillarbox.model.template import RenderingFailure
from pillarbox.queue.dispatcher import Parcel
from pillarbox.queue.retry import expired_reply, next_attempt
from pillarbox.store.store import Store
from pillarbox.store.writer import BatchFunction

RETRY_SETTLE_SECONDS = 0.5
OUR_FAILURE = Reply(451, "4.3.0 Internal failure of the sending service", "4.3.0")
_log = logging.getLogger(__name__)


class Copies(Protocol):
    """One message as it goes out to each of its recipients.

    `head`: the header section of one that was made from a template, for its events.
    """

    @property
    def head(self) -> bytes | None:
        """Give the header section."""

    def copy_for(self, position: int) -> Awaitable[Sequence[bytes]]:
        """Give the pieces to send to a recipient, in order."""


#: Renders a message for the wire.
Render = Callable[[Message, bytes], Awaitable[Copies]]


class Pipeline:
    """Delivers parcels: `process` is what the dispatcher calls."""

    def __init__(
        self,
        *,
        store: Store,
        render: Render,
        last_hop: LastHop,
        return_path: Callable[[Claim, Message], str],
        reporting_mta: str,
        region: str,
        settled: Callable[[Settlement], None],
    ) -> None:
        self._store = store
        self._render = render
        self._last_hop = last_hop
        self._return_path = return_path
        self._reporting_mta = reporting_mta
        self._region = region
        self._settled = settled

    async def process(self, parcel: Parcel, finished: Callable[[Claim], None]) -> None:
        """Render a parcel and deliver it to each of its recipients."""
        await self._until_store_is_up()
        try:
            copies = await self._rendered(parcel)
        except RenderingFailure as failure:
            await self._give_up(parcel, failure, finished)
            return
        if len(parcel.claims) == 1:
            await self._serve(parcel.message, parcel.claims[0], copies, finished)
            return
        async with asyncio.TaskGroup() as group:
            for claim in parcel.claims:
                group.create_task(self._serve(parcel.message, claim, copies, finished))

    async def _rendered(self, parcel: Parcel) -> Copies | None:
        """Render a parcel; None when that fails, which is our fault and worth another try.

        Raises RenderingFailure where it is the sender's: it fails for ever.
        """
        try:
            return await self._render(parcel.message, parcel.content)
        except RenderingFailure:
            raise
        except Exception:  # noqa: BLE001 - the stage's loop: recorded, settled as a delay
            _log.exception("rendering failed")
            return None

    async def _give_up(
        self, parcel: Parcel, failure: RenderingFailure, finished: Callable[[Claim], None]
    ) -> None:
        """End a message that can't be rendered, with all its recipients."""
        ended = Unrenderable(
            message=parcel.message, template=failure.template, error=str(failure), now=now_ms()
        )
        await self._submit(give_up_batch, ended)
        for claim in parcel.claims:
            self._settled(settlement_of_unrenderable(claim, ended))
            finished(claim)

    async def _serve(
        self,
        message: Message,
        claim: Claim,
        copies: Copies | None,
        finished: Callable[[Claim], None],
    ) -> None:
        outcome = await self._attempt(message, claim, copies)
        settlement = self._decide(message, claim, outcome)
        if copies is not None and copies.head is not None and message.subject is None:
            settlement = replace(settlement, head=copies.head)
        await self._settle(settlement)
        self._settled(settlement)
        finished(claim)

    async def _attempt(self, message: Message, claim: Claim, copies: Copies | None) -> Outcome:
        """Deliver once; a failure of our own is a delay, so that retries and the deadline hold."""
        if copies is None:
            return Deferred(OUR_FAILURE)
        try:
            content = await copies.copy_for(claim.position)
            return await self._deliver(message, claim, content)
        except Exception:  # noqa: BLE001 - the stage's loop: recorded, settled as a delay
            _log.exception("delivery failed")
            return Deferred(OUR_FAILURE)

    async def _deliver(self, message: Message, claim: Claim, content: Sequence[bytes]) -> Outcome:
        envelope = Envelope(
            return_path=self._return_path(claim, message),
            recipient=claim.address,
            size=sum(len(piece) for piece in content),
            eight_bit=message.eight_bit,
            tls_required=message.tls_required,
        )
        return await self._last_hop.deliver(claim, message, envelope, content)

    def _decide(self, message: Message, claim: Claim, outcome: Outcome) -> Settlement:
        now = now_ms()
        again = next_attempt(
            attempts=claim.attempts + 1,
            deadline=message.deadline,
            now=now,
            jitter=random.random(),  # noqa: S311 - spreads load, guards nothing
            reply=outcome.reply,
            own_delay=outcome.own_delay if isinstance(outcome, Deferred) else None,
        )
        settling = Settling(
            claim=claim,
            message=message,
            now=now,
            reporting_mta=self._reporting_mta,
            region=self._region,
            again=again,
            expired=expired_reply(message.created_at, message.deadline, outcome.reply),
        )
        return settlement_of(settling, outcome)

    async def _settle(self, settlement: Settlement) -> None:
        await self._submit(settle_batch, settlement)

    async def _submit(self, function: BatchFunction, item: Any) -> None:
        while True:
            try:
                await self._store.submit(function, item)
            except ServiceUnavailable:
                await asyncio.sleep(RETRY_SETTLE_SECONDS)
            else:
                return

    async def _until_store_is_up(self) -> None:
        while not self._store.healthy:
            try:
                await self._store.write(lambda _conn: None)
            except ServiceUnavailable:
                await asyncio.sleep(RETRY_SETTLE_SECONDS)
