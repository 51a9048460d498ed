"""The deployment's sending addresses, for administrators of everything: added, listed, removed."""

import asyncio

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.base.errors import AlreadyExists
from pillarbox.console.form import FormError, blame
from pillarbox.console.listing import arranged, listing, part_of
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import ROOT, Visit
from pillarbox.identity.address_check import amiss_with
from pillarbox.manage.addresses import stock as manage
from pillarbox.manage.addresses.stock import NewAddress
from pillarbox.manage.addresses.warmup import AddressState, states_today
from pillarbox.manage.paging import Page
from pillarbox.model.list_order import NAME
from pillarbox.model.sending_address import SendingAddress
from pillarbox.model.user import Role

PATH = "/addresses"
CHECK_SECONDS = 5.0
SORTS = (
    Sort("address", NAME),
    Sort("owner", "address.account_id"),
    Sort("pool", "address.pool_name"),
    Sort("node", "address.node"),
    Sort("warm-up", "percentage"),
    Sort("sent", "taken", falling=True),
    Sort("overflowed", "overflowed", falling=True),
)


async def stock(visit: Visit) -> Response:
    """List all addresses of all accounts and nodes, by address; in another order the first of them
    at once.
    """
    wanted, sorting = visit.query.get("part", "").strip(), sorting_of(visit, *SORTS)
    paging, token, size = part_of(visit, "address stock", sorting)

    def find(conn: Connection) -> Page[AddressState]:
        page = manage.page_stock(conn, paging, token=token, size=size, contains=wanted)
        return Page(tuple(states_today(conn, page.items, now=visit.now)), page.next_token)

    page, cut = arranged(sorting, await visit.read(find))
    return visit.page(
        "stock.html",
        list=listing(visit, page),
        sorting=sorting,
        part=wanted,
        cut=cut,
        here=visit.services.node,
    )


async def new(visit: Visit) -> Response:
    """Show the form for another one."""
    owners = [("", "all accounts (shared)"), *((one.id, one.name) for one in visit.accounts)]
    chosen = visit.accounts[0].id if visit.accounts else ""
    return visit.page("stock_new.html", owners=owners, chosen=chosen, here=visit.services.node)


async def add(visit: Visit) -> Response:
    """Add one; what is amiss with its names is said, and keeps nobody from adding it."""
    made = _typed(visit)
    with blame("pool"):
        try:
            added = await visit.change(
                "address.add",
                made.address,
                lambda conn: manage.add_address(conn, made, now=visit.now),
                owner=made.account_id or "shared",
                pool=made.pool or "default",
                node=made.node,
            )
        except AlreadyExists as error:
            raise FormError({"address": error.message}) from None
    amiss = await _amiss(visit, added)
    done = f"{added.address} is added." + "".join(f" Amiss: {one}." for one in amiss)
    return visit.redirect(ROOT + PATH, done)


async def ask_remove(visit: Visit) -> Response:
    """Ask whether it is to go."""
    return visit.confirm(
        title=f"Remove {visit.label('address')}?",
        text="Mail leaves by it no more from the next attempt on, and its counts are forgotten. "
        "Mail of a pool without any other address waits.",
        button="Remove",
        back=ROOT + PATH,
    )


async def remove(visit: Visit) -> Response:
    """Forget it."""
    address = visit.label("address")
    await visit.change("address.remove", address, lambda conn: manage.remove_address(conn, address))
    return visit.redirect(ROOT + PATH, f"{address} is removed.")


def _typed(visit: Visit) -> NewAddress:
    """Read the form; raises FormError."""
    form = visit.form
    with blame("address"):
        address = manage.check_address(form.text("address"))
    with blame("helo"):
        helo = manage.check_helo(form.text("helo"))
    with blame("bind"):
        bind = manage.check_bind(address, form.optional("bind"))
    node = form.text("node") or visit.services.node
    if not node:
        raise FormError({"node": "Say which node has it."})
    return NewAddress(
        address=address,
        helo=helo,
        node=node,
        account_id=form.optional("owner"),
        pool=form.optional("pool"),
        bind=bind,
    )


async def _amiss(visit: Visit, added: SendingAddress) -> list[str]:
    """Ask DNS and this machine, where mail leaves it and the address is its own."""
    services = visit.services
    if services.settings.capturing or added.node != services.node:
        return []
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            return await amiss_with(services.resolver, added)
    except TimeoutError:
        return ["DNS does not answer"]


PAGES = (
    show(PATH, Role.ADMIN, stock, everywhere=True),
    show(f"{PATH}/new", Role.ADMIN, new, everywhere=True),
    act(PATH, Role.ADMIN, add, new, everywhere=True),
    show(f"{PATH}/{{address}}/remove", Role.ADMIN, ask_remove, everywhere=True),
    act(f"{PATH}/{{address}}/remove", Role.ADMIN, remove, ask_remove, everywhere=True),
)
