"""Event destinations of a configuration set, of every kind."""

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.base.errors import NotFound
from pillarbox.console.form import Form, FormError, blame
from pillarbox.console.page import act, show
from pillarbox.console.visit import Visit
from pillarbox.manage.sets import event_destinations as manage
from pillarbox.model.event_destination import (
    EVENT_TYPES,
    KINDS,
    CloudWatch,
    Dimension,
    EventBridge,
    EventDestination,
    Firehose,
    Pinpoint,
    Sns,
    Target,
)
from pillarbox.model.user import Role
from pillarbox.store.publishing.topics import list_topics

PATH = "/{account}/sets/{set}/destinations"
_ONE = f"{PATH}/{{destination}}"
#: Local topics that the form offers.
TOPICS_SHOWN = 100
SOURCES = ("MESSAGE_TAG", "EMAIL_HEADER", "LINK_TAG")


async def new(visit: Visit) -> Response:
    """Show the form for another one, of a kind."""
    return await _form(visit, None, visit.form.text("kind") or visit.query.get("kind", "SNS"))


async def create(visit: Visit) -> Response:
    """Add one."""
    name, set_name = visit.form.text("name"), visit.label("set")
    target, types = _target(visit.form), visit.form.all("type")
    with blame("name" if not name else "target"):
        await visit.change(
            "event-destination.create",
            f"{set_name}/{name}",
            lambda conn: manage.create_event_destination(
                conn,
                visit.account_id,
                set_name,
                name,
                enabled=visit.form.checked("enabled"),
                event_types=types,
                targets=[target],
                now=visit.now,
                most=visit.services.quotas.event_destinations,
            ),
            kind=visit.form.text("kind"),
            types=", ".join(types),
        )
    return _back(visit, f"{name} is added. Events from now on go there.")


async def edit(visit: Visit) -> Response:
    """Show one to be changed."""
    found = await visit.read(lambda conn: _find(conn, visit))
    return await _form(visit, found, found.kind)


async def save(visit: Visit) -> Response:
    """Replace its definition."""
    name, set_name = visit.label("destination"), visit.label("set")
    target, types = _target(visit.form), visit.form.all("type")
    with blame("target"):
        await visit.change(
            "event-destination.update",
            f"{set_name}/{name}",
            lambda conn: manage.update_event_destination(
                conn,
                visit.account_id,
                set_name,
                name,
                enabled=visit.form.checked("enabled"),
                event_types=types,
                targets=[target],
            ),
            types=", ".join(types),
        )
    return _back(visit, f"{name} is saved.")


async def ask_delete(visit: Visit) -> Response:
    """Ask whether it is to go."""
    return visit.confirm(
        title=f"Delete {visit.label('destination')}?",
        text="What was not yet published there has nowhere to go.",
        button="Delete",
        back=visit.url(f"/sets/{visit.label('set')}"),
    )


async def delete(visit: Visit) -> Response:
    """Delete it."""
    name, set_name = visit.label("destination"), visit.label("set")
    await visit.change(
        "event-destination.delete",
        f"{set_name}/{name}",
        lambda conn: manage.delete_event_destination(conn, visit.account_id, set_name, name),
    )
    return _back(visit, f"{name} is deleted.")


async def _form(visit: Visit, found: EventDestination | None, kind: str) -> Response:
    if kind not in KINDS:
        raise NotFound("There is no such kind of destination.")
    topics = await visit.read(lambda conn: list_topics(conn, visit.account_id, limit=TOPICS_SHOWN))
    return visit.page(
        "destination.html",
        set=visit.label("set"),
        found=found,
        kind=kind,
        kinds=list(KINDS),
        types=EVENT_TYPES,
        sources=SOURCES,
        dimensions=_lines(found),
        topics=[one.arn for one in topics],
    )


def _target(form: Form) -> Target:
    """Give the target that a form describes; raises FormError."""
    kind, arn = form.text("kind"), form.text("target")
    if kind == "CLOUDWATCH":
        return CloudWatch(_dimensions(form))
    if kind == "FIREHOSE":
        return Firehose(role_arn=form.text("role"), stream_arn=arn)
    if kind == "PINPOINT":
        return Pinpoint(arn or None)
    plain: dict[str, type[Sns | EventBridge]] = {"SNS": Sns, "EVENTBRIDGE": EventBridge}
    if kind not in plain:
        raise FormError({"kind": "Choose a kind."})
    return plain[kind](arn)


def _dimensions(form: Form) -> tuple[Dimension, ...]:
    """Read dimensions, a line each: name, source, default value."""
    found = []
    for line in form.raw("dimensions").splitlines():
        if not line.strip():
            continue
        parts = line.split()
        if len(parts) != 3 or parts[1] not in SOURCES:
            raise FormError(
                {"dimensions": f"A line is NAME SOURCE DEFAULT, with one of {', '.join(SOURCES)}."}
            )
        found.append(Dimension(*parts))
    return tuple(found)


def _lines(found: EventDestination | None) -> str:
    if found is None or not isinstance(found.target, CloudWatch):
        return ""
    return "\n".join(f"{one.name} {one.source} {one.default}" for one in found.target.dimensions)


def _find(conn: Connection, visit: Visit) -> EventDestination:
    name = visit.label("destination")
    found = manage.get_event_destinations(conn, visit.account_id, visit.label("set"))
    for one in found:
        if one.name == name:
            return one
    raise NotFound(f"There is no event destination {name}.")


def _back(visit: Visit, done: str) -> Response:
    return visit.redirect(visit.url(f"/sets/{visit.label('set')}"), done)


PAGES = (
    show(f"{PATH}/new", Role.OPERATOR, new),
    act(PATH, Role.OPERATOR, create, new),
    show(_ONE, Role.OPERATOR, edit),
    act(_ONE, Role.OPERATOR, save, edit),
    show(f"{_ONE}/delete", Role.OPERATOR, ask_delete),
    act(f"{_ONE}/delete", Role.OPERATOR, delete, ask_delete),
)
