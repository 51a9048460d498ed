"""Taking back what dead workers held.

A worker is known by `NODE/SLOT`. When a node starts, nobody else can be its workers (the data
directory is locked), so all their claims are free at once; nothing waits for a lease to end.
"""

from sqlalchemy import Connection

from pillarbox.store.mail.lanes import wake_lanes
from pillarbox.store.mail.recipients import held_owners, release_owner


def take_back_node(conn: Connection, node: str, now: int) -> int:
    """Free the claims of all former workers of this node; give the number of lanes concerned."""
    owners = held_owners(conn, f"{node}/")
    return sum(take_back_worker(conn, owner, now) for owner in owners)


def take_back_worker(conn: Connection, owner: str, now: int) -> int:
    """Free the claims of one dead worker; give the number of lanes concerned."""
    lanes = release_owner(conn, owner, now)
    wake_lanes(conn, dict.fromkeys(lanes, now), now)
    return len(lanes)
