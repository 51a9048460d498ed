"""From a receiver's reply to SES's bounce type and subtype (facts §11). Pure.

The enhanced status (RFC 3463) decides where there is one, else the SMTP code (RFC 5321 §4.2.3).
This is the small table of synchronous replies; reports that arrive later are an issue of their own.
"""

from dataclasses import dataclass

from pillarbox.model.outcome import Reply

PERMANENT, TRANSIENT = "Permanent", "Transient"

#: Subject and detail of the enhanced status, without its class, to type and subtype.
_BY_STATUS = {
    "1.1": (PERMANENT, "General"),
    "1.2": (PERMANENT, "General"),
    "1.10": (PERMANENT, "General"),
    "2.1": (PERMANENT, "General"),
    "2.2": (TRANSIENT, "MailboxFull"),
    "2.3": (TRANSIENT, "MessageTooLarge"),
    "3.4": (TRANSIENT, "MessageTooLarge"),
    "4.7": (TRANSIENT, "General"),
    "6.1": (TRANSIENT, "ContentRejected"),
    "7.1": (TRANSIENT, "ContentRejected"),
}
_BY_CODE = {552: (TRANSIENT, "MailboxFull")}


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
    detail = status.partition(".")[2]
    kind = _BY_STATUS.get(detail) or _BY_CODE.get(reply.code) or _by_class(reply)
    return BounceType(*kind, status, f"smtp; {reply}")


def _by_class(reply: Reply) -> tuple[str, str]:
    return (PERMANENT, "General") if reply.code >= 500 else (TRANSIENT, "General")
