"""What a long queue costs: claiming, looking whether anything is due, and memory of the workers.

`python -m bench.queue_claims [ROWS]`. On SQLite and on PostgreSQL, with 10,000 and 1,000,000
messages to a recipient each, in a thousand lanes: once all of them due, once none of them but 6,400
that came on top. Claims are timed alone, in a transaction each, one of each size in turn; then a
node runs on the same store, whose hosts accept connections and never speak, until its workers hold
as much as they do.
"""

import asyncio
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection, text

from pillarbox.base.clock import now_ms
from pillarbox.model.queued import lane_of
from pillarbox.queue.claiming import ClaimRequest, claim_batch
from pillarbox.store.mail.lanes import something_due
from pillarbox.store.store import Store
from tests.faults.test_memory import SENDER, peak_megabytes
from tests.peers.dns_zone import DnsZone
from tests.peers.hanging import HangingHosts
from tests.peers.pillarbox import ACCOUNT, Pillarbox
from tests.peers.postgres import Postgres
from tests.peers.senders import send_all
from tests.peers.wait import free_port, until

SIZES = (10_000, 1_000_000)
LANES, HOSTS, WORKERS = 1000, 50, 2
FRESH = 6_400
TURNS, A_TURN = 60, 64
HELD = 2 * 2048
HOUR = 3_600_000
#: Copied from the one message that was accepted; the others are its copies with a key of their own.
_TABLES = {"messages": "id", "message_bodies": "message_id", "recipients": "message_id"}


@dataclass
class Queue:
    """A store with a long queue: seconds of turns and looks, megabytes of workers at their peak."""

    size: int
    node: Pillarbox
    store: Store
    turns: list[float] = field(default_factory=list)
    looks: list[float] = field(default_factory=list)
    peaks: list[float] = field(default_factory=list)
    last: str = ""


def run(sizes: tuple[int, ...] = SIZES) -> str:
    """Measure, and tell as a table."""
    lines = ["", f"claiming {A_TURN} recipients of {LANES} lanes, and a node of {WORKERS} workers"]
    head = ("turn (ms)", "worst", "ratio", "look (ms)", "workers' peak (MB)")
    lines.append(f"  {'':44}" + "".join(f"{one:>10}" for one in head))
    for engine in ("SQLite", "PostgreSQL"):
        for due in (True, False):
            queues = _measure(engine, sizes, due=due)
            first = statistics.median(queues[0].turns)
            for one in queues:
                median = statistics.median(one.turns)
                name = f"{engine}, {one.size:,} {'due' if due else f'not due, {FRESH:,} due'}"
                values = (median, max(one.turns), statistics.median(one.looks))
                turn, worst, look = (f"{value * 1000:>10.1f}" for value in values)
                peaks = ", ".join(f"{peak:.0f}" for peak in one.peaks)
                lines.append(f"  {name:44}{turn}{worst}{median / first:>10.2f}{look}{peaks:>19}")
    return "\n".join(lines)


def _measure(engine: str, sizes: tuple[int, ...], *, due: bool) -> list[Queue]:
    """Fill a store of each size, time their turns one after the other, then let nodes run."""
    with ExitStack() as stack:
        zone, port = stack.enter_context(DnsZone()), free_port()
        hosts = stack.enter_context(HangingHosts(port, HOSTS))
        for number in range(LANES):
            address = hosts.addresses[number % HOSTS]
            zone.set(f"slow{number}.test", "A", address, ttl=3600)
        queues = [stack.enter_context(_queue(engine, size, zone, port, due)) for size in sizes]
        for _ in range(TURNS):  # in turn, so that what else the machine does meets all of them
            for one in queues:
                _claim(one)
        for one in queues:
            _let_go(one.store)
            _watch(one)
    return queues


@contextmanager
def _queue(engine: str, size: int, zone: DnsZone, port: int, due: bool) -> Iterator[Queue]:
    """Make a node, queue a message through its API, and multiply it."""
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="pillarbox-bench-"))
        url = None
        if engine == "PostgreSQL":
            server = Postgres.start()
            stack.callback(server.stop)
            url = server.create_database()
        node = Pillarbox(Path(folder), zone, port, workers=WORKERS, store_url=url)
        with node:
            node.add_verified_domain("shop.test")
            letter = node.send_request(SENDER, "r@slow0.test", "slow")
            assert asyncio.run(send_all(node.port, [letter])) == [200]
        store = Store(url or f"sqlite:///{node.data / 'pillarbox.sqlite'}")
        stack.callback(store.close)
        queue = Queue(size, node, store)
        _fill(store, size, due=due)
        for _ in range(TURNS):
            queue.looks.append(_timed(store, lambda conn: something_due(conn, now_ms())))
        if not due:
            _copy(store, size, FRESH, now_ms() - LANES, 0)
            _set_lanes(store, now_ms() - LANES)
        yield queue


def _fill(store: Store, size: int, *, due: bool) -> None:
    """Make `size` queued messages of the accepted one, and nothing else."""
    now = now_ms()
    begin, spread = (now - LANES, 0) if due else (now + HOUR, HOUR)
    _copy(store, 1, size - 1, begin, spread)
    with store.transaction() as conn:
        conn.execute(text("UPDATE recipients SET due_at = :at, claim_owner = NULL"), {"at": begin})
        conn.execute(text("DELETE FROM lane_wakes"))
        conn.execute(text("DELETE FROM lanes"))
        rows = [{"lane": _lane(number), "at": begin} for number in range(LANES)]
        conn.execute(text("INSERT INTO lanes (lane, due_at) VALUES (:lane, :at)"), rows)
    with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
        conn.execute(text("VACUUM ANALYZE" if conn.dialect.name == "postgresql" else "ANALYZE"))


def _lane(number: int) -> str:
    return lane_of(f"r@slow{number}.test", ACCOUNT)


def _copy(store: Store, first: int, count: int, begin: int, spread: int) -> None:
    """Add copies of the first message, numbered from `first`: below the store's functions, so that
    it takes a minute and not an hour.
    """
    postgres = store.engine.dialect.name == "postgresql"
    for table, key in _TABLES.items():
        with store.transaction() as conn:
            original = conn.execute(
                text(f"SELECT * FROM {table} ORDER BY {key} LIMIT 1")
            ).mappings()
            values = dict.fromkeys(original.one(), "")
            values = {name: f"o.{name}" for name in values}
            values[key] = f"copy_id(o.{key}, n.value)"
            if table == "recipients":
                lane = _lane(0).removeprefix("slow0")
                number = f"(n.value % {LANES})"
                values |= {
                    "address": f"'r' || n.value || '@slow' || {number} || '.test'",
                    "lane": f"'slow' || {number} || '{lane}'",
                    "state": "0",
                    "due_at": f"{begin} + " + (f"n.value % {spread}" if spread else "0"),
                    "claim_owner": "NULL",
                    "claim_token": "NULL",
                    "settled_at": "NULL",
                }
            _know_copy_id(conn)
            numbers = (
                f"generate_series({first}, {first + count - 1}) AS n(value)"
                if postgres
                else f"(WITH RECURSIVE s(value) AS (SELECT {first} UNION ALL SELECT value + 1"
                f" FROM s WHERE value < {first + count - 1}) SELECT value FROM s) AS n"
            )
            conn.execute(
                text(
                    f"INSERT INTO {table} ({', '.join(values)}) SELECT {', '.join(values.values())}"
                    f" FROM (SELECT * FROM {table} ORDER BY {key} LIMIT 1) AS o, {numbers}"
                )
            )


def _know_copy_id(conn: Connection) -> None:
    """Teach the engine to give a copy's key: the first octets of the original's, and a number."""
    if conn.dialect.name == "postgresql":
        conn.execute(
            text(
                "CREATE OR REPLACE FUNCTION copy_id(bytea, bigint) RETURNS bytea LANGUAGE sql"
                " IMMUTABLE AS $$ SELECT substring($1 FROM 1 FOR 8) ||"
                " decode(lpad(to_hex($2), 16, '0'), 'hex') $$"
            )
        )
        return
    raw = conn.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    raw.create_function(
        "copy_id", 2, lambda key, number: key[:8] + number.to_bytes(8, "big"), deterministic=True
    )


def _set_lanes(store: Store, at: int) -> None:
    with store.transaction() as conn:
        conn.execute(text("UPDATE lanes SET due_at = :at"), {"at": at})


def _timed(store: Store, work: Callable[[Connection], object]) -> float:
    begun = time.perf_counter()
    with store.transaction() as conn:
        work(conn)
    return time.perf_counter() - begun


def _watch(queue: Queue) -> None:
    """Let the node run until its workers are full."""
    with queue.node:
        until(lambda: _held(queue.store) >= HELD, 120, "the workers to hold what they can")
        queue.peaks = peak_megabytes(queue.node)


def _claim(queue: Queue) -> None:
    """Take a turn of claiming, with its commit."""
    begun = time.perf_counter()
    with queue.store.transaction() as conn:
        (claimed,) = claim_batch(conn, [_request(now_ms(), queue.last)])
    queue.turns.append(time.perf_counter() - begun)
    queue.last = claimed.last_lane
    assert len(claimed.claims) == A_TURN


def _request(now: int, after: str) -> ClaimRequest:
    return ClaimRequest(
        owner="bench/0",
        now=now,
        lease_ms=600_000,
        rows=A_TURN,
        bytes=1 << 30,
        after_lane=after,
        in_flight={},
        lane_cap=4,
    )


def _let_go(store: Store) -> None:
    """Take back what the turns claimed."""
    with store.transaction() as conn:
        conn.execute(
            text(
                "UPDATE recipients SET due_at = :at, claim_owner = NULL, claim_token = NULL"
                " WHERE claim_owner = 'bench/0'"
            ),
            {"at": now_ms() - LANES},
        )
    _set_lanes(store, now_ms() - LANES)


def _held(store: Store) -> int:
    with store.engine.connect() as conn:
        query = text("SELECT count(*) FROM recipients WHERE claim_owner IS NOT NULL")
        return int(conn.execute(query).scalar_one())


if __name__ == "__main__":
    print(run((int(sys.argv[1]),) if sys.argv[1:] else SIZES))
