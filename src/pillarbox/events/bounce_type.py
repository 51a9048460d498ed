"""From a receiver's reply to what a bounce event says of it (facts §11). Pure.

The types are those of `proto.bounce_class`, the one table for replies and for reports that arrive
later; here a reply without an enhanced status (RFC 3463) gets the one of its class.
"""

from dataclasses import dataclass

from pillarbox.model.outcome import Reply
from pillarbox.proto.report import bounce_class


@dataclass(frozen=True, slots=True)
class BounceType:
    """How a bounce event describes a failure."""

    bounce_type: str
    bounce_sub_type: str
    status: str
    diagnostic_code: str


def classify(reply: Reply) -> BounceType:
    """Classify a reply that failed or delayed a recipient."""
    status = reply.enhanced or ("5.0.0" if reply.code >= 500 else "4.0.0")
    kind = bounce_class.classify(status, reply.code, reply.text)
    if kind.bounce_type == bounce_class.UNDETERMINED:  # no code of a failure, yet it ended as one
        kind = bounce_class.BounceClass(bounce_class.TRANSIENT, "General")
    return BounceType(kind.bounce_type, kind.bounce_sub_type, status, f"smtp; {reply}")
