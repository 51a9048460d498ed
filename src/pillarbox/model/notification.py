"""An identity's notification (SES v1, facts §5.3): what an event's record looks like there."""

from typing import Any

from pillarbox.model.event import BLOCKS

#: The types of events that identities notify of.
KINDS = ("Bounce", "Complaint", "Delivery")
_HEADERS = ("headersTruncated", "headers", "commonHeaders")
_SHOWN = ("timestamp", "source", "sourceArn")


def notification_record(
    kind: str, block: dict[str, Any], mail: dict[str, Any], *, headers: bool
) -> dict[str, Any]:
    """Make the notification of an event of its own block and the message's `mail` object.

    `headers`: show the message's headers. Tags are never shown.
    """
    tags = mail.get("tags", {})
    shown = {
        **{name: mail[name] for name in _SHOWN if name in mail},
        "sourceIp": _first(tags, "ses:source-ip"),
        "callerIdentity": _first(tags, "ses:caller-identity"),
        **{name: mail[name] for name in mail if name not in (*_SHOWN, *_HEADERS, "tags")},
        **{name: mail[name] for name in _HEADERS if headers and name in mail},
    }
    return {"notificationType": kind, BLOCKS[kind]: block, "mail": shown}


def _first(tags: dict[str, list[str]], name: str) -> str:
    return next(iter(tags.get(name, ())), "")
