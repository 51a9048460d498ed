"""Contact lists and contacts (botocore's model of SES v2)."""

from typing import Literal

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.sesv2.shared_shapes import Tag, Timestamp

SubscriptionStatus = Literal["OPT_IN", "OPT_OUT"]


class Topic(Shape, frozen=True, kw_only=True):
    """A topic of a list."""

    topic_name: str
    display_name: str
    description: str | None = None
    default_subscription_status: SubscriptionStatus


class TopicPreference(Shape, frozen=True, kw_only=True):
    """What a contact wants of a topic."""

    topic_name: str
    subscription_status: SubscriptionStatus


class CreateContactListRequest(Shape, frozen=True, kw_only=True):
    """Make a list."""

    contact_list_name: str
    topics: tuple[Topic, ...] | None = None
    description: str | None = None
    tags: tuple[Tag, ...] | None = None


class ContactListRequest(Shape, frozen=True, kw_only=True):
    """Ask for a list, or delete it."""

    contact_list_name: str


class GetContactListResponse(Shape, frozen=True, kw_only=True):
    """A list."""

    contact_list_name: str | None = None
    topics: tuple[Topic, ...] | None = None
    description: str | None = None
    created_timestamp: Timestamp | None = None
    last_updated_timestamp: Timestamp | None = None
    tags: tuple[Tag, ...] | None = None


class UpdateContactListRequest(Shape, frozen=True, kw_only=True):
    """Change a list."""

    contact_list_name: str
    topics: tuple[Topic, ...] | None = None
    description: str | None = None


class ListContactListsRequest(Shape, frozen=True, kw_only=True):
    """Ask for a page of lists."""

    page_size: int | None = None
    next_token: str | None = None


class ContactList(Shape, frozen=True, kw_only=True):
    """A list as pages show it."""

    contact_list_name: str | None = None
    last_updated_timestamp: Timestamp | None = None


class ListContactListsResponse(Shape, frozen=True, kw_only=True):
    """A page of lists by name."""

    contact_lists: tuple[ContactList, ...] | None = None
    next_token: str | None = None


class ContactChangeRequest(Shape, frozen=True, kw_only=True):
    """Add a contact, or change one."""

    contact_list_name: str
    email_address: str
    topic_preferences: tuple[TopicPreference, ...] | None = None
    unsubscribe_all: bool | None = None
    attributes_data: str | None = None


class ContactRequest(Shape, frozen=True, kw_only=True):
    """Ask for a contact, or remove it."""

    contact_list_name: str
    email_address: str


class GetContactResponse(Shape, frozen=True, kw_only=True):
    """A contact."""

    contact_list_name: str | None = None
    email_address: str | None = None
    topic_preferences: tuple[TopicPreference, ...] | None = None
    topic_default_preferences: tuple[TopicPreference, ...] | None = None
    unsubscribe_all: bool | None = None
    attributes_data: str | None = None
    created_timestamp: Timestamp | None = None
    last_updated_timestamp: Timestamp | None = None


class TopicFilter(Shape, frozen=True, kw_only=True):
    """A topic to filter by."""

    topic_name: str | None = None
    use_default_if_preference_unavailable: bool | None = None


class ListContactsFilter(Shape, frozen=True, kw_only=True):
    """Which contacts a page has."""

    filtered_status: SubscriptionStatus | None = None
    topic_filter: TopicFilter | None = None


class ListContactsRequest(Shape, frozen=True, kw_only=True):
    """Ask for a page of contacts."""

    contact_list_name: str
    filter: ListContactsFilter | None = None
    page_size: int | None = None
    next_token: str | None = None


class Contact(Shape, frozen=True, kw_only=True):
    """A contact as pages show it."""

    email_address: str | None = None
    topic_preferences: tuple[TopicPreference, ...] | None = None
    topic_default_preferences: tuple[TopicPreference, ...] | None = None
    unsubscribe_all: bool | None = None
    last_updated_timestamp: Timestamp | None = None


class ListContactsResponse(Shape, frozen=True, kw_only=True):
    """A page of contacts by address."""

    contacts: tuple[Contact, ...] | None = None
    next_token: str | None = None
