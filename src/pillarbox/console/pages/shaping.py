"""Destination groups: what may be sent to whose hosts now, and why it is less than usual.

For users who see all accounts, since the limits hold for all mail of the deployment.
"""

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.base.errors import NotFound
from pillarbox.console.listing import cut_page, listing, path_of
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import ROOT, Visit
from pillarbox.deliver.groups import Groups, load_groups
from pillarbox.manage.addresses import shaping as manage
from pillarbox.model.list_order import NAME
from pillarbox.model.user import Role

PATH = "/shaping"
SORTS = (
    Sort("group", NAME),
    Sort("now", "factor"),
    Sort("connections", "connections", falling=True),
    Sort("workers", "workers", falling=True),
    Sort("complaint", "shrunk_at", falling=True),
)


async def shaping(visit: Visit) -> Response:
    """List the groups that are used or have complained, or all of them."""
    everything, name = visit.query.get("all") == "1", visit.query.get("name", "").strip()
    sorting, url = sorting_of(visit, *SORTS), visit.request.url.remove_query_params("after")
    groups = _groups(visit)
    found = await visit.read(lambda conn: manage.list_groups(conn, groups, visit.now))
    shown = [
        one
        for one in found
        if (everything or one.workers or one.shrunk_at) and name.lower() in one.name.lower()
    ]
    page = cut_page(visit, "groups", sorting, shown, lambda one: one.name)
    return visit.page(
        "shaping.html",
        list=listing(visit, page),
        sorting=sorting,
        name=name,
        everything=everything,
        used=path_of(url.remove_query_params("all")),
        all=path_of(url.include_query_params(all="1")),
    )


async def ask_reset(visit: Visit) -> Response:
    """Ask whether a group is to have its full limits again."""
    name = await _known(visit)
    return visit.confirm(
        title=f"Forget what {name} complained of?",
        text="It gets its full limits again at once, and addresses that it blocked are used again.",
        button="Forget it",
        back=ROOT + PATH,
    )


async def reset(visit: Visit) -> Response:
    """Give a group its full limits again."""
    name = await _known(visit)
    await visit.change("shaping.reset", name, lambda conn: manage.reset_group(conn, name))
    return visit.redirect(ROOT + PATH, f"{name} has its full limits.")


async def _known(visit: Visit) -> str:
    """Give the group of the path; raises NotFound."""
    name, groups = visit.label("group"), _groups(visit)

    def find(conn: Connection) -> bool:
        return manage.show_group(conn, groups, name, visit.now) is not None

    if not await visit.read(find):
        raise NotFound(f"Nothing is known of a group {name}.")
    return name


def _groups(visit: Visit) -> Groups:
    deliver = visit.services.settings.deliver
    return load_groups(deliver.connections_per_destination, deliver.groups_file)


PAGES = (
    show(PATH, Role.VIEWER, shaping, everywhere=True),
    show(f"{PATH}/{{group}}/reset", Role.OPERATOR, ask_reset, everywhere=True),
    act(f"{PATH}/{{group}}/reset", Role.OPERATOR, reset, ask_reset, everywhere=True),
)
