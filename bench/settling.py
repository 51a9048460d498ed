"""What settling costs, with and without the attempt on record: one thread, one engine at a time.

`python -m bench.settling` measures both engines; the ratio is of runs that take turns.
"""

import statistics
import tempfile
import time
from dataclasses import replace

from pillarbox.base.clock import now_ms
from pillarbox.base.ids import uuid7
from pillarbox.events.attempt_record import record_of
from pillarbox.events.settling import settle_batch
from pillarbox.model.event import DELIVERY, Event
from pillarbox.model.outcome import Attempt, Delivered, Reply, Step
from pillarbox.model.queued import DELIVERED, Claim, Settlement
from pillarbox.queue.claiming import ClaimRequest, claim_batch
from pillarbox.store.migrate import upgrade
from pillarbox.store.store import Store
from tests.peers.postgres import Postgres
from tests.store.rows import ACCOUNT, accepted, put

MESSAGES, BATCH, ROUNDS = 2000, 50, 5
REPLIES = ("220 mx1.x.org ESMTP", "250 mx1.x.org", "220 go", "TLSv1.3", "250 mx1.x.org")
NAMES = ("connect", "EHLO", "STARTTLS", "TLS", "EHLO", "MAIL", "RCPT", "DATA", "content")
STEPS = tuple(
    Step(name, 12, reply)
    for name, reply in zip(NAMES, (*REPLIES, *["250 2.1.0 Ok"] * 4), strict=True)
)
TAKEN = Delivered(
    Reply(250, "2.0.0 Ok: queued as 4XyZ1234567890", "2.0.0"),
    Attempt("mx1.x.org", "192.0.2.1", "192.0.2.9", "TLSv1.3", STEPS),
)


def settled(claim: Claim, now: int, *, recorded: bool) -> Settlement:
    """Settle as the pipeline does."""
    event = Event(
        id=uuid7(now),
        account_id=ACCOUNT,
        message_id=claim.message_id,
        position=claim.position,
        type=DELIVERY,
        created_at=now,
        detail={"timestamp": "x" * 24, "recipients": [claim.address], "smtpResponse": "x" * 40},
    )
    one = Settlement(
        claim=claim, state=DELIVERED, due_at=now, reply="250 2.0.0 Ok", settled_at=now, event=event
    )
    return replace(one, record=record_of(TAKEN, now)) if recorded else one


def microseconds(store: Store, *, recorded: bool) -> float:
    """Give the time of settling one recipient, in batches that share a commit."""
    now = now_ms()
    request = ClaimRequest(
        owner="n/0",
        now=now + 1,
        lease_ms=600_000,
        rows=MESSAGES,
        bytes=1 << 30,
        after_lane="",
        in_flight={},
        lane_cap=MESSAGES,
    )
    with store.transaction() as conn:
        put(conn, *(accepted(f"u{n}@x.org", now=now) for n in range(MESSAGES)))
        claims = claim_batch(conn, [request])[0].claims
    begun = time.perf_counter()
    for start in range(0, len(claims), BATCH):
        with store.transaction() as conn:
            part = claims[start : start + BATCH]
            settle_batch(conn, [settled(one, now, recorded=recorded) for one in part])
    return (time.perf_counter() - begun) / len(claims) * 1e6


def measure(url: str, engine: str) -> None:
    """Measure one engine and say what came out."""
    store = Store(url)
    upgrade(store)
    times: dict[bool, list[float]] = {False: [], True: []}
    microseconds(store, recorded=True)
    for _ in range(ROUNDS):
        for recorded, found in times.items():
            found.append(microseconds(store, recorded=recorded))
    without, with_record = (statistics.median(times[recorded]) for recorded in (False, True))
    print(
        f"{engine}: {without:.0f} µs a recipient without the attempt, {with_record:.0f} µs with it"
        f" ({with_record / without:.2f})"
    )
    store.close()


def main() -> None:
    """Measure both engines."""
    with tempfile.TemporaryDirectory() as folder:
        measure(f"sqlite:///{folder}/bench.sqlite", "SQLite")
    server = Postgres.start()
    try:
        measure(server.create_database(), "PostgreSQL")
    finally:
        server.stop()


if __name__ == "__main__":
    main()
