"""Claiming: one transaction that takes due recipients, lane by lane in turn.

Takes how much room the worker has (rows and bytes) and where the last turn ended; hands on the
claims. No lane gets more than its share of a turn while others wait, nor more than its cap in
flight: neither a dead domain nor a large account stands before the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from pillarbox.base.ids import uuid7
from pillarbox.model.queued import Claim
from pillarbox.store.mail.lanes import due_lanes, fold_wakes, pause_lanes, rest_lane
from pillarbox.store.mail.recipients import due_recipients, mark_claimed

LANES_A_TURN = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimRequest:
    """What a worker asks for. `rows`, `bytes`: room left; `in_flight`: claims it holds by lane.

    `skipped`: lanes whose names end so are another node's. `caps`: recipients in flight of lanes
    for which `lane_cap` does not hold. `paused`: lanes to leave alone, with the moment until when.
    """

    owner: str
    now: int
    lease_ms: int
    rows: int
    bytes: int
    after_lane: str
    in_flight: Mapping[str, int]
    lane_cap: int
    skipped: Sequence[str] = ()
    caps: Mapping[str, int] = field(default_factory=dict)
    paused: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claimed:
    """The claims of one turn, and the lane at which the next turn goes on.

    `more`: there may be other lanes with something due.
    """

    claims: tuple[Claim, ...]
    last_lane: str
    more: bool = False


def claim_batch(conn: Connection, requests: Sequence[ClaimRequest]) -> list[Claimed]:
    """Claim for each request in turn (a batch function of `store/writer.py`)."""
    return [_claim(conn, request) for request in requests]


def _claim(conn: Connection, request: ClaimRequest) -> Claimed:
    fold_wakes(conn)
    lanes = due_lanes(conn, request.now, request.after_lane, LANES_A_TURN, request.skipped)
    claims: list[Claim] = []
    last_lane = request.after_lane
    pause_lanes(conn, {lane: request.paused[lane] for lane in lanes if lane in request.paused})
    for position, lane in enumerate(lanes):
        rows_left, bytes_left = _room_left(request, claims)
        if rows_left <= 0 or bytes_left <= 0:
            break
        share = -(-rows_left // (len(lanes) - position))
        cap = request.caps.get(lane, request.lane_cap)
        limit = min(share, cap - request.in_flight.get(lane, 0))
        if limit > 0 and lane not in request.paused:
            claims += _claim_lane(conn, request, lane, limit, bytes_left)
        last_lane = lane
    return Claimed(tuple(claims), last_lane, len(lanes) == LANES_A_TURN)


def _room_left(request: ClaimRequest, claims: Sequence[Claim]) -> tuple[int, int]:
    return request.rows - len(claims), request.bytes - sum(claim.size for claim in claims)


def _claim_lane(
    conn: Connection, request: ClaimRequest, lane: str, limit: int, bytes_left: int
) -> list[Claim]:
    token = uuid7(request.now)
    lease_until = request.now + request.lease_ms
    found = due_recipients(conn, lane, request.now, limit, token, lease_until)
    taken = within_bytes(found, bytes_left)
    if taken:
        mark_claimed(conn, request.owner, taken)
    if len(found) < limit and len(taken) == len(found):
        rest_lane(conn, lane)
    return taken


def within_bytes(found: Sequence[Claim], limit: int) -> list[Claim]:
    """Cut claims so that their messages together stay within `limit` bytes; at least one stays."""
    taken: list[Claim] = []
    total = 0
    for claim in found:
        total += claim.size
        if taken and total > limit:
            break
        taken.append(claim)
    return taken
