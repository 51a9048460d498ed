"""What later events show of a message that was made from a template: its whole header.

Its Send event shows the address fields, since nothing else was known then; from the first
settlement on, its `mail` object has subject, date and the others (facts §5.1). Takes settlements,
in the transaction that writes them.
"""

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import Connection

from pillarbox.model.queued import Settlement
from pillarbox.proto.mime.events import common_headers, event_headers
from pillarbox.store.mail.messages import read_mail_objects, write_mail_objects


def show_rendered(conn: Connection, settlements: Sequence[Settlement]) -> None:
    """Complete the `mail` objects of rendered messages."""
    heads = {one.claim.message_id: one.head for one in settlements if one.head is not None}
    if not heads:
        return
    mails = read_mail_objects(conn, heads)
    write_mail_objects(
        conn,
        {
            message_id: completed(msgspec.json.decode(mail), heads[message_id])
            for message_id, mail in mails.items()
        },
    )


def completed(mail: dict[str, Any], head: bytes) -> dict[str, Any]:
    """Give a `mail` object that shows this header section."""
    headers, truncated = event_headers(head)
    common = common_headers(head, message_id=mail["messageId"])
    return {
        **mail,
        "headersTruncated": truncated,
        "headers": headers,
        "commonHeaders": common,
    }
