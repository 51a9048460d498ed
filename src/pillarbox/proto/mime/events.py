"""What the event records say of a message's header (facts §5.1).

Takes the octets of a message that `accept` has let in; hands on the `headers` list with its
truncation flag, and `commonHeaders`. Both show the original header, X-SES-* fields included.
"""

import re
from typing import Any

from pillarbox.proto.mime.addresses import AddressError, parse_address_list
from pillarbox.proto.mime.encoded_words import decode_words
from pillarbox.proto.mime.headers import HeaderField, read_fields

MAX_EVENT_HEADERS = 10 * 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_LISTS = (("from", "from"), ("replyTo", "reply-to"), ("to", "to"), ("cc", "cc"), ("bcc", "bcc"))


def event_headers(content: bytes) -> tuple[list[dict[str, str]], bool]:
    """Give the fields as `{"name", "value"}`, unfolded, and whether they were cut at 10 KB.

    A message without From shows none (recorded of the real service, facts §4). Raises MimeError for
    octets that are no message.
    """
    fields = _fields(content)
    out: list[dict[str, str]] = []
    if not any(field.name.lower() == "from" for field in fields):
        return out, False
    size = 0
    for field in fields:
        value = _CONTROL.sub(" ", field.text)
        size += len(field.name) + len(value.encode("utf-8"))
        if size > MAX_EVENT_HEADERS:
            return out, True
        out.append({"name": field.name, "value": value})
    return out, False


def common_headers(content: bytes, *, message_id: str) -> dict[str, Any]:
    """Give `commonHeaders`: address lists and subject decoded, `messageId` the service's id.

    Raises MimeError for octets that are no message.
    """
    values: dict[str, list[HeaderField]] = {}
    for field in _fields(content):
        values.setdefault(field.name.lower(), []).append(field)
    common: dict[str, Any] = {}
    if "from" in values:
        _put_text(common, "returnPath", values.get("return-path"))
        for key, name in _LISTS:
            if name in values:
                common[key] = [shown for field in values[name] for shown in _addresses(field.text)]
        _put_text(common, "sender", values.get("sender"))
        _put_text(common, "date", values.get("date"))
        _put_text(common, "subject", values.get("subject"))
    common["messageId"] = message_id
    return common


def _fields(content: bytes) -> tuple[HeaderField, ...]:
    blank = -2 if content.startswith(b"\r\n") else content.find(b"\r\n\r\n")
    return read_fields(content, 0, blank + 2 if blank != -1 else len(content))


def _put_text(common: dict[str, Any], key: str, fields: list[HeaderField] | None) -> None:
    if fields:
        common[key] = _shown(fields[0].text)


def _shown(text: str) -> str:
    return _CONTROL.sub(" ", decode_words(text))


def _addresses(text: str) -> list[str]:
    try:
        return [str(mailbox) for mailbox in parse_address_list(text)]
    except AddressError:
        return [_shown(text)]
