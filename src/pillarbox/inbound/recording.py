"""What a proven report does, in one transaction: the event, the state, the suppression list.

The recipient's row is held meanwhile, so that one report handled by two workers at once still gives
one event: a recipient of a message has at most one Bounce, and one Complaint of each feedback type.
"""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection

from pillarbox.base.ids import ses_message_id, uuid7, uuid7_after
from pillarbox.events.counting import Happened, count_reputation, sending_domain
from pillarbox.events.forwarding import note_feedback, passed_on
from pillarbox.events.suppressing import suppress_after
from pillarbox.inbound.addresses import Tag
from pillarbox.inbound.proof import is_anonymous, named_position
from pillarbox.inbound.report_event import bounce_block, complaint_block, may_have_complained
from pillarbox.model.account import is_system
from pillarbox.model.event import BOUNCE, COMPLAINT, Event
from pillarbox.model.feedback import AUTO_REPLY, Feedback
from pillarbox.model.queued import Message
from pillarbox.model.report import Report, ReportKind
from pillarbox.model.simulator import Simulator
from pillarbox.store.coming_back.feedback import insert_feedback
from pillarbox.store.mail.messages import read_messages
from pillarbox.store.mail.queue_view import message_recipients
from pillarbox.store.mail.recipients import hold_recipient, mark_bounced, sent_before
from pillarbox.store.publishing.events import insert_events, last_event_id, recipient_details


class Result(StrEnum):
    """What became of a report: the event it gave, or why it gave none."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    DELAY = "delay"
    AUTO_REPLY = "auto_reply"
    CHALLENGE = "challenge"
    NEITHER = "neither"
    AGAIN = "again"
    UNKNOWN_MESSAGE = "unknown_message"
    UNPROVEN = "unproven"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """A mail that came back, with the recipient that its signed tag names.

    `content`: as it came. `simulator`: whose reports teach nothing of a recipient.
    """

    tag: Tag
    report: Report
    now: int
    region: str
    content: bytes | None = None
    simulator: Simulator = field(default_factory=Simulator)


def record(conn: Connection, proven: Proven) -> Result:
    """Write what a report changes; the same report again changes nothing."""
    proven = _with_position(conn, proven)
    tag = proven.tag
    if is_anonymous(tag):
        return Result.UNPROVEN
    message = read_messages(conn, [tag.message_id]).get(tag.message_id)
    address = hold_recipient(conn, tag.message_id, tag.position)
    if message is None or address is None:
        return Result.UNKNOWN_MESSAGE
    if is_system(message.account_id):
        return Result.SYSTEM
    event = _event(conn, proven, message, address)
    if _is_told(conn, event):
        return Result.AGAIN
    insert_events(conn, [event])
    suppress_after(conn, [(event, address)])
    note_feedback(conn, [event], proven.content)
    _count(conn, tag, message, event, address)
    if event.type == COMPLAINT:
        return Result.COMPLAINT
    (recipient,) = event.detail["bouncedRecipients"]
    reply = recipient.get("diagnosticCode", "").removeprefix("smtp; ")
    mark_bounced(conn, tag.message_id, tag.position, reply=reply, now=proven.now)
    return Result.BOUNCE


def note_reply(conn: Connection, proven: Proven) -> None:
    """Note that an automatic reply is to be passed on to the sender; too large a one is not."""
    tag, report = proven.tag, passed_on(proven.content)
    message = read_messages(conn, [tag.message_id]).get(tag.message_id)
    if message is None or report is None or is_system(message.account_id):
        return
    reply = Feedback(
        id=uuid7(proven.now),
        message_id=tag.message_id,
        position=tag.position,
        kind=AUTO_REPLY,
        report=report,
    )
    insert_feedback(conn, [reply])


def _with_position(conn: Connection, proven: Proven) -> Proven:
    """Find the recipient that a report names, where its tag names the message alone."""
    if not is_anonymous(proven.tag):
        return proven
    known = [row.address for row in message_recipients(conn, proven.tag.message_id)]
    position = named_position(proven.report, known)
    if position is None:
        return proven
    return replace(proven, tag=Tag(proven.tag.message_id, position))


def _count(conn: Connection, tag: Tag, message: Message, event: Event, address: str) -> None:
    """Count it for the sender's reputation; a bounce may come before its delivery is settled."""
    ended, sent_from = sent_before(conn, tag.message_id, tag.position)
    happened = Happened(
        event=event,
        address=address,
        sending_domain=sending_domain(message.source),
        sent_from=sent_from,
        ended=event.type == BOUNCE and not ended,
    )
    count_reputation(conn, [happened])


def _event(conn: Connection, proven: Proven, message: Message, address: str) -> Event:
    report, now = proven.report, proven.now
    feedback_id = ses_message_id(uuid7(now), proven.region)
    if report.kind is ReportKind.COMPLAINT and report.complaint is not None:
        kind = COMPLAINT
        known = [row.address for row in message_recipients(conn, message.id)]
        addresses = may_have_complained(address, known)
        detail = complaint_block(report.complaint, addresses, feedback_id=feedback_id, now=now)
    else:
        kind = BOUNCE
        detail = bounce_block(report, address, feedback_id=feedback_id, now=now)
    return Event(
        id=uuid7_after(last_event_id(conn, message.id) or message.id, now),
        account_id=message.account_id,
        message_id=message.id,
        position=proven.tag.position,
        type=kind,
        created_at=now,
        detail=detail,
        configuration_set=message.configuration_set,
        simulated=proven.simulator.mailbox(address) is not None,
    )


def _is_told(conn: Connection, event: Event) -> bool:
    """Tell whether the recipient has such an event already."""
    if event.position is None:
        return False
    known = recipient_details(conn, event.message_id, event.position, event.type)
    return any(_is_same(one, event.detail) for one in known)


def _is_same(known: dict[str, Any], detail: dict[str, Any]) -> bool:
    return known.get("complaintFeedbackType") == detail.get("complaintFeedbackType")
