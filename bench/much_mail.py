"""A store with a million messages in it, as accept and delivery would have left them.

Written below the store's functions, so that it takes a minute and not an hour; bodies are short.
"""

import json
from collections.abc import Iterator
from typing import Any

import psycopg
from sqlalchemy import Table, insert

from pillarbox.base.clock import iso8601
from pillarbox.base.ids import ses_message_id, uuid7
from pillarbox.model.queued import BOUNCED, DELIVERED, HELD, QUEUED, lane_of
from pillarbox.store.dialect import is_sqlite
from pillarbox.store.partitions import ensure_partitions
from pillarbox.store.store import Store
from pillarbox.store.tables import attempts, events, message_bodies, messages, recipients

DAYS = 14
DAY_MS = 86_400_000
ACCOUNT, OTHER = "123456789012", "222222222222"
RECIPIENTS, SENDERS, CAMPAIGNS, SETS = 400_000, 50, 20, 20
_BODY = b"Subject: order\r\nContent-Type: text/plain\r\n\r\nThank you for your order.\r\n" * 4
_PORTION = 20_000
#: Of five hundred, some bounce for good, some wait, one was set aside.
_STATES = {7: BOUNCED, 8: BOUNCED, 9: BOUNCED, 11: QUEUED, 12: QUEUED, 13: HELD}
Rows = dict[Table, list[dict[str, Any]]]


def fill(store: Store, count: int, now: int) -> None:
    """Put `count` messages of the last two weeks into a migrated store, one in ten another's."""
    with store.transaction() as conn:
        ensure_partitions(conn, now - DAYS * DAY_MS, DAYS // 7 + 2)
    for first in range(0, count, _PORTION):
        rows: Rows = {messages: [], message_bodies: [], recipients: [], events: [], attempts: []}
        for number in range(first, min(first + _PORTION, count)):
            for table, row in _rows(number, now - (count - number) * DAYS * DAY_MS // count):
                rows[table].append(row)
        write(store, rows)


def write(store: Store, rows: Rows) -> None:
    """Write rows of some tables in one transaction, by COPY where there is one."""
    with store.transaction() as conn:
        for table, some in rows.items():
            if is_sqlite(store.engine):
                conn.execute(insert(table), some)
                continue
            names = list(some[0])
            raw = conn.connection.driver_connection
            assert isinstance(raw, psycopg.Connection)
            columns = ", ".join(names)
            with raw.cursor().copy(f"COPY {table.name} ({columns}) FROM STDIN") as copy:
                for row in some:
                    copy.write_row([row[name] for name in names])


def _rows(number: int, at: int) -> Iterator[tuple[Table, dict[str, Any]]]:
    row_id, account = uuid7(at), OTHER if number % 10 == 9 else ACCOUNT
    to = f"person{number * 7919 % RECIPIENTS}@domain{number % 997}.example"
    source, subject = f"sender{number % SENDERS}@shop.example", f"Your order {number} has shipped"
    yield (
        messages,
        {
            "id": row_id,
            "account_id": account,
            "created_at": at,
            "source": source,
            "subject": subject,
            "configuration_set": f"set{number % SETS}" if number % 3 else None,
            "mail": json.dumps(
                _mail(row_id, at, number, (source, to, subject)), separators=(",", ":")
            ),
            "size": len(_BODY),
            "eight_bit": False,
            "tls_required": False,
            "return_path_domain": "bounce.shop.example",
            "deadline": at + DAY_MS,
        },
    )
    yield message_bodies, {"message_id": row_id, "content": _BODY}
    state = _STATES.get(number % 500, DELIVERED)
    yield (
        recipients,
        {
            "message_id": row_id,
            "position": 0,
            "account_id": account,
            "address": to,
            "lane": lane_of(to, account),
            "state": state,
            "size": len(_BODY),
            "due_at": at,
            "attempts": 1,
            "last_reply": "250 2.0.0 Ok: queued as 4WzQ",
            "settled_at": None if state in {QUEUED, HELD} else at + 1500,
        },
    )
    yield from _happened(row_id, at, number, (account, to))


def _happened(
    message_id: bytes, at: int, number: int, whose: tuple[str, str]
) -> Iterator[tuple[Table, dict[str, Any]]]:
    """Give the events and the attempt: one mail in three is opened, one in twenty clicked."""
    account, to = whose
    blocks: dict[str, dict[str, Any]] = {
        "Send": {},
        "Delivery": {"recipients": [to], "smtpResponse": "250 Ok"},
    }
    if number % 3 == 0:
        blocks["Open"] = {"ipAddress": "192.0.2.9", "userAgent": "Mozilla/5.0", "verdict": "human"}
    if number % 20 == 0:
        blocks["Click"] = {"link": "https://shop.example/", "verdict": "human"}
    for step, (kind, block) in enumerate(blocks.items()):
        when = at + step * 1500
        yield (
            events,
            {
                "id": uuid7(when),
                "account_id": account,
                "message_id": message_id,
                "position": None if kind == "Send" else 0,
                "type": kind,
                "created_at": when,
                "detail": json.dumps(block),
            },
        )
    said = {"host": "mx.example", "reply": "250 Ok", "steps": [["MAIL", 8.1, "250 Ok"]]}
    yield (
        attempts,
        {
            "message_id": message_id,
            "id": uuid7(at + 1500),
            "position": 0,
            "outcome": "delivered",
            "detail": json.dumps(said),
        },
    )


def _mail(row_id: bytes, at: int, number: int, named: tuple[str, str, str]) -> dict[str, Any]:
    source, to, subject = named
    headers = {"From": source, "To": to, "Subject": subject, "Message-ID": "<1@shop.example>"}
    return {
        "timestamp": iso8601(at),
        "source": source,
        "messageId": ses_message_id(row_id, "us-east-1"),
        "destination": [to],
        "headers": [{"name": name, "value": value} for name, value in headers.items()],
        "commonHeaders": {"from": [source], "to": [to], "subject": subject},
        "tags": {
            "ses:source-ip": ["192.0.2.1"],
            "ses:caller-identity": ["AKIAIOSFODNN7EXAMPLE"],
            "campaign": [f"spring-{number % CAMPAIGNS}"],
            "order": [str(number)],
        },
    }
