"""A store full of events, and what publishes them in one worker, for `bench.events`."""

import asyncio
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import uvloop
from sqlalchemy import Connection, func, select

from pillarbox.base.clock import now_ms
from pillarbox.base.resolver import Resolver
from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import Network, Settings
from pillarbox.destinations.draining import OF_A_DESTINATION, Draining
from pillarbox.destinations.publishing import Named, Publishing, open_webhook_client, topic_urls
from pillarbox.destinations.turn import Surroundings
from pillarbox.destinations.webhook import AT_ONCE
from pillarbox.manage.topics import confirm, create_topic, subscribe, subscribe_standard
from pillarbox.model.event_destination import Target
from pillarbox.model.publishing import Outcome, Place, Published, Record
from pillarbox.node.worker import SWITCH_SECONDS
from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.store.migrate import upgrade
from pillarbox.store.store import Store
from pillarbox.store.tables import outbox
from tests.peers.programs import kill
from tests.store.event_destination import create_destination
from tests.store.rows import ACCOUNT, accepted, add_account, add_configuration_set, put

BATCH = 50
LOOK_SECONDS = 0.01
REGION, TOPIC = "us-east-1", "news"
MAIL = {
    "timestamp": "2026-01-05T10:00:00.123Z",
    "source": "shop@example.com",
    "destination": ["rcpt@example.net"],
    "headers": [{"name": f"X-Header-{n}", "value": "x" * 60} for n in range(10)],
    "tags": {"campaign": ["spring"]},
}


class Nobody:
    """Takes everything and does nothing with it."""

    async def publish(self, _place: Place, records: Sequence[Record]) -> Mapping[bytes, Outcome]:
        """Say that all is published."""
        return {one.event_id: Published() for one in records}


class World:
    """A store with a set and its destinations, and what publishes in one worker."""

    def __init__(self, folder: Path, targets: Sequence[Target]) -> None:
        self.settings = Settings(data=folder, network=Network(allow_private_destinations=True))
        self.sealer = Sealer(bytes(32))
        self.store = Store(f"sqlite:///{folder / 'bench.sqlite'}")
        upgrade(self.store)
        self.store.start()
        with self.store.transaction() as conn:
            add_account(conn)
            add_configuration_set(conn)
            # A deployment makes its key once; the first event is not to wait for it here.
            topic_urls(conn, self.settings, self.sealer, now_ms())
            for number, target in enumerate(targets):
                create_destination(conn, f"d{number}", target=target, types=("SEND",))

    def subscribe(self, url: str, style: str) -> None:
        """Have the topic's messages posted to a URL: `signed`, `raw` or `standard`."""
        now = now_ms()
        with self.store.transaction() as conn:
            create_topic(conn, ACCOUNT, TOPIC, region=REGION, version="1", now=now)
            if style == "standard":
                subscribe_standard(
                    conn, ACCOUNT, TOPIC, url, region=REGION, sealer=self.sealer, now=now
                )
                return
            raw = style == "raw"
            hook = subscribe(conn, ACCOUNT, TOPIC, url, region=REGION, raw=raw, now=now)
            confirm(conn, ACCOUNT, TOPIC, hook.token, region=REGION, now=now)

    def send(self, count: int) -> float:
        """Accept messages with their Send events; give the seconds that it took."""
        new = [
            accepted(f"u{n}@x.org", now=now_ms(), configuration_set="spring") for n in range(count)
        ]
        new = [replace(one, mail={**MAIL, "messageId": one.message.id.hex()}) for one in new]
        began = time.perf_counter()
        for start in range(0, count, BATCH):
            with self.store.transaction() as conn:
                put(conn, *new[start : start + BATCH])
        return time.perf_counter() - began

    def waiting(self) -> int:
        """Count the outbox's rows."""
        with self.store.transaction() as conn:
            return int(conn.execute(select(func.count()).select_from(outbox)).scalar_one())

    def drain(self, *, published: bool = True) -> float:
        """Publish all that waits; give the seconds that it took."""
        return uvloop.run(self._drain(published=published))

    async def _drain(self, *, published: bool) -> float:
        resolver = Resolver(None)
        worker = Named("bench/0", 0, WorkerMetrics(self.settings.data / "metrics", 0))
        publishing = Publishing(self.store, self.settings, self.sealer, resolver, worker)
        draining = publishing.draining if published else self._taking()
        began = time.perf_counter()
        running = asyncio.create_task(draining.run())
        while await self.store.read(_any_waiting):  # noqa: ASYNC110 - nobody tells the end
            await asyncio.sleep(LOOK_SECONDS)
        took = time.perf_counter() - began
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await publishing.close()
        await resolver.close()
        return took

    def _taking(self) -> Draining:
        nobody = Nobody()
        return Draining(
            Surroundings(
                store=self.store,
                owner="bench/0",
                driver=lambda _place: nobody,
                count=lambda _how, _number: None,
                clock=now_ms,
            )
        )


def be_a_worker() -> None:
    """Let threads take turns as those of a serving worker do."""
    sys.setswitchinterval(SWITCH_SECONDS)


def bare_posts(url: str, count: int, body: bytes) -> float:
    """Post one body so often, by the client of webhooks with as many at once; the seconds."""
    return uvloop.run(_bare_posts(url, count, body))


async def _bare_posts(url: str, count: int, body: bytes) -> float:
    resolver = Resolver(None)
    settings = Settings(data=Path(), network=Network(allow_private_destinations=True))
    client = open_webhook_client(settings, resolver)
    left = iter(range(count))

    async def go_on() -> None:
        for _ in left:
            await client.post(url, body, {"Content-Type": "text/plain"})

    began = time.perf_counter()
    await asyncio.gather(*(go_on() for _ in range(AT_ONCE * OF_A_DESTINATION)))
    took = time.perf_counter() - began
    await client.close()
    await resolver.close()
    return took


def _any_waiting(conn: Connection) -> bool:
    return conn.execute(select(outbox.c.event_id).limit(1)).first() is not None


@contextmanager
def world(*targets: Target) -> Iterator[World]:
    """A world of its own, removed at the end."""
    with tempfile.TemporaryDirectory(prefix="pillarbox-bench-") as name:
        made = World(Path(name), targets)
        try:
            yield made
        finally:
            made.store.close()


@contextmanager
def receiver() -> Iterator[str]:
    """A web server beside us; give its URL."""
    process = subprocess.Popen(
        [sys.executable, "-m", "bench.hook_receiver"],
        stdout=subprocess.PIPE,
        start_new_session=True,
    )
    try:
        assert process.stdout is not None
        yield f"http://127.0.0.1:{int(process.stdout.readline())}/hook"
    finally:
        kill(process)
