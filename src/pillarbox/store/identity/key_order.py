"""Which key of an identity signs: the one at position 0.

A key of the customer's waits at -1 until it is found in DNS, so that the one before it signs
meanwhile and no message goes unsigned; a new key of ours waits at 1 until resolvers have forgotten
what was served at its name before (`identities.rotate_at`).
"""

from sqlalchemy import Connection

from pillarbox.store.identity.dkim_tokens import (
    KeyRow,
    list_keys,
    mark_keys,
    place_key,
    retire_keys,
)
from pillarbox.store.identity.identities import IdentityRow


def order_keys(conn: Connection, row: IdentityRow, now: int) -> bool:
    """Let the keys sign that an identity is to sign with, and tell whether others did before.

    Other keys of the customer's are retired; ours stay, to come back to without a new CNAME.
    """
    live = [one for one in list_keys(conn, row.account_id, row.name) if one.retired_at is None]
    wanted = [one for one in live if (one.origin is not None) == row.external]
    others = [one for one in live if (one.origin is not None) != row.external]
    first, old = (wanted[:1], wanted[1:]) if row.external else (wanted, [])
    retire_keys(conn, [one.token for one in (*old, *(o for o in others if o.origin))], now)
    order = [*first, *(one for one in others if one.origin is None)]
    moved = _place(conn, order)
    unmarked = [one.token for one in wanted if one.verified_at is None]
    if unmarked:
        mark_keys(conn, unmarked, now)
    return moved or bool(unmarked)


def rotate_keys(conn: Connection, row: IdentityRow) -> None:
    """Let an identity's next key sign, and put the one that signed to the end."""
    live = [one for one in list_keys(conn, row.account_id, row.name) if one.retired_at is None]
    ours = [one for one in live if one.origin is None]
    signing = [one for one in live if one.origin is not None and one.position >= 0]
    _place(conn, [*signing, *ours[1:], *ours[:1]])


def _place(conn: Connection, order: list[KeyRow]) -> bool:
    moved = False
    for position, key in enumerate(order):
        if key.position != position:
            place_key(conn, key.token, position)
            moved = True
    return moved
