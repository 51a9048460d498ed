"""How much memory a worker holds at most: behind a long queue, and under a flood of large mail."""

import base64
import contextlib
import hashlib
import json
import socket
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from bench.letters import html
from pillarbox.queue.lane_pace import START
from tests.peers.dns_zone import DnsZone
from tests.peers.hanging import HangingHosts
from tests.peers.peak import MEGABYTE, peak_megabytes, tell
from tests.peers.pillarbox import KEY, Pillarbox
from tests.peers.senders import send_all
from tests.peers.signing import signed_request
from tests.peers.smtp_sink import Recorder
from tests.peers.wait import ARRIVAL_SECONDS, until

HOSTS = 50
SENT = 200
COPIES = 499
"""Copies of each sent message: 200 messages x (1 + 499) are 100,000."""
LARGE = 30 * MEGABYTE
CALLERS = 50
SENDER = "orders@shop.test"
BEHIND_A_QUEUE = 200
UNDER_A_FLOOD = 420
"""Megabytes of a worker's peak: half again over what is measured (docs/memory.md)."""
HANGING_SECONDS = 30
"""Half of what a host is given to greet: what arrives in that time did not wait for its end."""


@pytest.mark.timeout(6 * ARRIVAL_SECONDS)
async def test_100_000_queued_messages_leave_a_worker_small(
    tmp_path: Path, zone: DnsZone, capsys: pytest.CaptureFixture[str]
) -> None:
    with Recorder(tmp_path) as recorder, HangingHosts(recorder.port, HOSTS) as hosts:
        for number, address in enumerate(hosts.addresses):
            zone.set(f"slow{number}.test", "A", address, ttl=3600)
        node = Pillarbox(tmp_path, zone, recorder.port)
        with node:
            await queue_for_the_hanging(node)
            end_at_once(node)
        copy_the_queue(node.data / "pillarbox.sqlite")
        full = hosts.connections + node.workers * HOSTS * START
        with node:
            until(
                lambda: hosts.connections >= full,
                ARRIVAL_SECONDS,
                "every worker to hold as many for each hanging host as it may",
            )
            peaks = peak_megabytes(node.worker_processes())
            end_at_once(node)
    tell(capsys, "100,000 queued messages", peaks)
    assert all(peak < BEHIND_A_QUEUE for peak in peaks)


@pytest.mark.timeout(6 * ARRIVAL_SECONDS)
def test_fifty_messages_of_30_megabytes_at_once_leave_a_worker_bounded(
    tmp_path: Path, zone: DnsZone, capsys: pytest.CaptureFixture[str]
) -> None:
    with Recorder(tmp_path) as recorder, Pillarbox(tmp_path, zone, recorder.port) as node:
        node.add_verified_domain("shop.test")
        node.lift_limits()
        before = {worker.pid for worker in node.worker_processes()}
        request = large_request(node.port)
        with ThreadPoolExecutor(CALLERS) as callers:
            heard = list(callers.map(call, [node.port] * CALLERS, [request] * CALLERS))
        accepted = heard.count(200)
        until(
            lambda: recorder.lines() >= accepted,
            ARRIVAL_SECONDS,
            f"{accepted} accepted messages to arrive",
        )
        peaks = peak_megabytes(node.worker_processes())
        assert {worker.pid for worker in node.worker_processes()} == before
    tell(capsys, f"50 messages of 30 MB at once, {accepted} taken, the rest refused", peaks)
    assert accepted > 0
    assert set(heard) <= {200, 408, 429, 503, None}
    assert all(peak < UNDER_A_FLOOD for peak in peaks)


@pytest.mark.timeout(3 * ARRIVAL_SECONDS)
async def test_mail_to_a_host_that_answers_does_not_wait_behind_one_that_hangs(
    tmp_path: Path, zone: DnsZone
) -> None:
    with Recorder(tmp_path) as recorder, HangingHosts(recorder.port, 1) as hosts:
        zone.set("slow.test", "A", hosts.addresses[0], ttl=3600)
        with Pillarbox(tmp_path, zone, recorder.port) as node:
            node.add_verified_domain("shop.test")
            node.lift_limits()
            slow = [node.send_request(SENDER, f"r{n}@slow.test", "slow") for n in range(2_000)]
            assert set(await send_all(node.port, slow)) == {200}
            until(lambda: hosts.connections > 0, ARRIVAL_SECONDS, "the hanging host to be tried")
            swift = node.send_request(SENDER, "swift@customer.test", "swift")
            assert await send_all(node.port, [swift], 1) == [200]
            until(lambda: recorder.lines() == 1, HANGING_SECONDS, "mail to a host that answers")
            end_at_once(node)


def end_at_once(node: Pillarbox) -> None:
    """Asked to end, it would wait for the hosts that hang."""
    workers = node.worker_processes()
    node.kill()
    psutil.wait_procs(workers, ARRIVAL_SECONDS)


async def queue_for_the_hanging(node: Pillarbox) -> None:
    """Send 200 messages to hosts that never answer."""
    node.add_verified_domain("shop.test")
    node.lift_limits()
    letter = html(10_240)
    letters = [node.send_request(SENDER, f"r{n}@slow{n % HOSTS}.test", letter) for n in range(SENT)]
    assert set(await send_all(node.port, letters)) == {200}


def copy_the_queue(path: Path) -> None:
    """Multiply what is queued, while the node is down: 100,000 API calls would take minutes."""

    def copy_id(original: bytes, number: int) -> bytes:
        rest = hashlib.blake2b(original + number.to_bytes(4, "big"), digest_size=9).digest()
        return original[:7] + rest

    store = sqlite3.connect(path)
    try:
        store.create_function("copy_id", 2, copy_id, deterministic=True)
        for faster in ("journal_mode = OFF", "synchronous = OFF", "cache_size = -400000"):
            store.execute(f"PRAGMA {faster}")
        store.execute("UPDATE recipients SET claim_owner = NULL, claim_token = NULL, due_at = 0")
        for table, column in (
            ("messages", "id"),
            ("message_bodies", "message_id"),
            ("recipients", "message_id"),
        ):
            _copy_rows(store, table, column)
        store.execute("UPDATE lanes SET due_at = 0")
        store.commit()
        queued = store.execute("SELECT count(*) FROM recipients WHERE state = 0").fetchone()
        assert queued == (SENT * (COPIES + 1),)
    finally:
        store.close()


def _copy_rows(store: sqlite3.Connection, table: str, column: str) -> None:
    names = [row[1] for row in store.execute(f"PRAGMA table_info({table})")]
    values = [f"copy_id({name}, n.value)" if name == column else name for name in names]
    store.execute(
        f"WITH RECURSIVE n(value) AS (SELECT 1 UNION ALL SELECT value + 1 FROM n"
        f" WHERE value < {COPIES})"
        f" INSERT INTO {table} ({', '.join(names)})"
        f" SELECT {', '.join(values)} FROM {table}, n"
    )


def large_request(port: int) -> bytes:
    """A signed SendEmail of a raw message of 30 MB."""
    head = b"From: orders@shop.test\r\nTo: r@customer.test\r\nSubject: large\r\n\r\n"
    line = b"x" * 76 + b"\r\n"
    raw = head + line * ((LARGE - len(head)) // len(line))
    body = {
        "FromEmailAddress": SENDER,
        "Destination": {"ToAddresses": ["r@customer.test"]},
        "Content": {"Raw": {"Data": base64.b64encode(raw).decode()}},
    }
    path = "/v1/email/outbound-emails"
    return signed_request(KEY, port, "POST", path, json.dumps(body).encode())


def call(port: int, request: bytes) -> int | None:
    """Send one request on a connection of its own; its status, None when it was cut off."""
    with socket.create_connection(("127.0.0.1", port), timeout=2 * ARRIVAL_SECONDS) as connection:
        # Refused while it was read: the answer may still be there.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(request)
        try:
            answer = connection.recv(4_096)
        except ConnectionResetError:
            return None
    return int(answer[9:12]) if answer else None
