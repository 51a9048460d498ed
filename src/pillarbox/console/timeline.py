"""What happened to a message, in the order of time and in words. Pure.

Takes what is on record (`manage/seen/messages.py`), hands on moments for the page.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from pillarbox.manage.seen.messages import EventOnRecord, MessageOnRecord
from pillarbox.model.attempt_record import AttemptOnRecord

#: Event types: what they are called and how they look.
_EVENTS = {
    "Delivery": ("Delivered", "good"),
    "Bounce": ("Bounced", "bad"),
    "Complaint": ("Complained", "bad"),
    "DeliveryDelay": ("Delayed", "warning"),
    "Reject": ("Rejected", "bad"),
    "Open": ("Opened", "quiet"),
    "Click": ("Clicked", "quiet"),
    "Subscription": ("Subscription changed", "quiet"),
    "Rendering Failure": ("Rendering failed", "bad"),
}
_ATTEMPTS = {"delivered": "good", "deferred": "warning", "failed": "bad", "unknown": "warning"}
_VERDICTS = {"human": "good", "proxy": "warning", "scanner": "warning"}
#: Members of an event's block that say nothing to a person, or what stands there anyway.
_UNTOLD = frozenset({"timestamp", "verdict", "recipient", "feedbackId", "processingTimeMillis"})
_NAMES = {
    "smtpResponse": "reply",
    "reportingMTA": "reported by",
    "bounceType": "type",
    "bounceSubType": "subtype",
    "complaintFeedbackType": "feedback type",
    "complaintSubType": "subtype",
    "delayType": "type",
    "expirationTime": "tried until",
    "ipAddress": "from",
    "remoteMtaIp": "server",
    "userAgent": "user agent",
}
_DIAGNOSES = ("bouncedRecipients", "delayedRecipients")


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One thing that happened. `kind`: how its title looks; `verdict`: whether a person opened or
    clicked, and how that looks; `conversations`: with which hosts, in their order.
    """

    at: int
    title: str
    kind: str
    recipient: str | None = None
    verdict: tuple[str, str] | None = None
    facts: Sequence[tuple[str, str]] = ()
    conversations: Sequence[dict[str, Any]] = ()


def timeline(found: MessageOnRecord) -> list[Moment]:
    """Give what happened, the oldest first; an attempt stands before the event that tells of it."""
    message = found.message
    accepted = Moment(
        at=message.created_at,
        title="Accepted",
        kind="quiet",
        facts=[("by", value) for value in found.tags.get("ses:operation", ())],
    )
    moments = [_attempted(one) for one in found.attempts]
    moments += [_happened(one) for one in found.events if one.kind != "Send"]
    return [accepted, *sorted(moments, key=lambda one: one.at)]


def _attempted(one: AttemptOnRecord) -> Moment:
    return Moment(
        at=one.ended_at,
        title=f"Attempt: {one.outcome}",
        kind=_ATTEMPTS.get(one.outcome, "quiet"),
        recipient=one.recipient,
        facts=[("reply", one.reply)] if one.reply else [],
        conversations=[*one.conversation.get("passed_over", ()), one.conversation],
    )


def _happened(one: EventOnRecord) -> Moment:
    title, kind = _EVENTS.get(one.kind, (one.kind, "quiet"))
    verdict = one.detail.get("verdict")
    return Moment(
        at=one.at,
        title=title,
        kind=kind,
        recipient=one.recipient,
        verdict=(verdict, _VERDICTS.get(verdict, "quiet")) if isinstance(verdict, str) else None,
        facts=list(_facts(one.detail)),
    )


def _facts(detail: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Give what an event's block says in words and numbers."""
    for name, value in detail.items():
        if name not in _UNTOLD and isinstance(value, str | int) and value != "":
            yield _NAMES.get(name, name), str(value)
    for name in _DIAGNOSES:
        for one in detail.get(name) or ():
            if one.get("diagnosticCode"):
                yield "diagnosis", str(one["diagnosticCode"])
    for name, values in (detail.get("linkTags") or {}).items():
        yield "link tag", f"{name} = {', '.join(values)}"
