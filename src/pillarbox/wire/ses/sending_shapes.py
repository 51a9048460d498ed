"""Requests and answers of SendEmail and SendRawEmail (facts, Appendix C)."""

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.ses.shared_shapes import MessageTag
from pillarbox.wire.sesv2.sending_shapes import Body, Content, Destination, RawMessage

__all__ = ["Body", "Content", "Destination", "RawMessage"]


class Message(Shape, frozen=True, kw_only=True):
    """A message that the service composes."""

    subject: Content
    body: Body


class SendEmailRequest(Shape, frozen=True, kw_only=True):
    """Compose and send one message."""

    source: str
    destination: Destination
    message: Message
    reply_to_addresses: tuple[str, ...] | None = None
    return_path: str | None = None
    source_arn: str | None = None
    return_path_arn: str | None = None
    tags: tuple[MessageTag, ...] | None = None
    configuration_set_name: str | None = None


class SendRawEmailRequest(Shape, frozen=True, kw_only=True):
    """Send a message as it is."""

    raw_message: RawMessage
    source: str | None = None
    destinations: tuple[str, ...] | None = None
    from_arn: str | None = None
    source_arn: str | None = None
    return_path_arn: str | None = None
    tags: tuple[MessageTag, ...] | None = None
    configuration_set_name: str | None = None


class SendResponse(Shape, frozen=True, kw_only=True):
    """The id the message goes by in events."""

    message_id: str
