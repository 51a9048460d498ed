"""Bounces that a customer sends itself: SendBounce of SES v1.

The message to bounce is one of the account, accepted within 24 hours; the bounce tells its sender
that some of its recipients did not get it. Where the real service bounces mail that it received for
the customer, we know the account's own mail alone (docs/compat-rules.md).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest
from pillarbox.base.ids import row_id_of
from pillarbox.manage.names import shortened
from pillarbox.proto.mime.addresses import parse_address
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.report.dsn_compose import (
    DeliveryReport,
    Fields,
    RecipientStatus,
    compose_report,
)
from pillarbox.render.templated import compose_stored
from pillarbox.store.mail.messages import read_content, read_messages
from pillarbox.store.mail.queue_view import message_recipients

DAY_MS = 24 * 3600 * 1000
#: Status and text of each type of bounce, as the real service's own templates have them.
TYPES = {
    "DoesNotExist": ("5.1.1", "550 5.1.1 Mailbox does not exist"),
    "MessageTooLarge": ("5.3.4", "552 5.3.4 Message too large"),
    "ExceededQuota": ("5.2.2", "552 5.2.2 Mailbox full"),
    "ContentRejected": ("5.6.1", "500 5.6.1 Message content rejected"),
    "Undefined": ("5.0.0", "554 5.0.0 Unknown failure"),
    "TemporaryFailure": ("4.0.0", "450 4.0.0 Temporary failure"),
}
_EXPLANATION = "An error occurred while trying to deliver the mail to the following recipients:\n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Original:
    """The message that is bounced: who sent it, to whom, and its header section."""

    sender: str
    recipients: frozenset[str]
    header: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounce:
    """What is to be said. `explanation`, `reporting_mta` None: in our own words."""

    sender: str
    recipients: Sequence[RecipientStatus]
    explanation: str | None = None
    reporting_mta: str | None = None
    arrival: int | None = None
    extensions: Fields = ()


def status_of_type(recipient: str, kind: str) -> RecipientStatus:
    """Give the status that a type of bounce means for a recipient."""
    status, diagnostic = TYPES[kind]
    return RecipientStatus(
        recipient=recipient, action="failed", status=status, diagnostic=diagnostic
    )


def find_original(conn: Connection, account_id: str, message_id: str, *, now: int) -> Original:
    """Find the message to bounce. Raises BadRequest."""
    row_id = row_id_of(message_id)
    message = read_messages(conn, [row_id]).get(row_id) if row_id else None
    if message is None or message.account_id != account_id or message.created_at < now - DAY_MS:
        raise BadRequest(
            f"Message <{shortened(message_id)}> was not accepted in the last 24 hours."
        )
    content = compose_stored(conn, message, read_content(conn, message.id) or b"")
    head, _, _ = content.partition(b"\r\n\r\n")
    return Original(
        sender=message.feedback_to or message.source,
        recipients=frozenset(row.address for row in message_recipients(conn, message.id)),
        header=head + b"\r\n",
    )


def compose_bounce(bounce: Bounce, original: Original, *, service: str, boundary: str) -> bytes:
    """Compose the bounce to the original's sender; `service`: our own name. Raises BadRequest."""
    try:
        recipients = tuple(_checked(one, original) for one in bounce.recipients)
        named = "\n".join(one.recipient for one in recipients)
        report = DeliveryReport(
            reporting_mta=bounce.reporting_mta or f"dns; {service}",
            recipients=recipients,
            explanation=bounce.explanation or f"{_EXPLANATION}{named}\n",
            header=original.header,
            arrival=bounce.arrival,
            extensions=bounce.extensions,
        )
        sender, to = parse_address(bounce.sender), parse_address(original.sender)
        return compose_report(report, from_=sender, to=to, boundary=boundary)
    except MimeError as error:
        raise BadRequest(str(error)) from error


def _checked(one: RecipientStatus, original: Original) -> RecipientStatus:
    address = parse_address(one.recipient).address
    if address not in original.recipients:
        raise BadRequest(f"<{shortened(address)}> is not a recipient of the message.")
    return one
