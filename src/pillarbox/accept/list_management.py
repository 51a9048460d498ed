"""Mail to a contact list: is the list there, who of the recipients has unsubscribed, and where.

`read_lists` reads what a batch needs in three queries; the rest is pure. Who has said nothing of a
topic gets what its default says; everybody who is written to becomes a contact.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection

from pillarbox.accept.prepared import Prepared
from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.model.contacts import OPT_IN, UNSUBSCRIBED, ListPlan, Preferences, Status
from pillarbox.model.queued import AcceptedMessage
from pillarbox.store.lists.contact_lists import ContactListRow, find_contact_lists
from pillarbox.store.lists.contacts import ContactRow, add_contacts, find_contacts
from pillarbox.store.lists.suppression import folded

NO_HOST = (
    "Mail to a contact list needs a host where its recipients can unsubscribe: [track] url is not "
    "set."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ListState:
    """A contact list and what some of its contacts want, by their folded addresses."""

    found: ContactListRow
    wants: Mapping[str, Preferences] = field(default_factory=dict)


#: By account and name.
ListStates = Mapping[tuple[str, str], ListState]


def read_lists(conn: Connection, batch: Sequence[Prepared]) -> ListStates:
    """Give the lists that messages of a batch name, with what their recipients want."""
    named = {
        (one.caller.account_id, one.contact_list.list_name) for one in batch if one.contact_list
    }
    if not named:
        return {}
    lists = find_contact_lists(conn, named)
    asked: dict[tuple[bytes, str], None] = {}
    for one in batch:
        found = (
            lists.get((one.caller.account_id, one.contact_list.list_name))
            if one.contact_list
            else None
        )
        if found is not None:
            asked |= {(found.id, folded(party.address)): None for party in one.recipients}
    contacts = find_contacts(conn, asked.keys())
    wants: dict[bytes, dict[str, Preferences]] = {}
    for (list_id, address), row in contacts.items():
        wants.setdefault(list_id, {})[address] = row.preferences
    return {key: ListState(found=row, wants=wants.get(row.id, {})) for key, row in lists.items()}


def plan_list(prepared: Prepared, state: ListState | None, base: str | None) -> ListPlan | None:
    """Give what rendering needs to know; None for mail to no list.

    `base`: where recipients can unsubscribe. Raises NotFound or BadRequest.
    """
    choice = prepared.contact_list
    if choice is None:
        return None
    if state is None:
        raise missing_list(choice.list_name)
    _default(state, choice.topic)
    if base is None:
        raise BadRequest(NO_HOST)
    return ListPlan(
        list_name=state.found.name,
        topic=choice.topic,
        base=base,
        addresses=tuple(one.address for one in prepared.recipients),
    )


def unsubscribed(prepared: Prepared, state: ListState | None) -> dict[int, str]:
    """Tell which recipients get nothing, by their positions."""
    if prepared.contact_list is None or state is None:
        return {}
    topic, silent = prepared.contact_list.topic, Preferences()
    default = _default(state, topic)
    return {
        position: UNSUBSCRIBED
        for position, party in enumerate(prepared.recipients)
        if not state.wants.get(folded(party.address), silent).gets(topic, default)
    }


def add_recipients(conn: Connection, accepted: Sequence[AcceptedMessage]) -> None:
    """Make contacts of those whom accepted messages to lists go to."""
    rows = [
        ContactRow(
            list_id=one.contacts_of,
            address=address,
            unsubscribe_all=False,
            attributes=None,
            created_at=one.message.created_at,
            updated_at=one.message.created_at,
        )
        for one in accepted
        if one.contacts_of is not None
        for address in one.recipients
    ]
    add_contacts(conn, rows)


def missing_list(name: str) -> NotFound:
    """Make the error for a list that is not there."""
    return NotFound(f"List with name: {name[:320]} doesn't exist.")


def missing_topic(list_name: str, topic: str) -> BadRequest:
    """Make the error for a topic that a list has not."""
    return BadRequest(f"List: {list_name} doesn't contain Topic: {topic[:320]}")


def _default(state: ListState, topic: str | None) -> Status:
    """Give what holds for who has said nothing of a topic. Raises BadRequest."""
    if topic is None:
        return OPT_IN
    for one in state.found.topics:
        if one.name == topic:
            return one.default
    raise missing_topic(state.found.name, topic)
