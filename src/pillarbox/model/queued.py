"""A message on its way: what `accept` stores, what `queue` claims, what `events` settles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self

from pillarbox.model.attempt_record import AttemptRecord
from pillarbox.model.event import Event
from pillarbox.model.template import SharedRow

#: States of a recipient. QUEUED is on its way; HELD was set aside by the operator; the others are
#: final. SUPPRESSED: never tried, because of the suppression list or a contact list. UNRENDERABLE:
#: its template could not be rendered. REJECTED: never tried, because of what is in the message.
QUEUED, DELIVERED, BOUNCED, CANCELLED, SUPPRESSED, HELD = 0, 1, 2, 3, 4, 5
UNRENDERABLE, REJECTED = 6, 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A message as it was accepted, without its content: all that shapes it is frozen here.

    `tracking`: its TrackingPlan as JSON, None where nothing is tracked. `list_plan`: its ListPlan
    as JSON, None for mail to no contact list. `scan`: what the scanner said of it, None while it
    was not asked. `template_id`, `shared_id`: of a message that is still to be made from a
    template, where that and what its call shares are.
    """

    id: bytes
    account_id: str
    created_at: int
    source: str
    subject: str | None
    configuration_set: str | None
    size: int
    eight_bit: bool
    tls_required: bool
    sending_pool: str | None
    signing_domain: str | None
    signing_token: str | None
    return_path_domain: str
    feedback_to: str | None
    deadline: int
    tracking: str | None = None
    list_plan: str | None = None
    scan: str | None = None
    template_id: bytes | None = None
    shared_id: bytes | None = None

    def lane(self, address: str) -> str:
        """Name the lane that the recipient with this address waits in."""
        return lane_of(address, self.account_id, self.sending_pool, self.configuration_set)


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptedMessage:
    """All rows of one accepted message. `mail`: the event record's `mail` object.

    `contacts_of`: the id of the contact list that recipients are added to.

    `send_event`: None for the system's own mail. `suppressed`: the events of suppressed recipients,
    by their positions; the others are queued. `simulated`: how many of the recipients are the
    mailbox simulator's, which cost no quota. `shared`: rows it refers to, stored with the first
    message that brings them.
    """

    message: Message
    content: bytes
    mail: dict[str, Any]
    recipients: tuple[str, ...]
    send_event: Event | None
    suppressed: Mapping[int, Event] = field(default_factory=dict)
    contacts_of: bytes | None = None
    simulated: int = 0
    shared: tuple[SharedRow, ...] = ()

    @property
    def counted(self) -> int:
        """How many recipients it counts for in the account's quota."""
        return len(self.recipients) - self.simulated

    @property
    def events(self) -> tuple[Event, ...]:
        """The events of accepting it."""
        sent = () if self.send_event is None else (self.send_event,)
        return (*sent, *self.suppressed.values())

    @property
    def queued(self) -> tuple[str, ...]:
        """The recipients that are to be delivered to."""
        if not self.suppressed:
            return self.recipients
        return tuple(one for at, one in enumerate(self.recipients) if at not in self.suppressed)


@dataclass(frozen=True, slots=True)
class Claim:
    """One recipient of one message, ours to deliver until `lease_until`."""

    message_id: bytes
    position: int
    account_id: str
    address: str
    lane: str
    size: int
    attempts: int
    token: bytes
    lease_until: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What an attempt changes: the recipient's new state and the event that tells of it.

    `due_at`: when a recipient that stays QUEUED is tried again. `attempted`: False when nothing was
    tried (a shutdown), so that it does not count. `record`: the attempt, None for none to keep.
    `sending_domain`: the author's; `sent_from`: the address of ours that it left by, None where the
    system chose one. `unreachable`: no host of its destination was there to speak to. `head`: the
    header section of a message that was made from a template, as long as its events do not show it.
    """

    claim: Claim
    state: int
    due_at: int
    reply: str
    settled_at: int
    event: Event | None
    attempted: bool = True
    record: AttemptRecord | None = None
    sending_domain: str = ""
    sent_from: str | None = None
    unreachable: bool = False
    head: bytes | None = None


@dataclass(frozen=True, slots=True)
class Lane:
    """What a lane's name says: mail of one configuration set of one account to one domain.

    `configuration_set` and `pool`: None for mail without one.
    """

    domain: str
    account_id: str
    pool: str | None
    configuration_set: str | None

    @classmethod
    def named(cls, name: str) -> Self:
        """Read a name that `lane_of` made."""
        domain, *middle, mail = name.split(" ")
        account_id, _, pool = mail.partition("/")
        return cls(domain, account_id, pool or None, middle[0] if middle else None)


def lane_of(
    address: str, account_id: str, pool: str | None = None, configuration_set: str | None = None
) -> str:
    """Name the lane of a recipient: its destination group, today the domain, the set, `mail_of`.

    Lanes take turns, so a newsletter's set does not stand before that of the receipts.
    """
    among = f"{configuration_set} " if configuration_set else ""
    return f"{address.rpartition('@')[2]} {among}{mail_of(account_id, pool)}"


def mail_of(account_id: str, pool: str | None) -> str:
    """Name the mail of an account for a pool, None for mail without a named one: a lane's end."""
    return account_id if pool is None else f"{account_id}/{pool}"
