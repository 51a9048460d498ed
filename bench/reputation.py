"""What counting for reputation adds to settling, and the sending rate to accepting: the same work
with it and without, in turn, on SQLite (synchronous=FULL) and on PostgreSQL.
"""

import statistics
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from unittest import mock

from bench.measure import Figure, table
from pillarbox.base.clock import now_ms
from pillarbox.base.portions import Grant, Portions
from pillarbox.events import settling
from pillarbox.events.outcome_event import Settling, settlement_of
from pillarbox.model.outcome import Attempt, Delivered, Failed, Reply
from pillarbox.model.queued import Settlement
from pillarbox.store.migrate import upgrade
from pillarbox.store.store import Store
from tests.peers.postgres import Postgres
from tests.store.rows import accepted, add_account, add_configuration_set, put
from tests.store.test_queue import claim

BATCH, BATCHES = 50, 40
GOOD = Delivered(Reply(250, "2.0.0 ok", "2.0.0"), Attempt(source="192.0.2.7"))
BAD = Failed(Reply(550, "5.1.1 no such user", "5.1.1"), Attempt(source="192.0.2.7"))
TAKES = 200_000


def run() -> str:
    """Measure, and tell as tables."""
    parts = []
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{Path(folder) / 'pillarbox.sqlite'}"
        parts.append(_measured("SQLite", url))
    server = Postgres.start()
    try:
        parts.append(_measured("PostgreSQL (no fsync)", server.create_database()))
    finally:
        server.stop()
    parts.append(f"  asking the sending rate: {_take_us():.2f} us a message (limit in memory)")
    return "\n".join(parts)


def _measured(engine: str, url: str) -> str:
    """Settle batches with and without counting, in turn."""
    store = Store(url, "bench/0")
    upgrade(store)
    try:
        with store.transaction() as conn:
            add_account(conn)
            add_configuration_set(conn)
        runs: dict[bool, list[float]] = {False: [], True: []}
        for number in range(BATCHES * 2):
            counting = number % 2 == 0
            settlements = _settlements(store)
            with _counting(counting):
                began = time.perf_counter()
                with store.transaction() as conn:
                    settling.settle_batch(conn, settlements)
                runs[counting].append(BATCH / (time.perf_counter() - began))
    finally:
        store.close()
    without, with_it = (
        Figure(name, statistics.median(runs[key]), tuple(sorted(runs[key])[:: BATCHES // 3]))
        for key, name in ((False, "recipients settled, not counted"), (True, "counted"))
    )
    return table(f"settling in batches of {BATCH}: {engine}", [without, with_it], without)


def _settlements(store: Store) -> list[Settlement]:
    now = now_ms()
    mails = [
        accepted(f"to{number}@d{number % 5}.example", now=now, configuration_set="spring")
        for number in range(BATCH)
    ]
    messages = {one.message.id: one.message for one in mails}
    with store.transaction() as conn:
        put(conn, *mails)
    claims = claim(store, now=now + 1).claims
    decided = []
    for number, one in enumerate(claims):
        about = Settling(
            claim=one,
            message=messages[one.message_id],
            now=now,
            reporting_mta="mail.test",
            region="us-east-1",
            again=None,
        )
        decided.append(settlement_of(about, BAD if number % 25 == 0 else GOOD))
    return decided


@contextmanager
def _counting(on: bool) -> Iterator[None]:
    if on:
        yield
        return
    with mock.patch.object(settling, "count_reputation", lambda *_: None):
        yield


def _take_us() -> float:
    portions = Portions()
    name, rate = "sending 123456789012", 1e9
    portions.take(name, rate, now_ms())
    portions.grant([Grant(name, 1.0, now_ms() + 60_000)], now_ms())
    began = time.perf_counter()
    for _ in range(TAKES):
        portions.take(name, rate, now_ms())
    return (time.perf_counter() - began) / TAKES * 1e6
