"""A store for the pages of the console: a million messages with all that grows beside them.

Written below the store's functions, a table at a time. What a page shows of one thing (a message
of 200 recipients, a set of 200 destinations) comes from the tests' stock.
"""

import random
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import Table, update

from bench.much_mail import ACCOUNT, DAY_MS, DAYS, fill, write
from pillarbox.base.ids import uuid7_floor
from pillarbox.model.queued import QUEUED, lane_of
from pillarbox.store.store import Store
from pillarbox.store.tables import (
    audit_log,
    contact_preferences,
    contacts,
    dead_letters,
    engagement,
    event_counts,
    kept_reports,
    lanes,
    outbox,
    recipients,
    reputation_counts,
    send_counts,
    suppressed_destinations,
)
from tests.console.stock import Stock

HOUR_MS = 3_600_000
PARTS = 200  # of one thing
QUEUED_DAYS = 2  # 143,000 messages
_PORTION = 20_000
_KINDS = (
    ("Delivery", ""),
    ("Bounce", "Permanent"),
    ("Bounce", "Transient"),
    ("Complaint", ""),
    ("Open", "human"),
    ("Open", "proxy"),
    ("Click", "human"),
    ("Click", "scanner"),
)
#: Rows of each table for a million messages.
ROWS = {
    suppressed_destinations: 50_000,
    contacts: 100_000,
    contact_preferences: 30_000,
    engagement: 300_000,
    audit_log: 100_000,
    dead_letters: 20_000,
    outbox: 20_000,
    kept_reports: 1000,
}


def words(field: str) -> str:
    """Give a text of ordinary length for a field of the stock."""
    return field.replace(".", "-").replace("_", "-")


def fill_console(store: Store, stock: Stock, messages: int, now: int, folder: Path) -> None:
    """Fill a migrated store that has its accounts."""
    fill(store, messages, now)
    with store.transaction() as conn:
        stock.fill(conn, range(PARTS), folder)
    _queue(store, now - QUEUED_DAYS * DAY_MS)
    for table, count in ROWS.items():
        some = (stock.row(table, one) for one in range(PARTS, PARTS + count * messages // 10**6))
        _put(store, table, _apart(table, some))
    _put(store, lanes, _lanes(now))
    _put(store, send_counts, _sent(now))
    _put(store, event_counts, _counted(now))
    _put(store, reputation_counts, _judged(now))


def _queue(store: Store, since: int) -> None:
    """Have all mail since a moment wait, as when much of the world is out of reach."""
    columns = recipients.c
    waiting = update(recipients).where(columns.message_id >= uuid7_floor(since))
    with store.transaction() as conn:
        conn.execute(waiting.values(state=QUEUED, settled_at=None))


def _put(store: Store, table: Table, rows: Iterable[dict[str, Any]]) -> None:
    some: list[dict[str, Any]] = []
    for row in rows:
        some.append(row)
        if len(some) == _PORTION:
            write(store, {table: some})
            some = []
    if some:
        write(store, {table: some})


def _apart(table: Table, rows: Iterator[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    """Give rows of other times and, where addresses stand in them, of other addresses."""
    rng = random.Random(table.name)
    for row in rows:
        if "folded" in row and table is not contact_preferences:
            row["address"] = row["folded"] = f"{rng.getrandbits(64):016x}@many.example"
        elif "folded" in row:
            row["folded"] = f"{rng.getrandbits(64):016x}@many.example"
        yield row


def _lanes(now: int) -> Iterator[dict[str, Any]]:
    names = {lane_of(f"x@domain{number}.example", ACCOUNT) for number in range(997)}
    return ({"lane": one, "due_at": now} for one in sorted(names))


def _sent(now: int) -> Iterator[dict[str, Any]]:
    span = 600_000
    for bucket in range((now - DAYS * DAY_MS) // span * span, now, span):
        for worker in ("a/0", "a/1"):
            yield {
                "account_id": ACCOUNT,
                "bucket": bucket,
                "worker": worker,
                "recipients": 250,
            }


def _counted(now: int) -> Iterator[dict[str, Any]]:
    for bucket in range((now - 60 * DAY_MS) // HOUR_MS * HOUR_MS, now, HOUR_MS):
        for kind, told in _KINDS:
            for worker in ("a/0", "a/1"):
                yield {
                    "account_id": ACCOUNT,
                    "bucket": bucket,
                    "type": kind,
                    "kind": told,
                    "worker": worker,
                    "events": 70,
                }


def _judged(now: int) -> Iterator[dict[str, Any]]:
    names = [("account", "")]
    names += [("set", f"set{number}") for number in range(20)]
    names += [("domain", f"domain{number}.example") for number in range(50)]
    for bucket in range((now - 30 * DAY_MS) // HOUR_MS * HOUR_MS, now, HOUR_MS):
        for scope, name in names:
            for worker in ("a/0", "a/1"):
                yield {
                    "scope": scope,
                    "account_id": ACCOUNT,
                    "name": name,
                    "bucket": bucket,
                    "worker": worker,
                    "sent": 20,
                    "bounces": 1,
                    "complaints": 0,
                }
