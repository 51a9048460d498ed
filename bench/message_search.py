"""The pages of messages with a million of them in the store, on both engines.

A page is one call of `manage/seen/messages.py` and its template; measured is the slowest of some
calls, each in a transaction of its own, after the store was opened anew.
"""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Connection, text

from bench.much_mail import ACCOUNT, DAY_MS, DAYS, fill
from pillarbox.base.clock import now_ms
from pillarbox.base.ids import ses_message_id
from pillarbox.console.pages.messages import SECONDS
from pillarbox.manage.seen.messages import get_message, search_messages
from pillarbox.model.message_search import FoundMessages, MessageQuery
from pillarbox.model.queued import BOUNCED, SUPPRESSED
from pillarbox.store.migrate import upgrade
from pillarbox.store.store import Store
from tests.peers.postgres import Postgres

MESSAGES = 1_000_000
CALLS = 5
_NUMBER = MESSAGES // 2  # of a message a week old
_TO = f"person{_NUMBER * 7919 % 400_000}@domain{_NUMBER % 997}.example"
#: What is searched for: often found, rarely found, never found.
SEARCHES: dict[str, dict[str, object]] = {
    "everything": {},
    "recipient, whole": {"recipient": _TO},
    "recipient, whole, two weeks": {"recipient": _TO, "days": DAYS},
    "recipient, unknown, ten years": {"recipient": "nobody@none.example", "days": 3650},
    "recipient, a part": {"recipient_part": "person77"},
    "recipient, a part, never": {"recipient_part": "nobody@"},
    "sender": {"sender": "sender7@"},
    "sender, never": {"sender": "nobody@"},
    "subject": {"subject": "order"},
    "subject, once": {"subject": f"order {_NUMBER} has"},
    "subject, never": {"subject": "invoice"},
    "tag": {"tag": ("campaign", "spring-3")},
    "tag, once": {"tag": ("order", str(_NUMBER))},
    "tag, never": {"tag": ("campaign", "autumn")},
    "state, bounced": {"state": BOUNCED},
    "state, suppressed (never)": {"state": SUPPRESSED},
    "all at once, never": {
        "recipient_part": "person",
        "sender": "sender",
        "subject": "shipped",
        "tag": ("campaign", "autumn"),
        "state": BOUNCED,
    },
}


def run() -> str:
    """Measure, and tell as a table: the slowest call in milliseconds, and how far it looked."""
    lines = ["", f"message search: {MESSAGES:,} messages of {DAYS} days (slowest of {CALLS}, ms)"]
    for engine, url in _stores():
        lines += [f"  {engine}", *measure(url)]
    return "\n".join(lines)


def measure(url: str) -> Iterator[str]:
    """Measure each kind of search in a filled store; give a line each."""
    store = Store(url)
    now = now_ms()
    try:
        for name, asked in SEARCHES.items():
            rest = dict(asked)
            days = rest.pop("days", 7)
            assert isinstance(days, int)
            query = MessageQuery(
                account_id=ACCOUNT,
                since=now - days * DAY_MS,
                until=now,
                **rest,  # type: ignore[arg-type]
            )
            took, found = _slowest(store, _searching(query))
            yield f"    {name:32}{took:>8.1f}  {_told(found, now)}"
        took, _ = _slowest(store, lambda conn: get_message(conn, ACCOUNT, _some_id(conn)))
        yield f"    {'one message':32}{took:>8.1f}"
    finally:
        store.close()


def _searching(query: MessageQuery) -> Callable[[Connection], FoundMessages]:
    def search(conn: Connection) -> FoundMessages:
        ends = time.monotonic() + SECONDS
        return search_messages(conn, query, None, lambda: time.monotonic() < ends)

    return search


def _told(found: FoundMessages, now: int) -> str:
    if found.next is None:
        return f"{len(found.items)} found, all looked at"
    days = (now - int.from_bytes(found.next[:6], "big")) / DAY_MS
    return f"{len(found.items)} found, looked back {days:.2f} days"


def _slowest(store: Store, call: Callable[[Connection], object]) -> tuple[float, FoundMessages]:
    slowest, answer = 0.0, None
    for _ in range(CALLS):
        begun = time.perf_counter()
        with store.engine.begin() as conn:
            answer = call(conn)
        slowest = max(slowest, (time.perf_counter() - begun) * 1000)
    return slowest, answer  # type: ignore[return-value]


def _some_id(conn: Connection) -> str:
    row_id = conn.execute(
        text("SELECT id FROM messages WHERE account_id = :one LIMIT 1"), {"one": ACCOUNT}
    ).scalar_one()
    return ses_message_id(bytes(row_id), "us-east-1")


def _stores() -> Iterator[tuple[str, str]]:
    with tempfile.TemporaryDirectory(prefix="pillarbox-bench-") as folder:
        url = f"sqlite:///{Path(folder) / 'pillarbox.sqlite'}"
        yield "SQLite", _filled(url)
    with _postgres() as url:
        yield "PostgreSQL", _filled(url)


def _filled(url: str) -> str:
    store = Store(url)
    upgrade(store)
    fill(store, MESSAGES, now_ms())
    store.close()
    return url


@contextmanager
def _postgres() -> Iterator[str]:
    server = Postgres.start()
    try:
        yield server.create_database()
    finally:
        server.stop()
