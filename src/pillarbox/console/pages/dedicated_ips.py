"""An account's dedicated addresses: how each stands today, one with its warm-up, its pool."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.charts_warmup import WarmupChart, warmup_chart
from pillarbox.console.form import blame
from pillarbox.console.listing import Listing, arranged, listing, part_of
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, Sorting, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.deliver.groups import load_groups
from pillarbox.manage.account import get_account, put_auto_warmup
from pillarbox.manage.addresses import dedicated_ips as manage
from pillarbox.manage.addresses.dedicated_pools import MAX_POOLS
from pillarbox.manage.addresses.shaping import blocked_addresses
from pillarbox.manage.addresses.warmup import (
    AddressState,
    Days,
    GroupShare,
    read_history,
    shares_today,
    state_of,
    states_today,
)
from pillarbox.manage.paging import Page
from pillarbox.model.list_order import NAME
from pillarbox.model.sending_address import DEFAULT_POOL
from pillarbox.model.user import Role
from pillarbox.model.warmup import DAY_MS, DAYS, PLAN, day_of
from pillarbox.store.addresses.dedicated_pools import list_pools

PATH = "/{account}/ips"
_BELOW = "/ips"
_ONE = f"{PATH}/{{address}}"
SORTS = (
    Sort("address", NAME),
    Sort("pool", "address.pool_name"),
    Sort("warm-up", "percentage"),
    Sort("sent", "taken", falling=True),
    Sort("overflowed", "overflowed", falling=True),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """A page of addresses with the pools to filter by. `cut`: how many are sorted, 0 for all."""

    list: Listing[AddressState]
    pools: Sequence[str]
    auto_warmup: bool
    sorting: Sorting
    cut: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedDay:
    """A day (UTC) that has counts. `number`: its place in the plan, None when it is none of it."""

    at: int
    number: int | None
    limit: int | None
    taken: int
    overflowed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressPage:
    """An address with its chart; None: it has no warm-up."""

    state: AddressState
    shares: Sequence[GroupShare]
    pools: Sequence[str]
    chart: WarmupChart | None
    days: Sequence[CountedDay]


async def addresses(visit: Visit) -> Response:
    """List them, by address; of one pool where one is asked for.

    In another order the first MOST_SORTED of them come at once.
    """
    pool, sorting = visit.query.get("pool") or None, sorting_of(visit, *SORTS)
    paging, token, size = part_of(visit, "ips", sorting)

    def find(conn: Connection) -> tuple[Page[AddressState], Sequence[str], bool]:
        account_id = visit.account_id
        page = manage.list_addresses(conn, paging, token=token, size=size, pool=pool)
        states = tuple(states_today(conn, page.items, now=visit.now))
        auto = get_account(conn, account_id, now=visit.now).auto_warmup
        return Page(states, page.next_token), _pools(conn, account_id), auto

    page, pools, auto = await visit.read(find)
    page, cut = arranged(sorting, page)
    found = Addresses(
        list=listing(visit, page), pools=pools, auto_warmup=auto, sorting=sorting, cut=cut
    )
    return visit.page("ips.html", found=found, pool=pool or "")


async def address(visit: Visit) -> Response:
    """Show one with its warm-up, and what receivers' operators have to do with it."""
    deliver = visit.services.settings.deliver
    groups = load_groups(deliver.connections_per_destination, deliver.groups_file)

    def find(conn: Connection) -> AddressPage:
        one = manage.get_address(conn, visit.account_id, visit.label("address"))
        days, started = read_history(conn, one, now=visit.now), one.warmup_started_at
        return AddressPage(
            state=state_of(one, days, blocked_addresses(conn, visit.now), now=visit.now),
            shares=shares_today(conn, one, groups, now=visit.now),
            pools=_pools(conn, visit.account_id),
            chart=None if started is None else warmup_chart(started, visit.now, days),
            days=_counted(started, days),
        )

    return visit.page("ip.html", found=await visit.read(find), plan_days=DAYS)


async def move(visit: Visit) -> Response:
    """Move one to another pool."""
    name, pool = visit.label("address"), visit.form.text("pool")
    with blame("pool"):
        await visit.change(
            "address.move",
            name,
            lambda conn: manage.move_address(conn, visit.account_id, name, pool, now=visit.now),
            pool=pool,
        )
    return visit.redirect(visit.url(f"{_BELOW}/{name}"), f"{name} is in {pool} now.")


async def set_warmup(visit: Visit) -> Response:
    """Say how far its warm-up is."""
    name, percentage = visit.label("address"), visit.form.number("percentage")
    with blame("percentage"):
        await visit.change(
            "address.warm-up",
            name,
            lambda conn: manage.set_warmup(conn, visit.account_id, name, percentage, now=visit.now),
            percentage=percentage,
        )
    done = "It is warm: no limit holds." if percentage == 100 else "The clock goes on from there."
    return visit.redirect(visit.url(f"{_BELOW}/{name}"), done)


async def save_rule(visit: Visit) -> Response:
    """Say whether the account's new addresses begin with their warm-up."""
    enabled = visit.form.checked("auto")
    await visit.change(
        "account.auto-warm-up",
        visit.account_id,
        lambda conn: put_auto_warmup(conn, visit.account_id, enabled=enabled),
        enabled=enabled,
    )
    return visit.redirect(visit.url(_BELOW), "Saved. It holds for addresses that are added now.")


def _pools(conn: Connection, account_id: str) -> Sequence[str]:
    """Give the pools that an address may be in."""
    return [DEFAULT_POOL, *list_pools(conn, account_id, after="", limit=MAX_POOLS)]


def _counted(started: int | None, days: Mapping[int, tuple[int, int]] | Days) -> list[CountedDay]:
    """Give the days with counts, the latest first."""
    found = []
    for day in sorted(days, reverse=True):
        place = None if started is None else day - day_of(started)
        inside = place is not None and 0 <= place < DAYS
        taken, overflowed = days[day]
        found.append(
            CountedDay(
                at=day * DAY_MS,
                number=place + 1 if place is not None and inside else None,
                limit=PLAN[place] if place is not None and inside else None,
                taken=taken,
                overflowed=overflowed,
            )
        )
    return found


PAGES = (
    show(PATH, Role.VIEWER, addresses),
    act(f"{PATH}/warm-up", Role.OPERATOR, save_rule, addresses),
    show(_ONE, Role.VIEWER, address),
    act(f"{_ONE}/pool", Role.OPERATOR, move, address),
    act(f"{_ONE}/warm-up", Role.OPERATOR, set_warmup, address),
)
