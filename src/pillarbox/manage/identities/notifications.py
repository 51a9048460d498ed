"""Identity notifications (SES v1): topics, and whether notifications show headers.

A topic that is set is told so; what it is told later is written with the events themselves
(`store/publishing/notices.py`).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest
from pillarbox.base.ids import uuid7
from pillarbox.manage.identities.identities import lookup_name
from pillarbox.model.notification import KINDS
from pillarbox.store.generations import bump_generation
from pillarbox.store.identity import notifications as rows
from pillarbox.store.identity.identities import find_identities, find_identity
from pillarbox.store.publishing.notices import announce


@dataclass(frozen=True, slots=True, kw_only=True)
class Notifications:
    """What is set for one identity; by kind, where it was set. `forwarding`: feedback by mail."""

    topics: dict[str, str]
    headers: dict[str, bool]
    forwarding: bool


def set_notification_topic(
    conn: Connection, account_id: str, name: str, kind: str, topic: str | None, *, now: int
) -> None:
    """Set the topic that one kind of notifications goes to, and tell it; None or empty: none.

    Raises BadRequest for an unknown identity or kind.
    """
    bump_generation(conn, account_id)
    identity = _identity(conn, account_id, name, kind)
    row_id = rows.set_topic(conn, account_id, identity, kind, topic or None, uuid7(now))
    if topic:
        text = (
            f"You have successfully subscribed your Amazon SNS topic '{topic}' to receive '{kind}' "
            f"notifications from Amazon SES for identity '{identity}'."
        )
        told = {"notificationType": "AmazonSnsSubscriptionSucceeded", "message": text}
        announce(conn, account_id, row_id, msgspec.json.encode(told).decode(), now=now)


def set_headers_in_notifications(
    conn: Connection, account_id: str, name: str, kind: str, *, enabled: bool
) -> None:
    """Set whether notifications of one kind show headers. Raises BadRequest as the topic does."""
    bump_generation(conn, account_id)
    identity = _identity(conn, account_id, name, kind)
    rows.set_headers(conn, account_id, identity, kind, headers=enabled)


def get_notifications(
    conn: Connection, account_id: str, names: Sequence[str]
) -> dict[str, Notifications]:
    """Give what is set for those of the named identities that there are."""
    wanted = {name: lookup_name(name) for name in names}
    known = find_identities(conn, account_id, sorted(set(wanted.values())))
    found = rows.list_notifications(conn, account_id, sorted(known))
    return {
        name: Notifications(
            topics={one.kind: one.topic for one in found if one.identity == row.name and one.topic},
            headers={one.kind: one.headers for one in found if one.identity == row.name},
            forwarding=row.feedback_forwarding,
        )
        for name, canonical in wanted.items()
        if (row := known.get(canonical)) is not None
    }


def _identity(conn: Connection, account_id: str, name: str, kind: str) -> str:
    if kind not in KINDS:
        raise BadRequest(f"Invalid notification type: {kind}.")
    found = lookup_name(name)
    if find_identity(conn, account_id, found) is None:
        raise BadRequest(
            f"Identity {name} is invalid. It must be a verified email address or domain."
        )
    return found
