"""Dedicated IP pools: groups of an account's sending addresses.

Functions on a connection, to be run in a transaction of the store. They take what an API call says
and hand on the pool as it then is, or raise an ApiError in the real service's words (facts §2.4,
§8). The two pools that exist without being made are never changed, deleted or shown.
"""

import re
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.errors import AlreadyExists, BadRequest, LimitExceeded, NotFound
from pillarbox.manage.names import MAX_NAME, check_resource_tags, shortened
from pillarbox.manage.paging import Page, Paging, read_page
from pillarbox.manage.tags import Tags, write_tags
from pillarbox.model.sending_address import RESERVED_POOLS
from pillarbox.store.addresses.dedicated_ips import ADDRESSES, empty_pool
from pillarbox.store.addresses.dedicated_pools import (
    PoolRow,
    count_pools,
    find_pool,
    insert_pool,
)
from pillarbox.store.addresses.dedicated_pools import delete_pool as delete_pool_row
from pillarbox.store.addresses.dedicated_pools import list_pools as list_pool_names
from pillarbox.store.generations import bump_generation, bump_scope

MAX_POOLS = 1000
STANDARD, MANAGED = "STANDARD", "MANAGED"
_NAME = re.compile(r"[a-z0-9_-]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPool:
    """A pool to be made, as the call has it."""

    name: str | None
    scaling_mode: str | None = None
    tags: Tags = ()


def create_pool(conn: Connection, account_id: str, new: NewPool, *, now: int) -> None:
    """Make a pool. Raises BadRequest, AlreadyExists or LimitExceeded."""
    name = check_pool_name(new.name)
    mode = STANDARD if new.scaling_mode is None else check_scaling_mode(new.scaling_mode)
    check_resource_tags(new.tags)
    if name in RESERVED_POOLS or find_pool(conn, account_id, name) is not None:
        raise _taken(name)
    if count_pools(conn, account_id) >= MAX_POOLS:
        raise LimitExceeded
    row = PoolRow(
        account_id=account_id,
        name=name,
        created_at=now,
        scaling_mode=mode,
        tags=write_tags(new.tags),
    )
    if not insert_pool(conn, row):
        raise _taken(name)
    bump_generation(conn, account_id)


def get_pool(conn: Connection, account_id: str, name: str) -> PoolRow:
    """Give one pool. Raises NotFound, and BadRequest for one that was not made."""
    _refuse_reserved(name)
    row = find_pool(conn, account_id, name)
    if row is None:
        raise missing_pool(name)
    return row


def set_scaling_mode(conn: Connection, account_id: str, name: str, mode: str | None) -> None:
    """Set how a pool grows, which is by hand alone. Raises BadRequest or NotFound."""
    check_scaling_mode(mode)
    get_pool(conn, account_id, name)


def delete_pool(conn: Connection, account_id: str, name: str) -> None:
    """Delete a pool; its addresses fall back to the default pool.

    Mail that was accepted for it waits for a pool of its name. Raises NotFound, and BadRequest for
    one that was not made.
    """
    _refuse_reserved(name)
    if not delete_pool_row(conn, account_id, name):
        raise missing_pool(name)
    empty_pool(conn, account_id, name)
    bump_generation(conn, account_id)
    bump_scope(conn, ADDRESSES)


def list_pools(
    conn: Connection, paging: Paging, *, token: str | None, size: int | None
) -> Page[str]:
    """Give a page of names. Raises BadRequest."""
    after, limit = read_page(paging, token, size)
    names = list_pool_names(conn, paging.account_id, after=after, limit=limit + 1)
    return paging.page(names, limit, str)


def check_pool_name(name: str | None) -> str:
    """Check the name of a pool: its length before its characters (facts §3). Raises BadRequest."""
    if name is None or not name.strip():
        raise BadRequest("Pool name can't be blank.")
    if len(name) > MAX_NAME:
        raise BadRequest(f"Pool name cannot exceed {MAX_NAME} characters.")
    if not _NAME.fullmatch(name):
        raise BadRequest(
            f"Invalid pool name <{name}>: only lowercase alphanumeric ASCII characters, '_', and "
            "'-' are allowed."
        )
    return name


def check_scaling_mode(mode: str | None) -> str:
    """Check a scaling mode. Raises BadRequest: MANAGED is known, and can't be had."""
    if mode not in {STANDARD, MANAGED}:
        raise BadRequest("The ScalingMode parameter is invalid.")
    if mode == MANAGED:
        raise BadRequest("ScalingMode MANAGED is not supported: addresses are added by hand.")
    return mode


def missing_pool(name: str) -> NotFound:
    """Make the error for a pool that is not there."""
    return NotFound(f"The requested pool <{shortened(name)}> does not exist.")


def _refuse_reserved(name: str) -> None:
    if name in RESERVED_POOLS:
        raise BadRequest("Pool name describes either a shared or default dedicated ip pool")


def _taken(name: str) -> AlreadyExists:
    return AlreadyExists(f"The pool <{name}> already exists.")
