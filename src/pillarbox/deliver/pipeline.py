"""A parcel's way from the queue to its settlement: the table of contents of delivery.

Takes a parcel (one message, the recipients claimed together), composes the message where it is to
be made from a template, has it inspected as composed, renders it, delivers each recipient's copy by
itself, and settles each outcome with its event. A settlement is
kept until it is committed: while the store is down, nothing new is delivered, since what became of
it could not be written.
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
from pillarbox.model.inspection import PASSED, Inspection
from pillarbox.model.outcome import Deferred, Outcome, OwnDelay, Reply
from pillarbox.model.queued import Claim, Message, Settlement
from pillarbox.model.template import RenderingFailure
from pillarbox.queue.dispatcher import Parcel
from pillarbox.queue.lease import Lease
from pillarbox.queue.retry import LONGEST_DELAY_MS, expired_reply, next_attempt
from pillarbox.store.store import Store
from pillarbox.store.writer import BatchFunction

RETRY_SETTLE_SECONDS = 0.5
OUR_FAILURE = Deferred(
    Reply(451, "4.3.0 Internal failure of the sending service", "4.3.0"),
    own_delay=OwnDelay(at_most_ms=LONGEST_DELAY_MS, kind="InternalFailure"),
)
#: How long a message waits that could not be inspected; that is no attempt.
OUR_DELAY = OwnDelay(at_most_ms=15_000, counts=False)
_log = logging.getLogger(__name__)


class Copies(Protocol):
    """One message as it goes out to each of its recipients."""

    def copy_for(self, position: int) -> Awaitable[Sequence[bytes]]:
        """Give the pieces to send to a recipient, in order."""


#: Gives the whole content of a message; of one without a template it is what is stored.
Compose = Callable[[Message, bytes], Awaitable[bytes]]
#: Renders a message for the wire.
Render = Callable[[Message, bytes], Awaitable[Copies]]
#: Looks at the content of a message; may settle it.
Inspect = Callable[[Message, bytes], Awaitable[Inspection]]


class Pipeline:
    """Delivers parcels: `process` is what the dispatcher calls."""

    def __init__(
        self,
        *,
        store: Store,
        compose: Compose,
        render: Render,
        last_hop: LastHop,
        return_path: Callable[[Claim, Message], str],
        reporting_mta: str,
        region: str,
        settled: Callable[[Settlement], None],
        inspect: Inspect | None = None,
    ) -> None:
        self._store = store
        self._compose = compose
        self._render = render
        self._last_hop = last_hop
        self._return_path = return_path
        self._reporting_mta = reporting_mta
        self._region = region
        self._settled = settled
        self._inspect = inspect

    async def process(self, parcel: Parcel, finished: Callable[[Claim], None]) -> None:
        """Compose and render a parcel, and deliver it to each of its recipients."""
        await self._until_store_is_up()
        try:
            parcel = await self._composed(parcel)
        except RenderingFailure as failure:
            await self._give_up(parcel, failure, finished)
            return
        except Exception:  # noqa: BLE001 - the stage's loop: recorded, settled as a delay
            _log.exception("composing failed")
            await self._hold_back(parcel, OUR_FAILURE, finished)
            return
        inspection = await self._inspected(parcel)
        if not inspection.goes:
            await self._hold_back(parcel, inspection.wait, finished)
            return
        copies = await self._rendered(parcel)
        if len(parcel.claims) == 1:
            await self._serve(parcel, parcel.claims[0], copies, finished)
            return
        async with asyncio.TaskGroup() as group:
            for claim in parcel.claims:
                group.create_task(self._serve(parcel, claim, copies, finished))

    async def _composed(self, parcel: Parcel) -> Parcel:
        """Give a parcel whose content is whole: what is inspected is what is sent.

        Raises RenderingFailure for a template that can't be rendered, now or ever.
        """
        if parcel.message.template_id is None:
            return parcel
        return replace(parcel, content=await self._compose(parcel.message, parcel.content))

    async def _inspected(self, parcel: Parcel) -> Inspection:
        """Have a parcel inspected; when that fails it waits, unsent."""
        if self._inspect is None:
            return PASSED
        try:
            return await self._inspect(parcel.message, parcel.content)
        except Exception:  # noqa: BLE001 - the stage's loop: recorded, settled as a delay
            _log.exception("inspecting failed")
            return Inspection(goes=False, wait=Deferred(OUR_FAILURE.reply, own_delay=OUR_DELAY))

    async def _hold_back(
        self, parcel: Parcel, wait: Deferred | None, finished: Callable[[Claim], None]
    ) -> None:
        """Let recipients wait; nothing is left to settle of a message that was rejected."""
        for claim in parcel.claims:
            if wait is not None:
                settlement = self._decide(parcel.message, claim, wait)
                await self._settle(settlement)
                self._settled(settlement)
            finished(claim)

    async def _rendered(self, parcel: Parcel) -> Copies | None:
        """Render a parcel; None when that fails, which is our fault and worth another try."""
        try:
            return await self._render(parcel.message, parcel.content)
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
        parcel: Parcel,
        claim: Claim,
        copies: Copies | None,
        finished: Callable[[Claim], None],
    ) -> None:
        outcome = await self._attempt(parcel.message, claim, copies)
        settlement = self._decide(parcel.message, claim, outcome)
        settlement = replace(settlement, head=_head_to_show(parcel))
        await self._settle(settlement)
        self._settled(settlement)
        finished(claim)

    async def _attempt(self, message: Message, claim: Claim, copies: Copies | None) -> Outcome:
        """Deliver once; a failure of our own is a delay, so that retries and the deadline hold."""
        if copies is None:
            return OUR_FAILURE
        try:
            content = await copies.copy_for(claim.position)
            return await self._deliver(message, claim, content)
        except Exception:  # noqa: BLE001 - the stage's loop: recorded, settled as a delay
            _log.exception("delivery failed")
            return OUR_FAILURE

    async def _deliver(self, message: Message, claim: Claim, content: Sequence[bytes]) -> Outcome:
        envelope = Envelope(
            return_path=self._return_path(claim, message),
            recipient=claim.address,
            size=sum(len(piece) for piece in content),
            eight_bit=message.eight_bit,
            tls_required=message.tls_required,
            still_ours=Lease(self._store, claim),
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


def _head_to_show(parcel: Parcel) -> bytes | None:
    """Give the header section that a composed message's events don't show yet.

    Without the first line where that is the Feedback-ID that we added: it is in no event.
    """
    message, content = parcel.message, parcel.content
    if message.template_id is None or message.subject is not None:
        return None
    start = content.index(b"\r\n") + 2 if content.startswith(b"Feedback-ID: ") else 0
    return content[start : content.index(b"\r\n\r\n") + 4]
