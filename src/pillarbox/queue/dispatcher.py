"""The queue's loop: claim what is due, hand it on, keep the leases alive.

Takes the store and a `process` coroutine function; hands it a `Parcel`, one message with those of
its recipients that were claimed together. What is in flight is bounded in rows and in bytes; what
has been so for long makes room for others, up to as much again, so that hosts that hang fill no
worker. `lane_pace` says how many of a lane may be in flight. An
idle worker only reads; it claims when something is due, at once when this process has queued
something itself.
"""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.model.queued import Claim, Message, Settlement
from pillarbox.queue.claiming import Claimed, ClaimRequest, claim_batch
from pillarbox.queue.held_claims import HeldClaims
from pillarbox.queue.lane_pace import LanePace
from pillarbox.queue.lease import LEASE_MS
from pillarbox.store.mail.lanes import something_due
from pillarbox.store.mail.messages import read_contents, read_messages
from pillarbox.store.mail.recipients import renew_claims
from pillarbox.store.store import Store

RENEW_SECONDS = 120.0
POLL_SECONDS = 0.5
#: A lane that is full and slow is looked at again after so long.
STUCK_REST_MS = 1000
#: Turns that found nothing to claim, one after the other, before the loop rests.
BARREN_TURNS = 16


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message, its content, and the recipients to deliver it to now."""

    message: Message
    content: bytes
    claims: tuple[Claim, ...]


@dataclass(frozen=True, slots=True)
class Room:
    """How much a worker holds at once: recipients, bytes of content, recipients of one lane.

    What is slow does not count, until it is as much again.
    """

    rows: int = 2048
    bytes: int = 24 * 1024 * 1024
    lane_cap: int = 32


Process = Callable[[Parcel, Callable[[Claim], None]], Coroutine[Any, Any, None]]
#: Says which lanes only other nodes can serve, by the ends of their names.
Elsewhere = Callable[[], Awaitable[Sequence[str]]]


async def nothing_elsewhere() -> Sequence[str]:
    """Give none: this node serves every lane."""
    return ()


class Dispatcher:
    """Claims for one worker and hands parcels to `process`, which tells of each claim it is done
    with.
    """

    def __init__(
        self,
        store: Store,
        owner: str,
        process: Process,
        room: Room,
        elsewhere: Elsewhere = nothing_elsewhere,
    ) -> None:
        self._store = store
        self._owner = owner
        self._process = process
        self._room = room
        self._elsewhere = elsewhere
        self._woken = asyncio.Event()
        self._stopping = False
        self._held = HeldClaims()
        self._pace = LanePace(room.lane_cap)
        self._full: set[str] = set()  # lanes of which as many are in flight as may be
        self._barren = 0  # turns without a claim, one after the other
        self._last_lane = ""
        self._short_of_room = False
        self._parcels: set[asyncio.Task[None]] = set()

    @property
    def in_flight(self) -> int:
        """Recipients claimed and not settled yet."""
        return len(self._held)

    def settled(self, settlement: Settlement) -> None:
        """Learn from what became of an attempt how to pace its lane."""
        self._pace.settled(settlement, now_ms())

    def wake(self) -> None:
        """Say that something may be due now."""
        self._woken.set()

    async def run(self) -> None:
        """Claim and hand on until `stop`."""
        renewing = asyncio.create_task(self._renew_leases())
        try:
            while not self._stopping:
                woken = self._woken.is_set()
                self._woken.clear()
                if not await self._turn(woken=woken):
                    await self._rest()
        finally:
            renewing.cancel()

    async def stop(self, grace_seconds: float) -> None:
        """Claim no more; wait for what is under way, then leave the rest to its leases."""
        self._stopping = True
        self._woken.set()
        if self._parcels:
            _, late = await asyncio.wait(self._parcels, timeout=grace_seconds)
            for task in late:
                task.cancel()

    async def _turn(self, *, woken: bool) -> bool:
        """Claim once if there is room and something due; tell whether anything was claimed."""
        self._short_of_room = not self._has_room()
        if self._short_of_room:
            return False
        try:
            skipped = await self._elsewhere()
            if not woken and not await self._store.read(
                lambda conn: something_due(conn, now_ms(), skipped)
            ):
                return False
            claimed: Claimed = await self._store.submit(claim_batch, self._request(skipped))
            self._last_lane = claimed.last_lane
            await self._hand_on(claimed.claims)
        except ServiceUnavailable:
            return False  # the store is down: whatever was claimed comes back when its lease ends
        self._barren = 0 if claimed.claims else self._barren + 1
        return bool(claimed.claims) or (claimed.more and self._barren % BARREN_TURNS != 0)

    def _has_room(self) -> bool:
        rows, size = self._held.room(self._room.rows, self._room.bytes, now_ms())
        return rows > 0 and rows >= self._room.rows // 8 and size > 0

    def _request(self, skipped: Sequence[str]) -> ClaimRequest:
        now = now_ms()
        rows, size = self._held.room(self._room.rows, self._room.bytes, now)
        return ClaimRequest(
            owner=self._owner,
            now=now,
            lease_ms=LEASE_MS,
            rows=rows,
            bytes=size,
            after_lane=self._last_lane,
            in_flight=dict(self._held.by_lane),
            lane_cap=self._pace.start,
            skipped=skipped,
            caps=self._pace.caps,
            paused=self._pace.paused(now) | dict.fromkeys(self._stuck(), now + STUCK_REST_MS),
        )

    def _stuck(self) -> set[str]:
        """Give the lanes of which as many are in flight as may be, and slowly."""
        return {lane for lane in self._held.slow_lanes() if self._is_full(lane)}

    def _is_full(self, lane: str) -> bool:
        return self._held.by_lane[lane] >= self._pace.cap(lane)

    async def _hand_on(self, claims: tuple[Claim, ...]) -> None:
        by_message: dict[bytes, list[Claim]] = {}
        for claim in claims:
            by_message.setdefault(claim.message_id, []).append(claim)
            self._held.hold(claim, now_ms())
        self._full.update(claim.lane for claim in claims if self._is_full(claim.lane))
        try:
            parcels = await self._store.read(lambda conn: _load(conn, by_message))
        except BaseException:
            for claim in claims:
                self._let_go(claim)
            raise
        for parcel in parcels:
            task = asyncio.create_task(self._process(parcel, self._let_go))
            self._parcels.add(task)
            task.add_done_callback(partial(self._finish, parcel))

    def _finish(self, parcel: Parcel, task: "asyncio.Task[None]") -> None:
        self._parcels.discard(task)
        for claim in parcel.claims:
            self._let_go(claim)
        if not task.cancelled():
            task.result()  # a bug in `process` surfaces in the loop's exception handler

    def _let_go(self, claim: Claim) -> None:
        took = self._held.let_go(claim, now_ms())
        if took is None:
            return
        lane = claim.lane
        self._pace.finished(lane, took)
        if lane in self._full and self._held.by_lane[lane] * 2 <= self._pace.cap(lane):
            self._full.discard(lane)
            self._woken.set()
        if self._short_of_room and self._has_room():
            self._short_of_room = False
            self._woken.set()

    async def _rest(self) -> None:
        try:
            await asyncio.wait_for(self._woken.wait(), POLL_SECONDS)
        except TimeoutError:
            return

    async def _renew_leases(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            held, until = self._held.claims(), now_ms() + LEASE_MS
            if held:
                await self._renew(held, until)

    async def _renew(self, held: list[Claim], until: int) -> None:
        try:
            await self._store.write(lambda conn: renew_claims(conn, held, until))
        except ServiceUnavailable:
            return  # the next round tries again; a lease outlives several rounds


def _load(conn: Connection, by_message: dict[bytes, list[Claim]]) -> list[Parcel]:
    messages = read_messages(conn, by_message)
    contents = read_contents(conn, by_message)
    return [
        Parcel(messages[key], contents[key], tuple(claims))
        for key, claims in by_message.items()
        if key in messages and key in contents
    ]
