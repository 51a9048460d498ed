"""The operator's side of sending addresses: added to a node, listed, removed.

Functions on a connection, to be run in a transaction of the store; they raise an ApiError whose
text is fit for the command line.
"""

import ipaddress
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.errors import AlreadyExists, BadRequest, NotFound
from pillarbox.manage.addresses.dedicated_ips import canonical
from pillarbox.manage.addresses.dedicated_pools import check_pool_name, missing_pool
from pillarbox.manage.addresses.pool_mail import tell_of_change
from pillarbox.manage.names import canonical_domain
from pillarbox.manage.paging import Page, Paging, read_page
from pillarbox.model.sending_address import DEFAULT_POOL, SHARED_POOL, SendingAddress
from pillarbox.store.addresses import dedicated_ips as rows
from pillarbox.store.addresses.dedicated_pools import keep_pool
from pillarbox.store.generations import bump_scope
from pillarbox.store.people.accounts import find_account


@dataclass(frozen=True, slots=True, kw_only=True)
class NewAddress:
    """What the operator says of a new address.

    `account_id` None: shared by all accounts. `bind` None: the address itself.
    """

    address: str
    helo: str
    node: str
    account_id: str | None
    pool: str | None = None
    bind: str | None = None


def add_address(conn: Connection, new: NewAddress, *, now: int) -> SendingAddress:
    """Add an address; it begins its warm-up unless its account has turned that off.

    Raises BadRequest, NotFound or AlreadyExists.
    """
    address = check_address(new.address)
    bind = check_bind(address, new.bind)
    helo = check_helo(new.helo)
    pool = None if new.pool in {None, DEFAULT_POOL, SHARED_POOL} else check_pool_name(new.pool)
    warming = _check_owner(conn, new.account_id, pool)
    added = SendingAddress(
        address=address,
        account_id=new.account_id,
        pool=pool,
        node=new.node,
        bind=bind,
        helo=helo,
        created_at=now,
        warmup_started_at=now if warming else None,
    )
    if not rows.insert_address(conn, added):
        raise AlreadyExists(f"{address} is there already: remove it first.")
    tell_of_change(conn, added, now=now)
    return added


def list_stock(conn: Connection) -> list[SendingAddress]:
    """Give all addresses of all accounts and nodes."""
    return rows.all_addresses(conn)


def page_stock(
    conn: Connection, paging: Paging, *, token: str | None, size: int | None, contains: str = ""
) -> Page[SendingAddress]:
    """Give a page of all addresses, either way round; `contains`: part of the address, its node or
    its account's id. Raises BadRequest.
    """
    after, limit = read_page(paging, token, size)
    found = rows.list_stock(
        conn, after=after, limit=limit + 1, contains=contains, order=paging.order
    )
    return paging.page(found, limit, lambda one: one.address)


def get_address(conn: Connection, address: str) -> SendingAddress:
    """Give an address, whoever has it. Raises NotFound."""
    known = canonical(address) or address
    found = next((one for one in rows.all_addresses(conn) if one.address == known), None)
    if found is None:
        raise NotFound(f"There is no sending address {address}.")
    return found


def remove_address(conn: Connection, address: str) -> None:
    """Forget an address; mail leaves by it no more. Raises NotFound."""
    if not rows.delete_address(conn, canonical(address) or address):
        raise NotFound(f"There is no sending address {address}.")
    bump_scope(conn, rows.ADDRESSES)


def check_address(text: str) -> str:
    """Give an address that one host can have, in its canonical form. Raises BadRequest."""
    address = canonical(text)
    if address is None:
        raise BadRequest(f"{text} is no IP address.")
    parsed = ipaddress.ip_address(address)
    if parsed.is_multicast or parsed.is_unspecified or "%" in address:
        raise BadRequest(f"Mail can't be sent from {text}.")
    return address


def check_bind(address: str, text: str | None) -> str:
    """Give the local address to bind, None for the address itself. Raises BadRequest."""
    bind = address if text is None else check_address(text)
    if (":" in address) != (":" in bind):
        raise BadRequest(f"{address} and {bind} are not of the same IP version.")
    return bind


def check_helo(text: str) -> str:
    """Give the name that connections greet with, in its canonical form. Raises BadRequest."""
    helo = canonical_domain(text)
    if helo is None:
        raise BadRequest(f"{text} is no host name.")
    return helo


def _check_owner(conn: Connection, account_id: str | None, pool: str | None) -> bool:
    """Check that account and pool are there; tell whether new addresses are to be warmed up."""
    if account_id is None:
        if pool is not None:
            raise BadRequest(f"A shared address is in no pool but {SHARED_POOL}.")
        return False  # what others' warm-up holds back goes by it: it has to be warm
    account = find_account(conn, account_id)
    if account is None:
        raise NotFound(f"Account {account_id} does not exist.")
    if pool is not None and not keep_pool(conn, account_id, pool):
        raise missing_pool(pool)
    return account.auto_warmup
