"""The contacts of a list: found, added, changed, removed; with what they want of its topics.

A contact's page names it by `?address=`: a local part may have a slash (RFC 5321).
"""

from urllib.parse import urlencode

from sqlalchemy import Connection
from starlette.responses import Response

from pillarbox.base.errors import ApiError
from pillarbox.console.form import FormError, blame
from pillarbox.console.listing import SIZE, listing, paging_of, token_of
from pillarbox.console.page import act, show
from pillarbox.console.sorting import Sort, sorting_of
from pillarbox.console.visit import Visit
from pillarbox.manage.paging import Page
from pillarbox.manage.recipients import contacts as manage
from pillarbox.manage.recipients.contact_lists import get_contact_list
from pillarbox.manage.recipients.contacts import TopicChoice, Wanted
from pillarbox.model.contacts import OPT_IN, OPT_OUT, Status
from pillarbox.model.list_order import NAME
from pillarbox.model.user import Role
from pillarbox.store.lists.contact_lists import ContactListRow
from pillarbox.store.lists.contacts import ContactRow

PATH = "/{account}/contacts/lists/{list}"
STATUSES = (OPT_IN, OPT_OUT)
#: Of so many contacts a page of a filter is looked for.
PORTION = 20_000
_TOPIC = "topic-"
WHO = Sort("address", NAME)


async def contacts(visit: Visit) -> Response:
    """Show a list with its contacts, by address; or look one address up."""
    sorting = sorting_of(visit, WHO)
    address, topic = visit.query.get("address", "").strip(), visit.query.get("topic", "")
    status = visit.query.get("status", "")
    name = visit.label("list")

    def find(conn: Connection) -> tuple[Page[ContactRow], ContactListRow]:
        if address:
            found = get_contact_list(conn, visit.account_id, name)
            return Page(_one(conn, visit.account_id, name, address), None), found
        return manage.list_contacts(
            conn,
            paging_of(visit, f"contacts {name}", sorting),
            name,
            token=token_of(visit),
            size=SIZE,
            status=_status(status) or (OPT_IN if topic else None),
            topic=TopicChoice(name=topic, or_default=True) if topic else None,
            portion=PORTION,
        )

    page, row = await visit.read(find)
    return visit.page(
        "contacts.html",
        row=row,
        list=listing(visit, page),
        sorting=sorting,
        address=address,
        wanted=status,
        topic=topic,
    )


async def new(visit: Visit) -> Response:
    """Show the form for another contact."""
    row = await visit.read(
        lambda conn: get_contact_list(conn, visit.account_id, visit.label("list"))
    )
    return visit.page("contact_edit.html", row=row, contact=None)


async def create(visit: Visit) -> Response:
    """Add a contact."""
    name, wanted = visit.label("list"), _wanted(visit, visit.form.text("address"))
    with blame("attributes"):
        manage.check_attributes(wanted.attributes)
    with blame("address"):
        await visit.change(
            "contact.create",
            wanted.address,
            lambda conn: manage.create_contact(conn, visit.account_id, name, wanted, now=visit.now),
            list=name,
        )
    return visit.redirect(_list_url(visit), f"{wanted.address} is in the list.")


async def contact(visit: Visit) -> Response:
    """Show a contact."""
    found, row = await visit.read(
        lambda conn: manage.get_contact(
            conn, visit.account_id, visit.label("list"), _address(visit)
        )
    )
    return visit.page("contact_edit.html", row=row, contact=found)


async def save(visit: Visit) -> Response:
    """Change what a contact wants."""
    name, wanted = visit.label("list"), _wanted(visit, _address(visit))
    with blame("attributes"):
        manage.check_attributes(wanted.attributes)
    await visit.change(
        "contact.update",
        wanted.address,
        lambda conn: manage.update_contact(conn, visit.account_id, name, wanted, now=visit.now),
        list=name,
    )
    query = urlencode({"address": wanted.address})
    return visit.redirect(f"{_list_url(visit)}/contact?{query}", "Saved.")


async def ask_delete(visit: Visit) -> Response:
    """Ask whether a contact is to go."""
    address = _address(visit)
    return visit.confirm(
        title=f"Remove {address or 'this contact'}?",
        text="What it unsubscribed from is forgotten: mail to the list makes it a contact anew.",
        button="Remove",
        back=f"{_list_url(visit)}/contact?{urlencode({'address': address})}",
    )


async def delete(visit: Visit) -> Response:
    """Remove a contact."""
    name, address = visit.label("list"), _address(visit)
    await visit.change(
        "contact.delete",
        address,
        lambda conn: manage.delete_contact(conn, visit.account_id, name, address),
        list=name,
    )
    return visit.redirect(_list_url(visit), f"{address} is removed.")


def _wanted(visit: Visit, address: str) -> Wanted:
    """Read the form; a topic without a choice is not named. Raises FormError."""
    topics: dict[str, Status] = {}
    for field, value in visit.form.fields:
        if not field.startswith(_TOPIC) or not value:
            continue
        status = _status(value)
        if status is None:
            raise FormError({field: "Choose one."})
        topics[field.removeprefix(_TOPIC)] = status
    return Wanted(
        address=address,
        topics=topics,
        unsubscribe_all=visit.form.checked("all"),
        attributes=visit.form.optional("attributes"),
    )


def _status(text: str) -> Status | None:
    return text if text in STATUSES else None


def _address(visit: Visit) -> str:
    return visit.query.get("address", "")


def _list_url(visit: Visit) -> str:
    return visit.url(f"/contacts/lists/{visit.label('list')}")


def _one(conn: Connection, account_id: str, list_name: str, address: str) -> tuple[ContactRow, ...]:
    try:
        return (manage.get_contact(conn, account_id, list_name, address)[0],)
    except ApiError:
        return ()


PAGES = (
    show(PATH, Role.VIEWER, contacts),
    show(f"{PATH}/new", Role.OPERATOR, new),
    act(f"{PATH}/new", Role.OPERATOR, create, new),
    show(f"{PATH}/contact", Role.VIEWER, contact),
    act(f"{PATH}/contact", Role.OPERATOR, save, contact),
    show(f"{PATH}/contact/delete", Role.OPERATOR, ask_delete),
    act(f"{PATH}/contact/delete", Role.OPERATOR, delete, ask_delete),
)
