"""Sending a test event to an event destination, and what became of it."""

import json

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.base.errors import NotFound
from pillarbox.console.form import blame
from pillarbox.console.page import act, show
from pillarbox.console.row_id import row_id
from pillarbox.console.visit import Visit
from pillarbox.manage.sets.trial_events import send_trial, trial_state
from pillarbox.model.event_destination import EventDestination
from pillarbox.model.user import Role
from pillarbox.store.sets.event_destinations import find_destination_row

PATH = "/{account}/sets/{set}/destinations/{destination}/test"


async def ask(visit: Visit) -> Response:
    """Ask which type."""
    found = await visit.read(lambda conn: _find(conn, visit))
    return visit.page("trial_event.html", set=visit.label("set"), found=found)


async def send(visit: Visit) -> Response:
    """Put one on its way."""
    set_name, name, kind = visit.label("set"), visit.label("destination"), visit.form.text("type")
    with blame("type"):
        event_id = await visit.change(
            "event-destination.test",
            f"{set_name}/{name}",
            lambda conn: send_trial(
                conn,
                visit.account_id,
                set_name,
                name,
                kind,
                region=visit.services.settings.service.region,
                now=visit.now,
            ),
            type=kind,
        )
    return visit.redirect(visit.url(f"/sets/{set_name}/destinations/{name}/test/{event_id.hex()}"))


async def result(visit: Visit) -> Response:
    """Show what became of one."""
    event_id = row_id(visit.label("event"))
    state = await visit.read(lambda conn: trial_state(conn, visit.account_id, event_id))
    return visit.page(
        "trial_event_result.html",
        set=visit.label("set"),
        name=visit.label("destination"),
        trial=state,
        record=json.dumps(state.record, indent=2, ensure_ascii=False),
    )


def _find(conn: Connection, visit: Visit) -> EventDestination:
    name = visit.label("destination")
    found = find_destination_row(conn, visit.account_id, visit.label("set"), name)
    if found is None:
        raise NotFound(f"There is no event destination {name}.")
    return found[1]


PAGES = (
    show(PATH, Role.OPERATOR, ask),
    act(PATH, Role.OPERATOR, send, ask),
    show(f"{PATH}/{{event}}", Role.VIEWER, result),
)
