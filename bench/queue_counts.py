"""What an operator waits for with a million recipients in the queue: each command, on both engines.

`python -m bench.queue_counts [ROWS]`. A thousand destinations, a hundred accounts, twenty sets,
fifty recipients a message; one destination in ten is held.
"""

import sys
import tempfile
import time
from collections.abc import Callable

from sqlalchemy import Connection, insert, text

from pillarbox.base.ids import uuid7
from pillarbox.manage.seen import queue as operator
from pillarbox.model.queue_filter import QueueFilter
from pillarbox.model.queued import HELD, QUEUED, lane_of
from pillarbox.store.migrate import upgrade
from pillarbox.store.store import Store
from pillarbox.store.tables import lane_wakes, messages, recipients
from tests.peers.postgres import Postgres

ROWS = 1_000_000
PER_MESSAGE = 50
CHUNK = 400
NOW = 1_800_000_000_000
HOUR = 3_600_000


def account(number: int) -> str:
    """Name one of a hundred accounts."""
    return f"{number % 100:012d}"


def message_row(number: int, key: bytes) -> dict[str, object]:
    """Make a message as accepting stores it."""
    return {
        "id": key,
        "account_id": account(number),
        "created_at": NOW - number % 24 * HOUR,
        "source": "a@example.com",
        "mail": "{}",
        "size": 2000,
        "eight_bit": False,
        "tls_required": False,
        "return_path_domain": "bounce.example.net",
        "deadline": NOW + 14 * HOUR,
        "configuration_set": f"set{number % 20}",
    }


def recipient_rows(number: int, key: bytes) -> list[dict[str, object]]:
    """Make the recipients of a message, each of another destination."""
    rows = []
    for position in range(PER_MESSAGE):
        domain = (number * 7 + position * 13) % 1000
        address = f"user{number}@d{domain}.example"
        rows.append(
            {
                "message_id": key,
                "position": position,
                "account_id": account(number),
                "address": address,
                "lane": lane_of(address, account(number)),
                "state": HELD if domain % 10 == 0 else QUEUED,
                "size": 2000,
                "due_at": NOW + (number * 31 + position) % HOUR,
                "attempts": 1,
                "last_reply": "451 4.2.0 greylisted, try again later",
            }
        )
    return rows


def fill(store: Store, rows: int) -> bytes:
    """Queue so many recipients; give a message in the middle."""
    middle = b""
    count = rows // PER_MESSAGE
    for start in range(0, count, CHUNK):
        numbers = range(start, min(start + CHUNK, count))
        keys = {number: uuid7(NOW - number % 24 * HOUR) for number in numbers}
        middle = keys[start] if start <= count // 2 else middle
        with store.transaction() as conn:
            conn.execute(insert(messages), [message_row(n, key) for n, key in keys.items()])
            conn.execute(
                insert(recipients),
                [row for n, key in keys.items() for row in recipient_rows(n, key)],
            )
    with store.transaction() as conn:
        conn.execute(lane_wakes.delete())
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE" if conn.dialect.name == "postgresql" else "ANALYZE"))
    return middle


def measure(url: str, engine: str, rows: int) -> None:
    """Measure each command once, the lists thrice."""
    store = Store(url)
    upgrade(store)
    middle = fill(store, rows)
    none = QueueFilter()

    def said(what: str, work: Callable[[Connection], object], times: int = 3) -> None:
        best = 1e9
        for _ in range(times):
            begun = time.perf_counter()
            with store.transaction() as conn:
                found = work(conn)
            best = min(best, time.perf_counter() - begun)
        size = len(found) if isinstance(found, list) else found
        print(f"{engine} {rows:>9} rows  {what:34} {best * 1000:9.1f} ms  ({size})")

    one = QueueFilter(message_id=middle)
    lists = {
        "list": none,
        "list --domain": QueueFilter(domain="d501.example"),
        "list --account": QueueFilter(account_id=account(7)),
        "list --set": QueueFilter(configuration_set="set3"),
        "list --older-than 20h": QueueFilter(before=NOW - 20 * HOUR),
        "list --message": one,
    }
    for what, chosen in lists.items():
        said(what, lambda conn, chosen=chosen: operator.list_lanes(conn, chosen))  # type: ignore[misc]
    said("list --held", lambda conn: operator.list_lanes(conn, none, held=True))
    said("show", lambda conn: len(operator.show_message(conn, middle).recipients))  # type: ignore[union-attr]
    for what, chosen in (("--domain", lists["list --domain"]), ("--message", one)):
        for change in (operator.hold_portion, operator.release_portion):
            name = change.__name__.removesuffix("_portion")
            said(
                f"{name} {what}, a portion",
                lambda conn, chosen=chosen, change=change: change(conn, chosen, NOW),  # type: ignore[misc]
                1,
            )
    said("retry, a portion of all", lambda conn: operator.retry_portion(conn, none, NOW), 1)
    said("cancel, a portion of all", lambda conn: operator.cancel_portion(conn, none, NOW), 1)
    store.close()


def main() -> None:
    """Measure both engines."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory() as folder:
        measure(f"sqlite:///{folder}/bench.sqlite", "SQLite", rows)
    server = Postgres.start()
    try:
        measure(server.create_database(), "PostgreSQL", rows)
    finally:
        server.stop()


if __name__ == "__main__":
    main()
