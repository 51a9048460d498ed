"""What the JSON and the mails of the stock hold: where words are that mail and callers bring."""

import json
from abc import ABC, abstractmethod
from typing import Any

import msgspec

from pillarbox.base.ids import ses_message_id
from pillarbox.model.event import TEST
from pillarbox.model.template import TemplateParts
from tests.console.conftest import NOW

HOUR, DAY = 3_600_000, 86_400_000
#: The types of the stock's events, in their order.
EVENTS = ("Click", "Open", TEST, "Bounce", "Complaint", "DeliveryDelay", "Delivery", "Reject")


class Rows(ABC):
    """Gives what rows of the stock hold."""

    @abstractmethod
    def word(self, field: str) -> str:
        """Give the text of a field."""

    @abstractmethod
    def value(self, field: str, number: int) -> Any:
        """Give what a field of a row holds."""

    def key(self, table: str, number: int) -> bytes:
        """Give the id of a row, a UUIDv7; the first row is the newest."""
        tail = bytearray(table.encode().ljust(10, b".")[:10])
        tail[0], tail[2] = 0x70 | (tail[0] & 0x0F), 0x80 | (tail[2] & 0x3F)
        return (NOW - HOUR - number * 1000).to_bytes(6, "big") + bytes(tail)

    def message_id(self, number: int) -> str:
        """Give the id of a message as the world writes it."""
        return ses_message_id(self.key("messages", number), "us-east-1")

    def json(self, **words: str) -> str:
        """Write an object whose members are words of fields."""
        return json.dumps({name: self.word(field) for name, field in words.items()})


def mail_json(rows: Rows, number: int) -> str:
    """Give the `mail` object of a message."""
    said = {name: rows.word(f"mail.{name}") for name in ("source", "to", "header", "header name")}
    subject = rows.word("messages.subject")
    return json.dumps(
        {
            "messageId": rows.message_id(number),
            "source": said["source"],
            "destination": [said["to"]],
            "headers": [{"name": said["header name"], "value": said["header"]}],
            "commonHeaders": {"from": [said["source"]], "to": [said["to"]], "subject": subject},
            "tags": {rows.word("mail.tag name"): [rows.word("mail.tag value")]},
        }
    )


def event_json(rows: Rows, number: int) -> str:
    """Give the block of an event: of each type, what others have brought."""

    def word(name: str) -> str:
        return rows.word(f"event.{name}")

    blocks: dict[str, dict[str, Any]] = {
        "Click": {
            "link": "javascript:" + word("link"),
            "linkTags": {word("link tag"): [word("link tag value")]},
            "ipAddress": word("address"),
            "userAgent": word("user agent of a click"),
            "verdict": "human",
        },
        "Open": {"userAgent": word("user agent of an open"), "verdict": "scanner"},
        "Bounce": {
            "bounceType": "Permanent",
            "bouncedRecipients": [
                {"emailAddress": word("bounced"), "diagnosticCode": word("diagnosis")}
            ],
            "reportingMTA": word("reporting host"),
        },
        "Complaint": {"userAgent": word("reporter"), "complaintFeedbackType": word("feedback")},
        "DeliveryDelay": {"delayedRecipients": [{"diagnosticCode": word("delay")}]},
        "Delivery": {"smtpResponse": word("response"), "remoteMtaIp": word("server")},
        "Reject": {"reason": word("reason of a reject")},
        TEST: {"eventType": "Send", "mail": {"source": word("trial")}},
    }
    return json.dumps(blocks[EVENTS[number % len(EVENTS)]])


def attempt_json(rows: Rows, number: int) -> str:
    """Give a conversation with a receiving server that says what it likes."""

    def word(name: str) -> str:
        return rows.word(f"attempt.{name}")

    said: dict[str, Any] = {
        "host": word("host"),
        "address": word("address"),
        "tls": word("tls"),
        "reply": word("reply"),
        "steps": [("MAIL", 12.5, word("reply to MAIL"))],
    }
    before = {"host": word("host before"), "reply": "", "steps": [("EHLO", 1.0, word("banner"))]}
    return json.dumps(said | {"passed_over": [before]})


def topics_json(rows: Rows, _: int) -> str:
    names = ("name", "display_name", "description")
    said = {name: rows.word(f"topic of a list.{name}") for name in names}
    return json.dumps([said | {"default": "OPT_IN"}])


def target_json(rows: Rows, number: int) -> str:
    """Give where an event destination leads, by its kind."""

    def word(name: str) -> str:
        return rows.word(f"target.{name}")

    dimension = {"name": word("dimension"), "source": "MESSAGE_TAG", "default": word("default")}
    targets: list[dict[str, Any]] = [
        {"topic_arn": word("topic")},
        {"role_arn": word("role"), "stream_arn": word("stream")},
        {"dimensions": [dimension]},
        {"bus_arn": word("bus")},
        {"application_arn": word("application")},
    ]
    return json.dumps(targets[number % len(targets)])


def template_content(rows: Rows, _: int) -> bytes:
    """Give a version of a template, as it is kept."""
    subject, text, html = (rows.word(f"template.{name}") for name in ("subject", "text", "html"))
    return msgspec.msgpack.encode(TemplateParts(subject=subject, text=text, html=html))


def mail_bytes(rows: Rows, whose: str) -> bytes:
    """Give a mail whose every part is a word: headers, bodies, the name of an attachment."""

    def word(name: str) -> str:
        return rows.word(f"{whose}.{name}")

    name = word("attachment").replace("\\", "").replace('"', '\\"')
    return "\r\n".join(
        [
            f"From: {word('from')}",
            f"Subject: {word('subject')}",
            f"X-Any: {word('header')}\x00",
            "MIME-Version: 1.0",
            "Content-Type: multipart/mixed; boundary=b",
            "",
            "--b",
            "Content-Type: text/plain; charset=utf-8",
            "",
            word("text"),
            "--b",
            "Content-Type: text/html; charset=utf-8",
            "",
            f"<p>{word('html')}</p>",
            "--b",
            "Content-Type: text/html",
            f'Content-Disposition: attachment; filename="{name}"',
            "",
            "<script>xss</script>",
            "--b--",
            "",
        ]
    ).encode()
