"""Clicks while the store is down, while workers are killed, and after a restart without the store:
each leads where it points, and each that was answered is one event, once.
"""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from tests.faults.clicks import (
    all_clicked,
    captured_node,
    redirects_to,
    requests,
    send_one,
    target,
)
from tests.peers.dns_zone import DnsZone
from tests.peers.pillarbox import Pillarbox
from tests.peers.senders import send_all
from tests.peers.wait import ARRIVAL_SECONDS, answers, until

#: All its waits together, on a machine that does much else.
pytestmark = pytest.mark.timeout(600)
CLICKS = 10_000
DOWN_AT, UP_AT = 2_000, 8_000
KILLS = 3
SESSIONS = 32


@contextmanager
def store_down(node: Pillarbox, url: str | None) -> Iterator[None]:
    """Nobody can write to the store of a node; with PostgreSQL nobody can connect."""
    if url is None:
        blocker = sqlite3.connect(node.data / "pillarbox.sqlite", isolation_level=None, timeout=60)
        blocker.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            blocker.rollback()
            blocker.close()
        return
    address, _, name = url.replace("+psycopg", "").rpartition("/")
    allow = sql.SQL("ALTER DATABASE {} ALLOW_CONNECTIONS {}")
    with psycopg.connect(f"{address}/postgres", autocommit=True) as admin:
        admin.execute(allow.format(sql.Identifier(name), sql.SQL("false")))
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname=%s", [name]
        )
        try:
            yield
        finally:
            admin.execute(allow.format(sql.Identifier(name), sql.SQL("true")))


async def test_no_click_is_lost_or_counted_twice_while_the_store_is_down(
    tmp_path: Path, zone: DnsZone, durable_store_url: str | None
) -> None:
    with captured_node(tmp_path, zone, store_url=durable_store_url) as node:
        message_id = send_one(node)
        links = requests(node, message_id, range(CLICKS))
        port = node.ports["TRACK"]
        statuses = await send_all(port, links[:DOWN_AT], SESSIONS)
        with store_down(node, durable_store_url):
            statuses += await send_all(port, links[DOWN_AT:UP_AT], SESSIONS)
        statuses += await send_all(port, links[UP_AT:], SESSIONS)
        assert statuses == [302] * CLICKS
        seen = await all_clicked(node, message_id, {target(n) for n in range(CLICKS)})
    assert set(seen.values()) == {1}
    assert len(seen) == CLICKS


async def test_what_was_answered_before_a_kill_is_an_event_after_it(
    tmp_path: Path, zone: DnsZone, durable_store_url: str | None
) -> None:
    node = captured_node(tmp_path, zone, store_url=durable_store_url)
    answered: set[int] = set()
    killing: list[asyncio.Task[None]] = []

    async def kill_and_start() -> None:
        node.kill()
        await asyncio.to_thread(node.start)

    def heard(number: int, status: int | None) -> None:
        if status == 302:
            answered.add(number)
        if number % 1000 == 999 and len(killing) < KILLS:
            killing.append(asyncio.get_running_loop().create_task(kill_and_start()))

    with node:
        message_id = send_one(node)
        await send_all(
            node.ports["TRACK"], requests(node, message_id, range(5_000)), SESSIONS, heard
        )
        await asyncio.gather(*killing)
        seen = await all_clicked(node, message_id, {target(n) for n in answered})
    assert len(killing) == KILLS
    assert len(answered) > 2_500
    assert set(seen.values()) == {1}
    assert {target(n) for n in answered} <= seen.keys() <= {target(n) for n in range(5_000)}


async def test_a_worker_that_dies_while_the_store_is_down_answers_again_without_it(
    tmp_path: Path, zone: DnsZone, durable_store_url: str | None
) -> None:
    with captured_node(tmp_path, zone, store_url=durable_store_url) as node:
        message_id = send_one(node)
        links = requests(node, message_id, range(300))
        before = {one.pid for one in node.worker_processes()}
        with store_down(node, durable_store_url):
            for worker in node.worker_processes():
                worker.kill()
            statuses = await send_all(node.ports["TRACK"], links, SESSIONS)
            assert statuses.count(302) >= len(links) - SESSIONS  # the rest broke with the workers
            after = await asyncio.to_thread(others_than, node, before)
            assert await send_all(node.ports["TRACK"], links, SESSIONS) == [302] * len(links)
            assert {one.pid for one in node.worker_processes()} == after
        seen = await all_clicked(node, message_id, {target(n) for n in range(300)})
    assert 300 <= seen.total() <= 600


def others_than(node: Pillarbox, before: set[int]) -> set[int]:
    """As many worker processes as there were, once they are all new ones; the dead may linger."""

    def there() -> bool:
        now = {one.pid for one in node.worker_processes()}
        return len(now) == len(before) and not now & before

    until(there, ARRIVAL_SECONDS, "the workers to be started again")
    return {one.pid for one in node.worker_processes()}


async def test_links_lead_on_after_a_restart_without_the_store(
    tmp_path: Path, zone: DnsZone, durable_postgres
) -> None:
    url = durable_postgres.create_database()
    node = captured_node(tmp_path, zone, store_url=url)
    port = node.ports["TRACK"]
    with node:
        message_id = send_one(node)
        links = requests(node, message_id, range(21))
        node.stop()
        with store_down(node, url):
            node.launch()
            await asyncio.to_thread(
                until, lambda: answers(port), ARRIVAL_SECONDS, "the tracking listener"
            )
            assert await send_all(port, links[:20], 4) == [302] * 20
            assert redirects_to(await ask(port, links[20])) == target(20)
        seen = await all_clicked(node, message_id, {target(n) for n in range(21)})
        assert (len(seen), seen.total()) == (21, 21)
    durable_postgres.drop_database(url)


async def ask(port: int, request: bytes) -> bytes:
    """Send one request; all of its answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
    try:
        return await reader.read()
    finally:
        writer.close()


async def test_old_links_lead_on_after_the_key_is_rotated(tmp_path: Path, zone: DnsZone) -> None:
    with captured_node(tmp_path, zone, workers=1) as node:
        message_id = send_one(node)
        links = requests(node, message_id, range(5))
        node.run("tracking", "rotate-key")
        node.stop()
        node.start()
        assert await send_all(node.ports["TRACK"], links) == [302] * 5
        forged = links[0].replace(b"/c/Eg", b"/c/Eh")
        assert await send_all(node.ports["TRACK"], [forged]) == [404]
