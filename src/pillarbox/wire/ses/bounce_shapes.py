"""The request and the answer of SendBounce (botocore's model of SES v1)."""

from datetime import datetime
from typing import Literal

from pillarbox.proto.aws.rest_json import Shape

BounceType = Literal[
    "DoesNotExist",
    "MessageTooLarge",
    "ExceededQuota",
    "ContentRejected",
    "Undefined",
    "TemporaryFailure",
]
DsnAction = Literal["failed", "delayed", "delivered", "relayed", "expanded"]


class ExtensionField(Shape, frozen=True, kw_only=True):
    """A field of the caller's own."""

    name: str
    value: str


class RecipientDsnFields(Shape, frozen=True, kw_only=True):
    """What became of a recipient."""

    action: DsnAction
    status: str
    final_recipient: str | None = None
    remote_mta: str | None = None
    diagnostic_code: str | None = None
    last_attempt_date: datetime | None = None
    extension_fields: tuple[ExtensionField, ...] | None = None


class BouncedRecipientInfo(Shape, frozen=True, kw_only=True):
    """A recipient, and why it bounced: a type, or the fields themselves."""

    recipient: str
    recipient_arn: str | None = None
    bounce_type: BounceType | None = None
    recipient_dsn_fields: RecipientDsnFields | None = None


class MessageDsn(Shape, frozen=True, kw_only=True):
    """What is said of the message as a whole."""

    reporting_mta: str
    arrival_date: datetime | None = None
    extension_fields: tuple[ExtensionField, ...] | None = None


class SendBounceRequest(Shape, frozen=True, kw_only=True):
    """Bounce a message to its sender."""

    original_message_id: str
    bounce_sender: str
    bounced_recipient_info_list: tuple[BouncedRecipientInfo, ...]
    explanation: str | None = None
    message_dsn: MessageDsn | None = None
    bounce_sender_arn: str | None = None


class SendBounceResponse(Shape, frozen=True, kw_only=True):
    """The id of the bounce."""

    message_id: str | None = None
