"""How an SMTP client is told what `accept` says: ApiErrors as the real service's replies (facts
§12).
"""

from pillarbox.base.errors import (
    AccountSuspended,
    ApiError,
    LimitExceeded,
    MailFromNotVerified,
    MessageRejected,
    SendingPaused,
    TooManyRequests,
)
from pillarbox.proto.smtp_server.replies import SERVICE_FAILURE, Answer

_THROTTLED = (TooManyRequests, LimitExceeded)
_REJECTED = (MessageRejected, SendingPaused, AccountSuspended, MailFromNotVerified)


def refusal_of(error: ApiError) -> Answer:
    """Give the reply for an error: 4xx when trying again can help."""
    if isinstance(error, _THROTTLED):
        return Answer(454, f"Throttling failure: {error.message}", "4.7.0")
    if error.temporary or error.status >= 500:
        return SERVICE_FAILURE
    if isinstance(error, _REJECTED):
        return Answer(554, f"Message rejected: {error.message}", "5.7.1")
    return Answer(554, f"Transaction failed: {error.message}", "5.6.0")
