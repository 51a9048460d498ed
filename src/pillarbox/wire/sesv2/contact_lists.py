"""Contact lists: requests become calls of `manage/recipients/contact_lists.py`; only SES v2 has
them.
"""

from dataclasses import dataclass

from pillarbox.manage.paging import Paging
from pillarbox.manage.recipients.contact_lists import (
    NewContactList,
    create_contact_list,
    delete_contact_list,
    get_contact_list,
    list_contact_lists,
    update_contact_list,
)
from pillarbox.manage.tags import read_tags
from pillarbox.model.contacts import Topic
from pillarbox.proto.aws.rest_json import epoch_seconds
from pillarbox.wire.http.operation import AnyOperation, Call, Operation
from pillarbox.wire.sesv2 import contact_shapes as shapes
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.sesv2.shared_shapes import PAGE_QUERY, tag_pairs, tag_shapes

ALL = "/v2/email/contact-lists"
ONE = ALL + "/{ContactListName}"


@dataclass(frozen=True, slots=True)
class ContactLists:
    """The handlers."""

    services: Services

    def only_v2(self) -> tuple[AnyOperation, ...]:
        """Give the operations that only SES v2 has."""
        one = "contact-list/{ContactListName}"
        return (
            Operation(
                name="CreateContactList",
                method="POST",
                path=ALL,
                request=shapes.CreateContactListRequest,
                handler=self.create,
            ),
            Operation(
                name="GetContactList",
                method="GET",
                path=ONE,
                request=shapes.ContactListRequest,
                handler=self.get,
                resource=one,
            ),
            Operation(
                name="UpdateContactList",
                method="PUT",
                path=ONE,
                request=shapes.UpdateContactListRequest,
                handler=self.update,
                resource=one,
            ),
            Operation(
                name="DeleteContactList",
                method="DELETE",
                path=ONE,
                request=shapes.ContactListRequest,
                handler=self.delete,
                resource=one,
            ),
            Operation(
                name="ListContactLists",
                method="GET",
                path=ALL,
                request=shapes.ListContactListsRequest,
                handler=self.list,
                query=PAGE_QUERY,
            ),
        )

    async def create(self, call: Call[shapes.CreateContactListRequest]) -> None:
        """CreateContactList."""
        request, account_id, now = call.request, call.caller.account_id, self.services.now()
        most = self.services.quotas.contact_lists
        new = NewContactList(
            name=request.contact_list_name,
            topics=_topics(request.topics or ()),
            description=request.description,
            tags=tag_pairs(request.tags),
        )
        await self.services.store.write(
            lambda conn: create_contact_list(conn, account_id, new, now=now, most=most)
        )

    async def get(self, call: Call[shapes.ContactListRequest]) -> shapes.GetContactListResponse:
        """GetContactList."""
        account_id, name = call.caller.account_id, call.request.contact_list_name
        row = await self.services.store.read(lambda conn: get_contact_list(conn, account_id, name))
        return shapes.GetContactListResponse(
            contact_list_name=row.name,
            topics=tuple(map(_shape, row.topics)),
            description=row.description,
            created_timestamp=epoch_seconds(row.created_at),
            last_updated_timestamp=epoch_seconds(row.updated_at),
            tags=tag_shapes(read_tags(row.tags)),
        )

    async def update(self, call: Call[shapes.UpdateContactListRequest]) -> None:
        """UpdateContactList: what is not given stays."""
        request, account_id, now = call.request, call.caller.account_id, self.services.now()
        topics = None if request.topics is None else _topics(request.topics)
        await self.services.store.write(
            lambda conn: update_contact_list(
                conn,
                account_id,
                request.contact_list_name,
                topics=topics,
                description=request.description,
                now=now,
            )
        )

    async def delete(self, call: Call[shapes.ContactListRequest]) -> None:
        """DeleteContactList: with its contacts."""
        account_id, name = call.caller.account_id, call.request.contact_list_name
        await self.services.store.write(lambda conn: delete_contact_list(conn, account_id, name))

    async def list(
        self, call: Call[shapes.ListContactListsRequest]
    ) -> shapes.ListContactListsResponse:
        """ListContactLists: pages by name."""
        request = call.request
        paging = Paging(self.services.paging_key, call.caller.account_id, "contact-lists")
        page = await self.services.store.read(
            lambda conn: list_contact_lists(
                conn, paging, token=request.next_token, size=request.page_size
            )
        )
        lists = tuple(
            shapes.ContactList(
                contact_list_name=row.name, last_updated_timestamp=epoch_seconds(row.updated_at)
            )
            for row in page.items
        )
        return shapes.ListContactListsResponse(contact_lists=lists, next_token=page.next_token)


def _topics(given: tuple[shapes.Topic, ...]) -> tuple[Topic, ...]:
    return tuple(
        Topic(
            name=one.topic_name,
            display_name=one.display_name,
            description=one.description,
            default=one.default_subscription_status,
        )
        for one in given
    )


def _shape(topic: Topic) -> shapes.Topic:
    return shapes.Topic(
        topic_name=topic.name,
        display_name=topic.display_name,
        description=topic.description,
        default_subscription_status=topic.default,
    )
