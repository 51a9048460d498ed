"""Mail that waited for an address leaves when there is one: a change of addresses wakes it.

A portion at once, so that a million messages keep nobody from sending; the rest comes by itself
within minutes (docs/sending-addresses.md).
"""

from sqlalchemy import Connection

from pillarbox.model.queued import mail_of
from pillarbox.model.sending_address import DEFAULT_POOL, NO_ADDRESS_STATUS, SendingAddress
from pillarbox.store.addresses.dedicated_ips import ADDRESSES
from pillarbox.store.addresses.pool_mail import wake_pool_mail
from pillarbox.store.generations import bump_scope

PORTION = 2000


def tell_of_change(conn: Connection, changed: SendingAddress, *, now: int) -> None:
    """Tell the workers that an address has changed, and wake what waits in its pool now."""
    bump_scope(conn, ADDRESSES)
    if changed.account_id is None:
        return
    for pool in (changed.pool,) if changed.pool else (None, DEFAULT_POOL):
        lane_end = f" {mail_of(changed.account_id, pool)}"
        wake_pool_mail(conn, lane_end, f"451 {NO_ADDRESS_STATUS} ", now, PORTION)
