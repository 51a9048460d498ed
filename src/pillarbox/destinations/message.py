"""What a topic carries of an event: a text, and SNS's Subject. Pure."""

from dataclasses import dataclass

import msgspec

from pillarbox.model.publishing import Record
from pillarbox.proto.aws.sns_envelope import EVENT_SUBJECT


@dataclass(frozen=True, slots=True)
class TopicMessage:
    """The text of a notification; `subject` None: it has none."""

    text: str
    subject: str | None


def message_of(record: Record) -> TopicMessage:
    """Give what a topic's subscribers get of a record; notices have no subject."""
    text = record.text
    if text is None:
        text = msgspec.json.encode(record.body).decode()
    return TopicMessage(text, None if record.notice else EVENT_SUBJECT)
