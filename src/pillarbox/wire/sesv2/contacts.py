"""Contacts: requests become calls of `manage/recipients/contacts.py`; only SES v2 has them."""

from collections.abc import Mapping
from dataclasses import dataclass

from pillarbox.manage.paging import Paging
from pillarbox.manage.recipients.contacts import (
    TopicChoice,
    Wanted,
    choices_of,
    create_contact,
    defaults_of,
    delete_contact,
    get_contact,
    list_contacts,
    update_contact,
)
from pillarbox.model.contacts import Status
from pillarbox.proto.aws.rest_json import epoch_seconds
from pillarbox.store.lists.contact_lists import ContactListRow
from pillarbox.store.lists.contacts import ContactRow
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2 import contact_shapes as shapes
from pillarbox.wire.sesv2.contact_lists import ONE as OF_LIST
from pillarbox.wire.sesv2.services import Services

ALL = OF_LIST + "/contacts"
ONE = ALL + "/{EmailAddress}"


@dataclass(frozen=True, slots=True)
class Contacts:
    """The handlers."""

    services: Services

    def only_v2(self) -> tuple[AnyOperation, ...]:
        """Give the operations that only SES v2 has."""
        one = "contact-list/{ContactListName}"
        return (
            Operation(
                name="CreateContact",
                method="POST",
                path=ALL,
                request=shapes.ContactChangeRequest,
                handler=self.create,
                resource=one,
            ),
            Operation(
                name="ListContacts",
                method="POST",
                path=ALL + "/list",
                request=shapes.ListContactsRequest,
                handler=self.list,
                resource=one,
            ),
            Operation(
                name="GetContact",
                method="GET",
                path=ONE,
                request=shapes.ContactRequest,
                handler=self.get,
                resource=one,
            ),
            Operation(
                name="UpdateContact",
                method="PUT",
                path=ONE,
                request=shapes.ContactChangeRequest,
                handler=self.update,
                resource=one,
            ),
            Operation(
                name="DeleteContact",
                method="DELETE",
                path=ONE,
                request=shapes.ContactRequest,
                handler=self.delete,
                resource=one,
            ),
        )

    async def create(self, call: Call[shapes.ContactChangeRequest]) -> None:
        """CreateContact."""
        account_id, name = call.caller.account_id, call.request.contact_list_name
        new, now = _wanted(call.request), self.services.now()
        await self.services.store.write(
            lambda conn: create_contact(conn, account_id, name, new, now=now)
        )

    async def update(self, call: Call[shapes.ContactChangeRequest]) -> None:
        """UpdateContact: topics that are not named stay, all else is as it is given."""
        account_id, name = call.caller.account_id, call.request.contact_list_name
        new, now = _wanted(call.request), self.services.now()
        await self.services.store.write(
            lambda conn: update_contact(conn, account_id, name, new, now=now)
        )

    async def get(self, call: Call[shapes.ContactRequest]) -> shapes.GetContactResponse:
        """GetContact."""
        request, account_id = call.request, call.caller.account_id
        row, found = await self.services.store.read(
            lambda conn: get_contact(
                conn, account_id, request.contact_list_name, request.email_address
            )
        )
        return shapes.GetContactResponse(
            contact_list_name=found.name,
            email_address=row.address,
            topic_preferences=_preferences(choices_of(row, found)),
            topic_default_preferences=_preferences(defaults_of(row, found)),
            unsubscribe_all=row.unsubscribe_all,
            attributes_data=row.attributes,
            created_timestamp=epoch_seconds(row.created_at),
            last_updated_timestamp=epoch_seconds(row.updated_at),
        )

    async def delete(self, call: Call[shapes.ContactRequest]) -> None:
        """DeleteContact."""
        request, account_id = call.request, call.caller.account_id
        await self.services.store.write(
            lambda conn: delete_contact(
                conn, account_id, request.contact_list_name, request.email_address
            )
        )

    async def list(self, call: Call[shapes.ListContactsRequest]) -> shapes.ListContactsResponse:
        """ListContacts: pages by address."""
        request, wanted = call.request, call.request.filter or shapes.ListContactsFilter()
        kind = f"contacts {request.contact_list_name}"
        paging = Paging(self.services.paging_key, call.caller.account_id, kind)
        page, found = await self.services.store.read(
            lambda conn: list_contacts(
                conn,
                paging,
                request.contact_list_name,
                token=request.next_token,
                size=request.page_size,
                status=wanted.filtered_status,
                topic=_topic(wanted.topic_filter),
            )
        )
        contacts = tuple(_contact(row, found) for row in page.items)
        return shapes.ListContactsResponse(contacts=contacts, next_token=page.next_token)


def _wanted(request: shapes.ContactChangeRequest) -> Wanted:
    said = request.topic_preferences or ()
    return Wanted(
        address=request.email_address,
        topics={one.topic_name: one.subscription_status for one in said},
        unsubscribe_all=bool(request.unsubscribe_all),
        attributes=request.attributes_data,
    )


def _topic(given: shapes.TopicFilter | None) -> TopicChoice | None:
    if given is None or given.topic_name is None:
        return None
    default = bool(given.use_default_if_preference_unavailable)
    return TopicChoice(name=given.topic_name, or_default=default)


def _contact(row: ContactRow, found: ContactListRow) -> shapes.Contact:
    return shapes.Contact(
        email_address=row.address,
        topic_preferences=_preferences(choices_of(row, found)),
        topic_default_preferences=_preferences(defaults_of(row, found)),
        unsubscribe_all=row.unsubscribe_all,
        last_updated_timestamp=epoch_seconds(row.updated_at),
    )


def _preferences(said: Mapping[str, Status]) -> tuple[shapes.TopicPreference, ...]:
    return tuple(
        shapes.TopicPreference(topic_name=name, subscription_status=status)
        for name, status in said.items()
    )
