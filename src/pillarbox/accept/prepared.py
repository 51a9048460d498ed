"""A request made ready to be decided: parsed, composed and measured, but not yet allowed.

Made before the transaction, since composing takes time and depends on nothing but the request.
"""

from dataclasses import dataclass
from typing import Any

from pillarbox.base.errors import ApiError
from pillarbox.model.credentials import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One message to decide on.

    `source`: the From as the caller wrote it. `from_address`: its bare address, `from_written` the
    same before the domain was made lower case. `mail`: the event record's `mail` object, without
    what the decision adds. `problem`: what is wrong with the content; told only when the account,
    the configuration set and the identity are in order.
    """

    id: bytes
    now: int
    caller: Caller
    operation: str
    source: str
    from_address: str
    from_written: str
    recipients: tuple[str, ...]
    recipients_written: tuple[str, ...]
    recipient_count: int
    feedback_to: str | None
    tags: tuple[tuple[str, str], ...]
    configuration_set: str | None
    content: bytes
    subject: str | None
    eight_bit: bool
    mail: dict[str, Any]
    problem: ApiError | None = None
