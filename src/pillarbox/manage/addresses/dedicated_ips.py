"""Sending addresses, as their account sees and changes them (facts §2.4, §8).

Functions on a connection, to be run in a transaction of the store. An address is in exactly one
pool; without one of its own it is in the default pool. Each change bumps the generation of all
addresses, so that the next delivery on any worker goes by it. `manage/addresses/stock.py` is for
the operator, who has addresses to give.
"""

import ipaddress
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection

from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.manage.addresses.dedicated_pools import missing_pool
from pillarbox.manage.addresses.pool_mail import tell_of_change
from pillarbox.manage.names import shortened
from pillarbox.manage.paging import Page, Paging, read_page
from pillarbox.model import warmup
from pillarbox.model.sending_address import DEFAULT_POOL, RESERVED_POOLS, SendingAddress
from pillarbox.store.addresses import dedicated_ips as rows
from pillarbox.store.addresses.dedicated_pools import keep_pool


def get_address(conn: Connection, account_id: str, address: str) -> SendingAddress:
    """Give one address of the account. Raises NotFound."""
    found = rows.find_address(conn, account_id, canonical(address) or address)
    if found is None:
        raise _missing(address)
    return found


def list_addresses(
    conn: Connection, paging: Paging, *, token: str | None, size: int | None, pool: str | None
) -> Page[SendingAddress]:
    """Give a page of the account's addresses, either way round, of one pool where one is named.

    Raises BadRequest, and NotFound for a pool that is not there.
    """
    after, limit = read_page(paging, token, size)
    account_id, order = paging.account_id, paging.order
    if pool is not None:
        _check_pool(conn, account_id, pool)
    found = rows.list_addresses(
        conn, account_id, after=after, limit=limit + 1, pool=pool, order=order
    )
    return paging.page(found, limit, lambda one: one.address)


def move_address(
    conn: Connection, account_id: str, address: str, pool: str | None, *, now: int
) -> None:
    """Move an address to a pool, or back to the default one. Raises BadRequest or NotFound."""
    if pool is None or not pool.strip():
        raise BadRequest("Pool name can't be blank.")
    moved = get_address(conn, account_id, address)
    if pool != DEFAULT_POOL and not keep_pool(conn, account_id, pool):
        raise missing_pool(pool)
    _change(conn, moved, {"pool": None if pool == DEFAULT_POOL else pool}, now)


def set_warmup(
    conn: Connection, account_id: str, address: str, percentage: int | None, *, now: int
) -> None:
    """Say how far the warm-up of an address is; 100 ends it, 0 begins it anew.

    Raises BadRequest or NotFound.
    """
    if percentage is None:
        raise BadRequest("Warmup Percentage can't be null.")
    if not 0 <= percentage <= 100:
        raise BadRequest("Warmup Percentage must be between 0 and 100.")
    found = get_address(conn, account_id, address)
    _change(conn, found, {"warmup_started_at": warmup.started_for(percentage, now)}, now)


def canonical(address: str) -> str | None:
    """Give an IP address in its one canonical form (RFC 5952), None when it is none."""
    try:
        return str(ipaddress.ip_address(address))
    except ValueError:
        return None


def _check_pool(conn: Connection, account_id: str, pool: str) -> None:
    if pool not in RESERVED_POOLS and not keep_pool(conn, account_id, pool):
        raise missing_pool(pool)


def _change(conn: Connection, one: SendingAddress, changes: dict[str, Any], now: int) -> None:
    """Write these columns alone, since others may be changing others.

    Whoever removed the address meanwhile was first. Raises NotFound.
    """
    if one.account_id is None or not rows.update_address(
        conn, one.account_id, one.address, changes
    ):
        raise _missing(one.address)
    tell_of_change(conn, replace(one, **changes), now=now)


def _missing(address: str) -> NotFound:
    return NotFound(f"Could not find dedicated IP <{shortened(address)}> under this account.")
