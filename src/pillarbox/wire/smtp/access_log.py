"""One record for each message of an SMTP session: who, how large, what it was answered.

No addresses, no contents, no passwords: the message id leads to all of them.
"""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmissionRecord:
    """How one message went. `message_id`: empty unless it was taken."""

    source_ip: str
    tls: str
    account_id: str
    access_key_id: str
    recipients: int
    bytes_in: int
    code: int
    reply: str
    message_id: str
    milliseconds: float


SubmissionLog = Callable[[SubmissionRecord], None]
