"""From the outcome of an attempt to what is settled: the new state and the event record's block.

Pure. Takes the claim, the message, the outcome, and when the next attempt would be (None: the
message has run out of time). The blocks are those of facts §5.2.
"""

from dataclasses import dataclass, replace
from typing import Any

from pillarbox.base.clock import iso8601
from pillarbox.base.ids import ses_message_id, uuid7, uuid7_after
from pillarbox.events.attempt_record import record_of
from pillarbox.events.bounce_type import classify
from pillarbox.events.counting import sending_domain
from pillarbox.model.account import is_system
from pillarbox.model.delay import NextAttempt
from pillarbox.model.event import BOUNCE, DELIVERY, DELIVERY_DELAY, Event
from pillarbox.model.outcome import Deferred, Delivered, Failed, Outcome, Reply
from pillarbox.model.queued import BOUNCED, DELIVERED, QUEUED, Claim, Message, Settlement
from pillarbox.model.simulator import SIMULATOR_HOST

#: Statuses of our own making: no connection, one that was lost, none that could be tried.
UNREACHABLE = frozenset({"4.4.1", "4.4.2"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settling:
    """What settling needs besides the outcome.

    `again`: None when the message has run out of time, and then `expired` is what is told.
    """

    claim: Claim
    message: Message
    now: int
    reporting_mta: str
    region: str
    again: NextAttempt | None
    expired: Reply | None = None


def settlement_of(settling: Settling, outcome: Outcome) -> Settlement:
    """Decide what an attempt's outcome changes."""
    settlement = _settlement(settling, outcome)
    if settlement.event is None or outcome.attempt.host != SIMULATOR_HOST:
        return settlement
    return replace(settlement, event=replace(settlement.event, simulated=True))


def _settlement(settling: Settling, outcome: Outcome) -> Settlement:
    if isinstance(outcome, Delivered):
        delivery = _delivery(settling, outcome)
        return _final(settling, outcome, DELIVERED, outcome.reply, DELIVERY, delivery)
    if isinstance(outcome, Failed):
        return _bounced(settling, outcome, outcome.reply)
    if settling.again is None:
        return _bounced(settling, outcome, settling.expired or outcome.reply)
    counts = not (
        isinstance(outcome, Deferred) and outcome.own_delay and not outcome.own_delay.counts
    )
    return _deferred(settling, outcome, settling.again, counts=counts)


def _bounced(settling: Settling, outcome: Outcome, reply: Reply) -> Settlement:
    return _final(settling, outcome, BOUNCED, reply, BOUNCE, _bounce(settling, reply))


def _final(
    settling: Settling,
    outcome: Outcome,
    state: int,
    reply: Reply,
    kind: str,
    detail: dict[str, Any],
) -> Settlement:
    return Settlement(
        claim=settling.claim,
        state=state,
        due_at=settling.now,
        reply=str(reply),
        settled_at=settling.now,
        event=_event(settling, kind, detail),
        record=record_of(outcome, settling.now),
        sending_domain=sending_domain(settling.message.source),
        sent_from=outcome.attempt.source or None,
    )


def _deferred(
    settling: Settling, outcome: Outcome, again: NextAttempt, *, counts: bool
) -> Settlement:
    event, reply = None, outcome.reply
    if again.delay_type is not None:
        event = _event(settling, DELIVERY_DELAY, _delay(settling, again.delay_type, reply))
    return Settlement(
        claim=settling.claim,
        state=QUEUED,
        due_at=again.due_at,
        reply=str(reply),
        settled_at=settling.now,
        event=event,
        attempted=counts,
        record=record_of(outcome, settling.now) if counts else None,
        unreachable=reply.enhanced in UNREACHABLE,
    )


def _event(settling: Settling, kind: str, detail: dict[str, Any]) -> Event | None:
    if is_system(settling.claim.account_id):
        return None  # the system's own mail tells nobody what became of it
    return Event(
        id=uuid7_after(settling.message.id, settling.now),
        account_id=settling.claim.account_id,
        message_id=settling.claim.message_id,
        position=settling.claim.position,
        type=kind,
        created_at=settling.now,
        detail=detail,
        configuration_set=settling.message.configuration_set,
    )


def _delivery(settling: Settling, outcome: Delivered) -> dict[str, Any]:
    return {
        "timestamp": iso8601(settling.now),
        "processingTimeMillis": max(0, settling.now - settling.message.created_at),
        "recipients": [settling.claim.address],
        "smtpResponse": str(outcome.reply),
        "reportingMTA": settling.reporting_mta,
    }


def _bounce(settling: Settling, reply: Reply) -> dict[str, Any]:
    kind = classify(reply)
    return {
        "feedbackId": ses_message_id(uuid7(settling.now), settling.region),
        "bounceType": kind.bounce_type,
        "bounceSubType": kind.bounce_sub_type,
        "bouncedRecipients": [
            {
                "emailAddress": settling.claim.address,
                "action": "failed",
                "status": kind.status,
                "diagnosticCode": kind.diagnostic_code,
            }
        ],
        "timestamp": iso8601(settling.now),
        "reportingMTA": f"dsn; {settling.reporting_mta}",
    }


def _delay(settling: Settling, delay_type: str, reply: Reply) -> dict[str, Any]:
    kind = classify(reply)
    return {
        "timestamp": iso8601(settling.now),
        "delayType": delay_type,
        "expirationTime": iso8601(settling.message.deadline),
        "reportingMTA": settling.reporting_mta,
        "delayedRecipients": [
            {
                "emailAddress": settling.claim.address,
                "status": kind.status,
                "diagnosticCode": kind.diagnostic_code,
            }
        ],
    }
