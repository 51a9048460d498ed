"""Configuration sets: the list, another one, deleting one."""

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.console.form import blame
from pillarbox.console.listing import SIZE, listing, paging_of, token_of
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.paging import Page
from pillarbox.manage.sets import configuration_sets as manage
from pillarbox.manage.sets.configuration_sets import ConfigurationSet
from pillarbox.model.list_order import NAME
from pillarbox.model.user import Role
from pillarbox.store.sets.configuration_sets import SetName

PATH = "/{account}/sets"
_BELOW = "/sets"
SORTS = (Sort("name", NAME), Sort("created", "created_at", falling=True))


async def sets(visit: Visit) -> Response:
    """List them, by name or age."""
    wanted, sorting = visit.query.get("name", "").strip(), sorting_of(visit, *SORTS)

    def find(conn: Connection) -> Page[SetName]:
        return manage.page_configuration_sets(
            conn,
            paging_of(visit, "configuration-sets", sorting),
            token=token_of(visit),
            size=SIZE,
            contains=wanted if 3 <= len(wanted) <= 64 else None,
        )

    page = await visit.read(find)
    return visit.page("sets.html", list=listing(visit, page), sorting=sorting, name=wanted)


async def new(visit: Visit) -> Response:
    """Show the form for another one."""
    return visit.page("set_new.html")


async def create(visit: Visit) -> Response:
    """Create one; its options are set on its page."""
    name = visit.form.text("name")
    made = ConfigurationSet(
        name=name, sending_enabled=True, reputation_metrics=visit.form.checked("reputation")
    )
    services = visit.services
    with blame("name"):
        await visit.change(
            "configuration-set.create",
            name,
            lambda conn: manage.create_configuration_set(
                conn,
                visit.account_id,
                made,
                now=visit.now,
                everything_verified=services.everything_verified,
                most=services.quotas.configuration_sets,
            ),
        )
    return visit.redirect(visit.url(f"{_BELOW}/{name}"), f"{name} is created.")


async def ask_delete(visit: Visit) -> Response:
    """Ask whether it is to go."""
    name = visit.label("set")
    return visit.confirm(
        title=f"Delete {name}?",
        text="Its event destinations go with it. Mail that names it is refused from now on; mail "
        "accepted before keeps its rules.",
        button="Delete",
        back=visit.url(f"{_BELOW}/{name}"),
    )


async def delete(visit: Visit) -> Response:
    """Delete it."""
    name = visit.label("set")
    await visit.change(
        "configuration-set.delete",
        name,
        lambda conn: manage.delete_configuration_set(conn, visit.account_id, name),
    )
    return visit.redirect(visit.url(_BELOW), f"{name} is deleted.")


PAGES = (
    show(PATH, Role.VIEWER, sets),
    show(f"{PATH}/new", Role.OPERATOR, new),
    act(PATH, Role.OPERATOR, create, new),
    show(f"{PATH}/{{set}}/delete", Role.OPERATOR, ask_delete),
    act(f"{PATH}/{{set}}/delete", Role.OPERATOR, delete, ask_delete),
)
