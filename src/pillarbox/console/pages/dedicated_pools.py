"""Pools of dedicated addresses: the list, another one, its tags, deleting one.

They lie below `/ips/pools`: a pool may have any name, also that of a page, and no address is
called `pools`.
"""

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.form import FormError, blame
from pillarbox.console.listing import SIZE, listing, paging_of, token_of
from pillarbox.console.page import act, show
from pillarbox.console.visit import Visit
from pillarbox.manage.addresses import dedicated_pools as manage
from pillarbox.manage.addresses.dedicated_ips import list_addresses
from pillarbox.manage.addresses.dedicated_pools import NewPool
from pillarbox.manage.addresses.warmup import AddressState, states_today
from pillarbox.manage.paging import Page
from pillarbox.manage.resource_tags import replace_tags
from pillarbox.manage.tags import Tags, read_tags
from pillarbox.model.sending_address import DEFAULT_POOL
from pillarbox.model.user import Role
from pillarbox.store.dedicated_ips import count_by_pool
from pillarbox.store.dedicated_pools import PoolRow

PATH = "/{account}/ips/pools"
_BELOW = "/ips/pools"
_ONE = f"{PATH}/{{pool}}"


async def pools(visit: Visit) -> Response:
    """List them, by name, with how many addresses each has."""

    def find(conn: Connection) -> tuple[Page[str], dict[str, int]]:
        page = manage.list_pools(conn, paging_of(visit, "pools"), token=token_of(visit), size=SIZE)
        return page, count_by_pool(conn, visit.account_id)

    page, counts = await visit.read(find)
    return visit.page(
        "pools.html", list=listing(visit, page), counts=counts, default_pool=DEFAULT_POOL
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
    name = visit.label("pool")

    def find(conn: Connection) -> tuple[PoolRow, Page[AddressState]]:
        row = manage.get_pool(conn, visit.account_id, name)
        page = list_addresses(
            conn, paging_of(visit, "ips"), token=token_of(visit), size=SIZE, pool=name
        )
        states = tuple(states_today(conn, page.items, now=visit.now))
        return row, Page(states, page.next_token)

    row, page = await visit.read(find)
    return visit.page("pool.html", pool=row, tags=read_tags(row.tags), list=listing(visit, page))


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
