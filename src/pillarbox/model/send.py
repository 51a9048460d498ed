"""What a caller asks to have sent, whichever API it came by: the input of `accept`."""

from dataclasses import dataclass

from pillarbox.model.contacts import ListChoice
from pillarbox.model.credentials import Caller
from pillarbox.model.tracking_setup import TrackingOverride


@dataclass(frozen=True, slots=True)
class Text:
    """A text with the charset the caller wants it sent in; None: ASCII if it fits, else UTF-8
    (docs/compat.md).
    """

    data: str
    charset: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of a message that we compose (v2 only).

    `encoding`: BASE64, QUOTED_PRINTABLE or SEVEN_BIT. `content_type` None: by the file name.
    `inline`: shown where the HTML refers to `content_id`.
    """

    data: bytes
    file_name: str
    content_type: str | None = None
    encoding: str = "BASE64"
    inline: bool = False
    content_id: str | None = None
    description: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimpleContent:
    """A message that we compose: a subject, a text or an HTML body or both; extra headers and
    attachments (v2 only).
    """

    subject: Text
    text: Text | None = None
    html: Text | None = None
    headers: tuple[tuple[str, str], ...] = ()
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class RawContent:
    """A whole MIME message as the caller composed it."""

    data: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class InlineTemplate:
    """A template that comes with the call."""

    subject: str | None = None
    text: str | None = None
    html: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateUse:
    """What all messages of one call share: the template, by its name or whole; the data that each
    message's own is laid over (a JSON object); the attachments.
    """

    template: str | InlineTemplate
    default_data: str = "{}"
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatedContent:
    """A message that is made from a template. `data`: a JSON object."""

    use: TemplateUse
    data: str = "{}"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class SendRequest:
    """One message to send. Addresses are as the caller wrote them, display names included.

    `operation` is the API operation, for the tag `ses:operation`. An empty To, Cc and Bcc beside
    RawContent means: the recipients are those of the message's own headers. `report`: it tells of
    other mail, and goes out with the null return path (RFC 3464 §2). `contact_list`: the list that
    its recipients can unsubscribe from.
    """

    caller: Caller
    content: SimpleContent | RawContent | TemplatedContent
    operation: str = "SendEmail"
    from_address: str | None = None
    to: tuple[str, ...] = ()
    cc: tuple[str, ...] = ()
    bcc: tuple[str, ...] = ()
    reply_to: tuple[str, ...] = ()
    feedback_to: str | None = None
    tags: tuple[tuple[str, str], ...] = ()
    configuration_set: str | None = None
    report: bool = False
    tracking: TrackingOverride | None = None
    contact_list: ListChoice | None = None
