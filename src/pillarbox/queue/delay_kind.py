"""The kind of a delay, as DeliveryDelay events name it (facts §5.2). Pure.

Takes the reply that delayed a message; hands on one of SES's words. What we hold back ourselves is
named where that is decided (`OwnDelay.kind`): SendingDeferral or InternalFailure.

    MailboxFull                      4.2.2
    TransientCommunicationFailure    4.4.x: no connection, a lost one, no route, DNS trouble
    BYOIPHostNameLookupUnavailable   4.7.25: the receiver finds no name for our address (RFC 7372)
    IPFailure                        4.7.x that speaks of our address, of its rate or reputation
    SpamDetected                     4.7.0, 4.7.1 else, but greylisting, which is nobody's fault
    RecipientServerError             4.2.x, 4.3.x
    Undetermined                     a reply that says nothing
    General                          all else
"""

import re

from pillarbox.model.outcome import Reply

_BY_STATUS = {"4.2.2": "MailboxFull", "4.7.25": "BYOIPHostNameLookupUnavailable"}
_OUR_ADDRESS = re.compile(
    r"\bIP\b|\bTSS0\d|\brate\b|throttl|too (many|much|fast)|block.?list|black.?list|reputation"
    r"|\bRBL\b|unexpected volume",
    re.IGNORECASE,
)
_GREYLISTED = re.compile(r"gr[ae]y.?list", re.IGNORECASE)


def delay_type(reply: Reply) -> str:
    """Name the kind of a delay by the reply that caused it."""
    status = reply.enhanced or ""
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if status.startswith("4.7."):
        return _refused_for_policy(status, reply.text)
    if status.startswith("4.4."):
        return "TransientCommunicationFailure"
    if status.startswith(("4.2.", "4.3.")):
        return "RecipientServerError"
    return "General" if reply.text.strip() else "Undetermined"


def _refused_for_policy(status: str, text: str) -> str:
    if _GREYLISTED.search(text):
        return "General"
    if _OUR_ADDRESS.search(text):
        return "IPFailure"
    return "SpamDetected" if status in {"4.7.0", "4.7.1"} else "General"
