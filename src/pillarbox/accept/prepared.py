"""A request made ready to be decided: parsed, composed and measured, but not yet allowed.

Made before the transaction, since composing takes time and depends on nothing but the request.
"""

from dataclasses import dataclass
from typing import Any

from pillarbox.accept.templated import SharedUse
from pillarbox.base.errors import ApiError
from pillarbox.model.contacts import ListChoice
from pillarbox.model.credentials import Caller
from pillarbox.model.tracking_setup import TrackingOverride


@dataclass(frozen=True, slots=True)
class Party:
    """A sender or a recipient: its bare address, the same as written, and how errors show it.

    `written` differs from `address` in the case of its domain only.
    """

    address: str
    written: str
    shown: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """One message to decide on.

    `source`: the sender as the caller wrote it. `senders`: all who claim to be the author, the
    visible one first, and who gets bounces and complaints; each must be verified.
    `recipient_count`: how many were named, the same one twice too. `mail`: the event record's
    `mail` object, without what the decision adds. `problem`: what is wrong with the content; told
    only when the account, the configuration set and the senders are in order. `tracking`: what
    the call says of it for this message alone. `report`: it tells of other mail, so it gets the
    null return path. `shared`: what it shares with others, for one that is made from a template.
    """

    id: bytes
    now: int
    caller: Caller
    operation: str
    source: str
    senders: tuple[Party, ...]
    recipients: tuple[Party, ...]
    recipient_count: int
    feedback_to: str | None
    tags: tuple[tuple[str, str], ...]
    configuration_set: str | None
    content: bytes
    subject: str | None
    eight_bit: bool
    mail: dict[str, Any]
    problem: ApiError | None = None
    report: bool = False
    tracking: TrackingOverride | None = None
    contact_list: ListChoice | None = None
    shared: SharedUse | None = None

    @property
    def size(self) -> int:
        """Its octets; of a message that is still to be rendered, those that are known."""
        return len(self.content) + (self.shared.size if self.shared else 0)

    @property
    def sender(self) -> Party:
        """The visible author."""
        return self.senders[0]
