"""The mailbox simulator as a last hop: what goes to its addresses never reaches the wire.

Wraps the last hop of any mode. `bounce` and `suppressionlist` refuse in the session, as the real
ones do. `success`, `ooto` and `complaint` take the message; the latter two then write to its return
path. That mail is the system's own, queued and committed before the message counts as delivered,
and delivered by handing it to the intake of this worker, which reads it as it would a stranger's.
"""

import logging
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Protocol

from sqlalchemy import Connection

from pillarbox.accept.prepare import Stamp
from pillarbox.accept.system_mail import SystemMail, keep_system_mail, prepare_system_mail
from pillarbox.deliver.last_hop import LastHop
from pillarbox.inbound.addresses import Tag
from pillarbox.model.account import is_system
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Attempt, Deferred, Delivered, Failed, Outcome, OwnDelay, Reply
from pillarbox.model.queued import QUEUED, Claim, Message
from pillarbox.model.send import RawContent
from pillarbox.model.simulator import (
    COMPLAINT,
    OUT_OF_OFFICE,
    SIMULATOR_HOST,
    SUCCESS,
    SUPPRESSION_LIST,
    Simulator,
)
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.report.simulator_mail import Simulated, absence_of, complaint_of
from pillarbox.store.coming_back.feedback import find_recipient
from pillarbox.store.store import Store

TAKEN = Reply(250, "2.6.0 Message received", "2.6.0")
NO_SUCH_USER = Reply(550, "5.1.1 user unknown", "5.1.1")
ON_GLOBAL_LIST = Reply(
    550,
    "5.1.1 Amazon SES has suppressed sending to this address because it has a recent history of "
    "bouncing as an invalid address.",
    "5.1.1",
)
#: The message that a report is about is not settled yet, and its delivery has to be told first.
NOT_YET = Deferred(
    Reply(451, "4.3.0 The message is still being delivered", "4.3.0"),
    own_delay=OwnDelay(at_most_ms=200, counts=False),
)
#: Octets of a message that its complaint returns.
MAX_RETURNED = 1024 * 1024
_AT_SIMULATOR = Attempt(host=SIMULATOR_HOST)
_log = logging.getLogger(__name__)


class Taking(Protocol):
    """The intake, as far as the simulator's mail goes to it."""

    def tag(self, address: str) -> Tag | None:
        """Read a return path; None unless we made it."""

    def take(
        self, recipients: Sequence[str], content: bytes, sender: str = ""
    ) -> Awaitable[Sequence[object]]:
        """Handle one mail."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedHop:
    """The last hop with the simulator before it.

    `captures`: `inner` keeps what it takes for people to look at, also the simulator's mail.
    `queued`: says that there is mail to deliver.
    """

    inner: LastHop
    captures: bool
    simulator: Simulator
    intake: Taking
    store: Store
    stamp: Callable[[], Stamp]
    queued: Callable[[], None]

    async def deliver(
        self, claim: Claim, message: Message, envelope: Envelope, content: Sequence[bytes]
    ) -> Outcome:
        """Deliver one message to one recipient, or say what the simulator does with it."""
        if is_system(message.account_id) and (tag := self.intake.tag(claim.address)) is not None:
            return await self._hand_in(claim, tag, content)
        mailbox = self.simulator.mailbox(claim.address)
        if mailbox is None:
            return await self.inner.deliver(claim, message, envelope, content)
        if mailbox == SUPPRESSION_LIST:
            return Failed(ON_GLOBAL_LIST, _AT_SIMULATOR)
        if mailbox not in (SUCCESS, OUT_OF_OFFICE, COMPLAINT):
            return Failed(NO_SUCH_USER, _AT_SIMULATOR)
        return await self._take(mailbox, claim, message, envelope, content)

    async def close(self) -> None:
        """Close connections."""
        await self.inner.close()

    async def _take(
        self,
        mailbox: str,
        claim: Claim,
        message: Message,
        envelope: Envelope,
        content: Sequence[bytes],
    ) -> Outcome:
        outcome: Outcome = Delivered(TAKEN)
        if self.captures:
            outcome = await self.inner.deliver(claim, message, envelope, content)
        if mailbox != SUCCESS and envelope.return_path:
            await self._answer(mailbox, message, envelope, b"".join(content))
        return replace(outcome, attempt=_AT_SIMULATOR)

    async def _answer(
        self, mailbox: str, message: Message, envelope: Envelope, content: bytes
    ) -> None:
        """Queue what a mailbox writes to the return path; nothing where that can't be written."""
        stamp = self.stamp()
        got = Simulated(
            recipient=envelope.recipient,
            return_path=envelope.return_path,
            content=content if len(content) <= MAX_RETURNED else _header(content),
            arrived=stamp.now,
        )
        try:
            written = complaint_of(got, stamp.boundary) if mailbox == COMPLAINT else absence_of(got)
            mail = SystemMail(
                account_id=message.account_id,
                from_address=envelope.recipient,
                to=envelope.return_path,
                content=RawContent(written),
            )
            prepared = prepare_system_mail(mail, stamp)
        except MimeError:
            _log.exception("the simulator can't answer this message")
            return
        await self.store.write(lambda conn: keep_system_mail(conn, [prepared]))
        self.queued()

    async def _hand_in(self, claim: Claim, tag: Tag, content: Sequence[bytes]) -> Outcome:
        """Hand the system's mail for a return path of ours to the intake."""
        state = await self.store.read(partial(_state, tag))
        if state == QUEUED:
            return NOT_YET
        await self.intake.take((claim.address,), b"".join(content))
        return Delivered(TAKEN, _AT_SIMULATOR)


def _state(tag: Tag, conn: Connection) -> int | None:
    found = find_recipient(conn, tag.message_id, tag.position)
    return None if found is None else found[1]


def _header(content: bytes) -> bytes:
    """Give a message without its body."""
    return content.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
