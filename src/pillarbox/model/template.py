"""Templates: what a customer keeps, what a message made from one consists of.

Frozen when a message is accepted: the version of the template, and beside it what all messages of
one call share. Each message has its own data only.
"""

from dataclasses import dataclass

from pillarbox.model.send import Attachment


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateParts:
    """One version of a template. `name`: None for one that came with the call."""

    name: str | None = None
    subject: str | None = None
    text: str | None = None
    html: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateVersion:
    """The version of a template that is in force: where it is kept, and its size in octets."""

    id: bytes
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedData:
    """What all messages of one call share. `default_data`: a JSON object."""

    default_data: str = "{}"
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplatedBody:
    """What a message has of its own until it is rendered.

    `head`: the Feedback-ID of ours and its address fields, written. `headers`: the customer's own
    fields. `data`: a JSON object, laid over the default data. `date_ms`, `message_id`, `boundary`:
    as of its acceptance, so that it is rendered the same whenever it is.
    """

    head: bytes
    date_ms: int
    message_id: str
    boundary: str
    headers: tuple[tuple[str, str], ...] = ()
    data: str = "{}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SharedRow:
    """A row of what messages share: a template's version, or the SharedData of a call, encoded.

    `superseded_at`: since when no new message refers to it, in milliseconds; None for the version
    in force of a template.
    """

    id: bytes
    account_id: str
    content: bytes
    created_at: int
    superseded_at: int | None


class RenderingFailure(Exception):
    """A message can't be rendered, now or ever; the text is for the customer."""

    def __init__(self, message: str, template: str | None) -> None:
        super().__init__(message)
        self.template = template
