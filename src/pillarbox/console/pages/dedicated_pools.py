"""Pools of dedicated addresses: the list, another one, its tags, deleting one.

They lie below `/ips/pools`: a pool may have any name, also that of a page, and no address is
called `pools`.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.form import FormError, blame
from pillarbox.console.listing import arranged, cut_page, listing, part_of
from pillarbox.console.page import act, show
from pillarbox.console.pages.dedicated_ips import SORTS as ADDRESS_SORTS
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.addresses import dedicated_pools as manage
from pillarbox.manage.addresses.dedicated_ips import list_addresses
from pillarbox.manage.addresses.dedicated_pools import MAX_POOLS, NewPool
from pillarbox.manage.addresses.warmup import AddressState, states_today
from pillarbox.manage.paging import Page
from pillarbox.manage.resource_tags import replace_tags
from pillarbox.manage.tags import Tags, read_tags
from pillarbox.model.list_order import NAME
from pillarbox.model.sending_address import DEFAULT_POOL
from pillarbox.model.user import Role
from pillarbox.store.addresses.dedicated_ips import count_by_pool
from pillarbox.store.addresses.dedicated_pools import PoolRow, list_pools

PATH = "/{account}/ips/pools"
_BELOW = "/ips/pools"
_ONE = f"{PATH}/{{pool}}"
SORTS = (Sort("name", NAME), Sort("addresses", "addresses", falling=True))
#: Those of the addresses of one pool.
_ITS_SORTS = tuple(one for one in ADDRESS_SORTS if one.name != "pool")


@dataclass(frozen=True, slots=True)
class PoolLine:
    """A line of the list: a pool, and how many addresses it has."""

    name: str
    addresses: int


async def pools(visit: Visit) -> Response:
    """List them, by name or by how many addresses each has."""
    wanted, sorting = visit.query.get("name", "").strip(), sorting_of(visit, *SORTS)

    def find(conn: Connection) -> tuple[list[str], Mapping[str, int]]:
        names = list_pools(conn, visit.account_id, after="", limit=MAX_POOLS)
        return names, count_by_pool(conn, visit.account_id)

    names, counts = await visit.read(find)
    lines = [PoolLine(one, counts.get(one, 0)) for one in names if wanted.lower() in one]
    return visit.page(
        "pools.html",
        list=listing(visit, cut_page(visit, "pools", sorting, lines, lambda one: one.name)),
        sorting=sorting,
        name=wanted,
        default_pool=DEFAULT_POOL,
        default_addresses=counts.get(DEFAULT_POOL, 0),
    )


async def new(visit: Visit) -> Response:
    """Show the form for another one."""
    return visit.page("pool_new.html")


async def create(visit: Visit) -> Response:
    """Create one."""
    name = visit.form.text("name")
    with blame("name"):
        manage.check_pool_name(name)
    with blame("tags"):
        tags = _tags(visit)
    made = NewPool(name=name, scaling_mode=manage.STANDARD, tags=tags)
    with blame("name"):
        await visit.change(
            "pool.create",
            name,
            lambda conn: manage.create_pool(conn, visit.account_id, made, now=visit.now),
        )
    return visit.redirect(visit.url(f"{_BELOW}/{name}"), f"{name} is created.")


async def pool(visit: Visit) -> Response:
    """Show one with its addresses."""
    name, sorting = visit.label("pool"), sorting_of(visit, *_ITS_SORTS)
    paging, token, size = part_of(visit, f"ips of {name}", sorting)

    def find(conn: Connection) -> tuple[PoolRow, Page[AddressState]]:
        row = manage.get_pool(conn, visit.account_id, name)
        page = list_addresses(conn, paging, token=token, size=size, pool=name)
        states = tuple(states_today(conn, page.items, now=visit.now))
        return row, Page(states, page.next_token)

    row, page = await visit.read(find)
    page, cut = arranged(sorting, page)
    return visit.page(
        "pool.html",
        pool=row,
        tags=read_tags(row.tags),
        list=listing(visit, page),
        sorting=sorting,
        cut=cut,
    )


async def save_tags(visit: Visit) -> Response:
    """Replace its tags."""
    name = visit.label("pool")
    with blame("tags"):
        tags = _tags(visit)
        await visit.change(
            "pool.tags",
            name,
            lambda conn: replace_tags(conn, visit.account_id, "dedicated-ip-pool", name, tags),
            tags=len(tags),
        )
    return visit.redirect(visit.url(f"{_BELOW}/{name}"), "Saved.")


async def ask_delete(visit: Visit) -> Response:
    """Ask whether it is to go."""
    name = visit.label("pool")
    return visit.confirm(
        title=f"Delete the pool {name}?",
        text="Its addresses fall back to the default pool. Mail that names it is accepted no more; "
        "mail that was accepted for it waits for a pool of this name.",
        button="Delete",
        back=visit.url(f"{_BELOW}/{name}"),
    )


async def delete(visit: Visit) -> Response:
    """Delete it."""
    name = visit.label("pool")
    await visit.change(
        "pool.delete", name, lambda conn: manage.delete_pool(conn, visit.account_id, name)
    )
    return visit.redirect(visit.url(_BELOW), f"{name} is deleted.")


def _tags(visit: Visit) -> Tags:
    """Read tags, one a line: `key=value`. Raises FormError."""
    found = []
    for line in visit.form.raw("tags").splitlines():
        if not line.strip():
            continue
        key, equals, value = line.partition("=")
        if not equals:
            raise FormError({"tags": f"One a line, as key=value; this is none: {line.strip()}"})
        found.append((key.strip(), value.strip()))
    return tuple(found)


PAGES = (
    show("/{account}/ips/new-pool", Role.OPERATOR, new),
    show(PATH, Role.VIEWER, pools),
    act(PATH, Role.OPERATOR, create, new),
    show(_ONE, Role.VIEWER, pool),
    act(f"{_ONE}/tags", Role.OPERATOR, save_tags, pool),
    show(f"{_ONE}/delete", Role.OPERATOR, ask_delete),
    act(f"{_ONE}/delete", Role.OPERATOR, delete, ask_delete),
)
