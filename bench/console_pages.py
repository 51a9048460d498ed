"""Every page of the console with a million messages in the store, on both engines.

A call is a request to the console as the API listener hands it on: session, handler, queries,
template; the socket alone is missing. On a machine that does other things as well, the best call
tells most. The pages are those of the console itself (the tests' `routes.py`), with filters and
searches beside them. Measured before and after the engine counted what is in its tables (ANALYZE),
since plans depend on it.

`python -m bench.console_pages [MESSAGES [ENGINE]]` for less of it.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlencode

from sqlalchemy import text

from bench.console_store import fill_console, words
from bench.much_mail import ACCOUNT, DAY_MS, OTHER
from pillarbox.base.passwords import hash_password
from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import Deliver, Service, Settings
from pillarbox.console.console import open_console
from pillarbox.console.services import ConsoleServices
from pillarbox.identity.names import ServiceNames
from pillarbox.manage.people.accounts import create_account
from pillarbox.manage.people.users import NewUser, create_user
from pillarbox.model.user import Role
from pillarbox.store.migrate import upgrade
from pillarbox.store.store import Store
from tests.console.conftest import NOW
from tests.console.routes import routes
from tests.console.stock import Stock
from tests.console.visitor import Visitor
from tests.peers.postgres import Postgres

MESSAGES = 1_000_000
CALLS = 5
#: What every page has to stay below, in milliseconds.
LIMIT = 300
PASSWORD = "correct horse battery"
_BASE = f"/console/{ACCOUNT}"


@dataclass(frozen=True)
class Figure:
    """A page's calls: the best, the median and the worst, in milliseconds."""

    best: float
    median: float
    worst: float


Figures = dict[str, Figure]


def variants(messages: int) -> Iterator[tuple[str, str]]:
    """Name searches and filters: found often, found once, never found."""
    number = messages // 2
    to = f"person{number * 7919 % 400_000}@domain{number % 997}.example"
    long_ago = time.strftime("%Y-%m-%dT%H:%M", time.gmtime((NOW - 400 * DAY_MS) / 1000))
    searches: dict[str, dict[str, str]] = {
        "recipient, whole": {"recipient": to},
        "recipient, whole, 400 days": {"recipient": to, "since": long_ago},
        "recipient, unknown, 400 days": {"recipient": "nobody@none.example", "since": long_ago},
        "recipient, a part": {"recipient": "person77"},
        "recipient, a part, never": {"recipient": "nobody"},
        "sender": {"sender": "sender7@"},
        "sender, never": {"sender": "nobody@"},
        "subject": {"subject": "order"},
        "subject, once": {"subject": f"order {number} has"},
        "subject, never": {"subject": "invoice"},
        "tag": {"tag": "campaign=spring-3"},
        "tag, once": {"tag": f"order={number}"},
        "tag, never": {"tag": "campaign=autumn"},
        "state bounced": {"state": "bounced"},
        "state queued": {"state": "queued"},
        "state suppressed (never)": {"state": "suppressed"},
        "recipient and state, never": {"recipient": to, "state": "suppressed"},
        "all at once, never": {
            "recipient": "person",
            "sender": "sender",
            "subject": "shipped",
            "tag": "campaign=autumn",
            "state": "bounced",
        },
    }
    for name, asked in searches.items():
        yield f"search: {name}", f"{_BASE}/messages?{urlencode(asked)}"
        turned = urlencode(asked | {"sort": "accepted", "order": "asc"})
        yield f"search, oldest first: {name}", f"{_BASE}/messages?{turned}"
    filters = {
        "home, 7 days": "?span=week",
        "home, 30 days": "?span=month",
        "reputation, 30 days": "/reputation?span=month",
        "reputation of a set": "/reputation?span=month&scope=set&name=set3",
        "suppression, complaints": "/suppression?reason=COMPLAINT",
        "suppression, unknown": "/suppression?address=nobody@none.example",
        "events, behind": "/events?behind=on",
        "audit log, an actor": "/audit?actor=nobody",
        "audit log, an action": "/audit?action=none.such",
        "identities, a name": "/identities?name=example",
    }
    for name, path in filters.items():
        yield f"filter: {name}", _BASE + path
    sorts = {
        "messages": "/messages?sort=accepted&order=asc",
        "captured mail": "/captured?sort=captured&order=asc",
        "dead letters": "/events/dead?sort=event&order=asc",
        "topics": "/topics?sort=webhooks",
        "dedicated IPs": "/ips?sort=sent",
        "contact lists": "/contacts?sort=changed",
    }
    for name, path in sorts.items():
        yield f"sorted: {name}", _BASE + path
    yield "sorted: reports", "/console/reports?sort=received&order=asc"
    yield "sorted: sending addresses", "/console/addresses?sort=sent"
    lists = f"{_BASE}/contacts/lists/contact-lists-name0"
    yield "filter: contacts, who get none", f"{lists}?status=OPT_OUT"
    yield "sorted: contacts", f"{lists}?sort=address&order=desc"
    yield "sorted: contacts, who get none", f"{lists}?status=OPT_OUT&sort=address&order=desc"
    topic = urlencode({"topic": words("topic of a list.name"), "status": "OPT_OUT"})
    yield "filter: contacts, about a topic", f"{lists}?{topic}"
    yield "filter: audit log of all, an actor", "/console/audit?actor=nobody"
    yield "filter: accounts, a name", "/console/accounts?name=x"


def run(messages: int = MESSAGES, only: str = "") -> str:
    """Measure, and tell as tables: the slowest pages, and what all others stay below."""
    lines = ["", f"console pages: {messages:,} messages; best, median and worst of {CALLS}, ms"]
    for engine, url, folder in _stores(only):
        plain, counted = measure(url, Path(folder), messages)
        lines += [f"  {engine:46}{'before ANALYZE':>21}{'after':>21}", *_table(plain, counted)]
    return "\n".join(lines)


def measure(url: str, folder: Path, messages: int) -> tuple[Figures, Figures]:
    """Fill a store and measure each page, before and after its tables were counted."""
    store, stock = Store(url, "bench"), Stock(words)
    upgrade(store)
    with store.transaction() as conn:
        for account_id, name in ((ACCOUNT, "First"), (OTHER, "Second")):
            create_account(conn, now=NOW, account_id=account_id, name=name, production=True)
    settings = _settings(folder)
    begun = time.monotonic()
    fill_console(store, stock, messages, NOW, settings.captured_folder)
    print(f"  filled in {time.monotonic() - begun:.0f} s", file=sys.stderr, flush=True)
    store.start()
    try:
        plain = asyncio.run(_visit_all(store, settings, stock, messages))
        with store.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as conn:
            conn.execute(text("ANALYZE"))
        counted = asyncio.run(_visit_all(store, settings, stock, messages))
    finally:
        store.close()
    return plain, counted


async def _visit_all(store: Store, settings: Settings, stock: Stock, messages: int) -> Figures:
    with ThreadPoolExecutor(1) as threads:
        visitor = await _signed_in(store, settings, threads)
        found = {}
        for one in routes(stock):
            found[one.page.path or "/"] = await _measured(visitor, one.url, one.status)
        for name, url in variants(messages):
            found[name] = await _measured(visitor, url, 200)
    return found


async def _measured(visitor: Visitor, url: str, status: int) -> Figure:
    took = []
    for _ in range(CALLS):
        begun = time.perf_counter()
        answer = await visitor.look(url)
        took.append((time.perf_counter() - begun) * 1000)
        assert answer.status == status, (url, answer.status, answer.text[-300:])
    return Figure(min(took), statistics.median(took), max(took))


async def _signed_in(store: Store, settings: Settings, threads: ThreadPoolExecutor) -> Visitor:
    async def none(*_args: object) -> None:
        raise AssertionError("no page that is only looked at does this")

    services = ConsoleServices(
        settings=settings,
        store=store,
        sealer=Sealer(b"k" * 32),
        names=ServiceNames("pillarbox.test"),
        accept=none,
        new_tokens=none,
        verification_mail=None,
        check_host=None,
        ask_subscriber=none,
        resolver=None,
        threads=threads,
        now=lambda: NOW,
        metrics_folder=settings.data,
    )
    name = f"ada{time.monotonic_ns()}"
    with store.transaction() as conn:
        new = NewUser(name=name, password_hash=hash_password(PASSWORD), role=Role.ADMIN)
        create_user(conn, new, now=NOW)
    visitor = Visitor(open_console(services))
    answer = await visitor.post("/console/sign-in", {"name": name, "password": PASSWORD})
    assert answer.status == 200, answer.text
    return visitor


def _settings(folder: Path) -> Settings:
    return Settings(
        data=folder, service=Service(domain="pillarbox.test"), deliver=Deliver(mode="capture")
    )


def _table(plain: Figures, counted: Figures) -> Iterator[str]:
    """Write the pages, the slowest first; those that are quick in a line together."""
    median = {name: max(plain[name].median, counted[name].median) for name in plain}
    slow = sorted(median, key=median.__getitem__, reverse=True)
    shown = [name for name in slow if median[name] >= LIMIT / 6 or name.startswith("search")]
    for name in shown:
        told = "".join(
            f"{one.best:>7.0f}{one.median:>7.0f}{one.worst:>7.0f}"
            for one in (plain[name], counted[name])
        )
        yield f"    {name:44}{told}{'  <<<' if median[name] >= LIMIT else ''}"
    rest = [median[name] for name in slow if name not in shown]
    yield f"    {len(rest)} more, the slowest median {max(rest, default=0):.0f}"


def _stores(only: str) -> Iterator[tuple[str, str, str]]:
    with tempfile.TemporaryDirectory(prefix="pillarbox-bench-") as folder:
        if only in {"", "sqlite"}:
            yield "SQLite", f"sqlite:///{Path(folder) / 'pillarbox.sqlite'}", folder
    with tempfile.TemporaryDirectory(prefix="pillarbox-bench-") as folder:
        if only in {"", "postgresql"}:
            with _postgres() as url:
                yield "PostgreSQL", url, folder


@contextmanager
def _postgres() -> Iterator[str]:
    server = Postgres.start()
    try:
        yield server.create_database()
    finally:
        server.stop()


if __name__ == "__main__":
    print(run(int((sys.argv[1:] or [MESSAGES])[0]), "".join(sys.argv[2:])))
