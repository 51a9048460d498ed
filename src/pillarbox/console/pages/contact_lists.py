"""Contact lists: the lists of an account, their topics, another one, deleting one.

A list lies below `/contacts/lists`: it may have any name, also that of a page.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.base.errors import BadRequest
from pillarbox.console.form import FormError, blame
from pillarbox.console.listing import arranged, listing, part_of
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.paging import Page
from pillarbox.manage.recipients import contact_lists as manage
from pillarbox.manage.recipients.contact_lists import MAX_TOPICS, NewContactList
from pillarbox.model.contacts import OPT_IN, OPT_OUT, Topic
from pillarbox.model.list_order import NAME
from pillarbox.model.user import Role
from pillarbox.store.lists.contact_lists import ContactListRow

PATH = "/{account}/contacts"
_BELOW = "/contacts"
_ONE = f"{PATH}/lists/{{list}}"
#: Empty lines for topics to come.
SPARE = 3
SORTS = (Sort("name", NAME), Sort("changed", "updated_at", falling=True))


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicLine:
    """A topic in the form; `number`: its line."""

    number: int
    name: str = ""
    display_name: str = ""
    description: str = ""
    default: str = OPT_IN


async def lists(visit: Visit) -> Response:
    """List them, by name or by when they were changed."""
    wanted, sorting = visit.query.get("name", "").strip(), sorting_of(visit, *SORTS)
    paging, token, size = part_of(visit, "contact lists", sorting)

    def find(conn: Connection) -> Page[ContactListRow]:
        return manage.list_contact_lists(conn, paging, token=token, size=size, contains=wanted)

    page, cut = arranged(sorting, await visit.read(find))
    return visit.page(
        "contact_lists.html",
        list=listing(visit, page),
        sorting=sorting,
        name=wanted,
        cut=cut,
        most=visit.services.quotas.contact_lists,
    )


async def new(visit: Visit) -> Response:
    """Show the form for another one."""
    return visit.page("contact_list_edit.html", row=None, lines=_lines(()))


async def create(visit: Visit) -> Response:
    """Create one."""
    made = NewContactList(
        name=visit.form.text("name"),
        topics=_topics(visit),
        description=visit.form.optional("description"),
    )
    most = visit.services.quotas.contact_lists
    with blame("description"):
        manage.check_description(made.description)
    with blame("name"):
        await visit.change(
            "contact-list.create",
            made.name,
            lambda conn: manage.create_contact_list(
                conn, visit.account_id, made, now=visit.now, most=most
            ),
        )
    return visit.redirect(visit.url(f"{_BELOW}/lists/{made.name}"), f"{made.name} is created.")


async def edit(visit: Visit) -> Response:
    """Show the form of one."""
    row = await visit.read(
        lambda conn: manage.get_contact_list(conn, visit.account_id, visit.label("list"))
    )
    return visit.page("contact_list_edit.html", row=row, lines=_lines(row.topics))


async def save(visit: Visit) -> Response:
    """Change description and topics."""
    name, topics, description = visit.label("list"), _topics(visit), visit.form.text("description")
    with blame("description"):
        manage.check_description(description)
    await visit.change(
        "contact-list.update",
        name,
        lambda conn: manage.update_contact_list(
            conn, visit.account_id, name, topics=topics, description=description, now=visit.now
        ),
        topics=", ".join(topic.name for topic in topics) or "none",
    )
    return visit.redirect(visit.url(f"{_BELOW}/lists/{name}"), "Saved.")


async def ask_delete(visit: Visit) -> Response:
    """Ask whether it is to go."""
    name = visit.label("list")
    return visit.confirm(
        title=f"Delete the list {name}?",
        text="Its contacts go with it, and with them what they unsubscribed from.",
        button="Delete",
        back=visit.url(f"{_BELOW}/lists/{name}"),
    )


async def delete(visit: Visit) -> Response:
    """Delete it."""
    name = visit.label("list")
    await visit.change(
        "contact-list.delete",
        name,
        lambda conn: manage.delete_contact_list(conn, visit.account_id, name),
    )
    return visit.redirect(visit.url(_BELOW), f"{name} is deleted.")


def _lines(topics: Sequence[Topic]) -> list[TopicLine]:
    """Give the form's lines: the topics, and a few more."""
    shown = [
        TopicLine(
            number=number,
            name=topic.name,
            display_name=topic.display_name,
            description=topic.description or "",
            default=topic.default,
        )
        for number, topic in enumerate(topics)
    ]
    spare = range(len(shown), min(len(shown) + SPARE, MAX_TOPICS))
    return shown + [TopicLine(number=number) for number in spare]


def _topics(visit: Visit) -> list[Topic]:
    """Read the topics of the form; a line without a name is none. Raises FormError."""
    found: list[Topic] = []
    form = visit.form
    for number in range(MAX_TOPICS):
        name = form.text(f"topic-{number}-name")
        display_name = form.text(f"topic-{number}-display")
        default = form.text(f"topic-{number}-default", OPT_IN)
        if not name:
            continue
        if not display_name:
            raise FormError({f"topic-{number}-display": "Say how contacts see it."})
        if default not in {OPT_IN, OPT_OUT}:
            raise FormError({f"topic-{number}-default": "Choose one."})
        topic = Topic(
            name=name,
            display_name=display_name,
            description=form.optional(f"topic-{number}-description"),
            default=default,
        )
        _check(topic, [one.name for one in found], number)
        found.append(topic)
    return found


def _check(topic: Topic, taken: Sequence[str], number: int) -> None:
    """Blame what is wrong with a topic on the field that it is typed in. Raises FormError."""
    with blame(f"topic-{number}-name"):
        manage.check_name("TopicName", topic.name)
        if topic.name in taken:
            raise BadRequest("There is a topic of this name already.")
    with blame(f"topic-{number}-display"):
        manage.check_topics([topic])


PAGES = (
    show(PATH, Role.VIEWER, lists),
    show(f"{PATH}/new", Role.OPERATOR, new),
    act(PATH, Role.OPERATOR, create, new),
    show(f"{_ONE}/edit", Role.OPERATOR, edit),
    act(f"{_ONE}/edit", Role.OPERATOR, save, edit),
    show(f"{_ONE}/delete", Role.OPERATOR, ask_delete),
    act(f"{_ONE}/delete", Role.OPERATOR, delete, ask_delete),
)
