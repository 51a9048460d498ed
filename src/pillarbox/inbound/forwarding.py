"""Feedback forwarding: what was noted with a bounce or a complaint goes to the sender by mail.

Each worker of each node runs the loop; one at a time has the lease. Takes rows of
`feedback_forwards`, decides by what the account has set up now, and in one transaction removes the
row and queues the mail: as the system's own, with a null return path, untracked and without events,
so that it never comes back to us as feedback of its own (facts §10, docs/why/0056).
"""

import asyncio
import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sqlalchemy import Connection

from pillarbox.accept.decision import NULL_RETURN_PATH
from pillarbox.accept.identity_match import Verified, most_specific
from pillarbox.accept.prepare import Stamp
from pillarbox.accept.system_mail import keep_system_mail
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.inbound.feedback_mail import FeedbackMails, Told
from pillarbox.model.covering import covering_names
from pillarbox.model.event import API_TYPES
from pillarbox.model.feedback import AUTO_REPLY, FORWARDED_EVENTS, Feedback, FeedbackSetting
from pillarbox.model.queued import AcceptedMessage, Message
from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.proto.mime.addresses import parse_address
from pillarbox.proto.mime.error import MimeError
from pillarbox.render.templated import compose_stored
from pillarbox.store.coming_back.feedback import (
    delete_feedback,
    find_event,
    find_recipient,
    published_types,
    waiting_feedback,
)
from pillarbox.store.identity.notifications import list_notifications
from pillarbox.store.leases import take_lease
from pillarbox.store.mail.messages import read_content, read_messages
from pillarbox.store.sets.sender import find_sender_identities
from pillarbox.store.store import Store

METRIC = "pillarbox_feedback_forwards_total"
FORWARDED, SWITCHED_OFF, UNVERIFIED, UNWRITABLE, GONE = (
    "forwarded",
    "switched_off",
    "unverified",
    "unwritable",
    "gone",
)
LEASE_NAME = "feedback forwarding"
LEASE_MS = 10_000
POLL_SECONDS = 1.0
FAILURE_SECONDS = 5.0
AT_ONCE = 16
_log = logging.getLogger("pillarbox")


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarder:
    """What forwarding needs of its worker. `queued`: says that there is mail to deliver."""

    store: Store
    owner: str
    mails: FeedbackMails
    verified: Verified
    stamp: Callable[[], Stamp]
    queued: Callable[[], None]
    metrics: WorkerMetrics

    async def run(self) -> None:
        """Forward what waits, over and over."""
        while True:
            pause = POLL_SECONDS
            try:
                while await self.forward_some():
                    pass
            except ServiceUnavailable:
                _log.warning("feedback forwarding waits: the store does not answer")
            except Exception:  # noqa: BLE001 - the stage's loop: recorded, and tried again
                _log.exception("forwarding feedback failed")
                pause = FAILURE_SECONDS
            await asyncio.sleep(pause)

    async def forward_some(self) -> int:
        """Deal with the first that wait; give how many that were, 0 while another worker does."""
        waiting = await self.store.read(lambda conn: waiting_feedback(conn, AT_ONCE))
        if not waiting or not await self.store.write(self._take_lease):
            return 0
        await asyncio.gather(*(self._forward(one) for one in waiting))
        self.queued()
        return len(waiting)

    def _take_lease(self, conn: Connection) -> bool:
        now = self.stamp().now
        return take_lease(conn, LEASE_NAME, self.owner, now, now + LEASE_MS)

    async def _forward(self, feedback: Feedback) -> None:
        result, mail = await self._decide(feedback)
        if await self.store.write(partial(_finish, feedback, mail)):
            self.metrics.add(METRIC, result)

    async def _decide(self, feedback: Feedback) -> tuple[str, AcceptedMessage | None]:
        """Decide and compose; what can't be told is given up, so that it never blocks the rest."""
        try:
            found = await self.store.read(partial(what_to_tell, feedback, self.verified))
            if isinstance(found, str):
                return found, None
            return FORWARDED, await asyncio.to_thread(self.mails.make, found, self.stamp())
        except ServiceUnavailable:
            raise
        except MimeError:
            return UNWRITABLE, None
        except Exception:  # noqa: BLE001 - the stage's loop: recorded, and given up
            _log.exception("feedback can't be forwarded")
            return UNWRITABLE, None


def what_to_tell(feedback: Feedback, verified: Verified, conn: Connection) -> Told | str:
    """Find what is to be told and to whom, or why nothing is."""
    message = read_messages(conn, [feedback.message_id]).get(feedback.message_id)
    recipient = find_recipient(conn, feedback.message_id, feedback.position)
    event = find_event(conn, feedback.id)
    if message is None or recipient is None or (event is None and feedback.kind != AUTO_REPLY):
        return GONE
    if message.return_path_domain == NULL_RETURN_PATH:
        return SWITCHED_OFF  # it was a report itself, and nobody is told what became of one
    if not setting_of(conn, message, verified).forwards:
        return SWITCHED_OFF
    to = parse_address(message.feedback_to or message.source).address
    names = covering_names(to, to)
    known = find_sender_identities(conn, message.account_id, names)
    if most_specific(names, known, verified) is None:
        return UNVERIFIED
    return Told(
        feedback=feedback,
        message=message,
        address=recipient[0],
        detail=event.detail if event else {},
        content=compose_stored(conn, message, read_content(conn, message.id) or b""),
        to=to,
    )


def setting_of(conn: Connection, message: Message, verified: Verified) -> FeedbackSetting:
    """Give what the sender of a message has set up to hear of its bounces and complaints."""
    source = parse_address(message.source).address
    names = covering_names(source, source)
    known = find_sender_identities(conn, message.account_id, names)
    identity = most_specific(names, known, verified)
    covered: set[str] = set()
    if identity is not None:
        rows = list_notifications(conn, message.account_id, [identity.name])
        covered.update(row.kind for row in rows if row.topic)
    if message.configuration_set is not None:
        wanted = published_types(conn, message.account_id, message.configuration_set)
        covered.update(kind for kind in FORWARDED_EVENTS if API_TYPES[kind] in wanted)
    forwarding = identity is None or identity.feedback_forwarding
    return FeedbackSetting(forwarding=forwarding, covered=frozenset(covered))


def _finish(feedback: Feedback, mail: AcceptedMessage | None, conn: Connection) -> bool:
    """Remove the row and queue its mail, unless another worker has; tell whether it was done."""
    if not delete_feedback(conn, feedback.id):
        return False
    if mail is not None:
        keep_system_mail(conn, [mail])
    return True
