"""Whether an account may go on sending, by what its mail led to (facts §9). Pure.

    HEALTHY  --rate of review-->  PROBATION  --rate of pause-->  SHUTDOWN
       ^------well below it----------'                              |
       ^----------------------------by the operator alone-----------'

An account goes straight to SHUTDOWN where the rate of pause is reached at once. PROBATION (under
review) stops nothing and ends by itself, but not before both rates are well below where it began,
so that one recipient more or less does not tell the operator twice a minute.
"""

from dataclasses import dataclass

from pillarbox.model.reputation import Representative, Volume

HEALTHY, PROBATION, SHUTDOWN = "HEALTHY", "PROBATION", "SHUTDOWN"
#: A review ends below the rate at which it begins, divided by this.
HEALED = 1.25
#: Fewer complaints are an accident, however little was sent.
LEAST_COMPLAINTS = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The rates, 0 to 1, from which on an account is reviewed and paused; `least`: recipients below
    which nobody is judged.
    """

    review_bounce: float = 0.05
    pause_bounce: float = 0.10
    review_complaint: float = 0.001
    pause_complaint: float = 0.005
    least: int = 1000


@dataclass(frozen=True, slots=True)
class Judgement:
    """The status that an account should have, and why, for people."""

    status: str
    reason: str


def judge(status: str, seen: Representative, limits: Thresholds) -> Judgement:
    """Judge an account in a status by its representative mail."""
    if status == SHUTDOWN:
        return Judgement(SHUTDOWN, "only the operator lets it send again")
    if not seen.enough:
        return Judgement(
            HEALTHY, f"{seen.volume.sent} recipients in 30 days are too few to judge by"
        )
    found = _found(seen.volume, limits.pause_bounce, limits.pause_complaint)
    if found:
        return Judgement(SHUTDOWN, found)
    found = _found(seen.volume, limits.review_bounce, limits.review_complaint)
    if found:
        return Judgement(PROBATION, found)
    bounce, complaint = limits.review_bounce / HEALED, limits.review_complaint / HEALED
    found = _found(seen.volume, bounce, complaint)
    if found and status == PROBATION:
        return Judgement(PROBATION, f"{found}, below which the review ends")
    return Judgement(HEALTHY, "bounces and complaints are below the rates of review")


def _found(volume: Volume, bounce: float, complaint: float) -> str:
    """Say which rate is reached; empty: none."""
    if volume.bounces and volume.bounce_rate >= bounce:
        return _reached("bounced", volume.bounces, volume.sent, bounce)
    if volume.complaints >= LEAST_COMPLAINTS and volume.complaint_rate >= complaint:
        return _reached("complained", volume.complaints, volume.sent, complaint)
    return ""


def _reached(verb: str, count: int, sent: int, limit: float) -> str:
    return f"{count} of {sent} recipients {verb} ({count / sent:.2%}); the limit is {limit:.2%}"
