"""Contact lists and contacts through botocore."""

import datetime as dt

import pytest

from tests.wire.calls import refused, without_metadata

B, N = ("BadRequestException", 400), ("NotFoundException", 404)
NEWS = {
    "TopicName": "news",
    "DisplayName": "News",
    "Description": "Each week",
    "DefaultSubscriptionStatus": "OPT_IN",
}
OFFERS = {
    "TopicName": "offers",
    "DisplayName": "Offers",
    "DefaultSubscriptionStatus": "OPT_OUT",
}


@pytest.fixture
def shop(v2):
    """The name of a list with two topics."""
    v2.create_contact_list(ContactListName="shop", Topics=[NEWS, OFFERS], Description="All of us")
    return "shop"


def contact(v2, address):
    answer = without_metadata(v2.get_contact(ContactListName="shop", EmailAddress=address))
    return {k: v for k, v in answer.items() if not k.endswith("Timestamp")}


def said(name, status):
    return {"TopicName": name, "SubscriptionStatus": status}


def test_a_list_lives_from_its_making_to_its_end(v2, shop):
    shown = without_metadata(v2.get_contact_list(ContactListName=shop))
    made = shown.pop("CreatedTimestamp")
    assert made == shown.pop("LastUpdatedTimestamp") <= dt.datetime.now(dt.UTC)
    assert shown == {
        "ContactListName": "shop",
        "Topics": [NEWS, OFFERS],
        "Description": "All of us",
        "Tags": [],
    }
    (listed,) = v2.list_contact_lists()["ContactLists"]
    assert listed["ContactListName"] == "shop"
    v2.delete_contact_list(ContactListName=shop)
    text = "List with name: shop doesn't exist."
    for call in (v2.get_contact_list, v2.delete_contact_list, v2.update_contact_list):
        assert refused(call, ContactListName=shop) == (*N, text)


def test_an_update_keeps_what_it_does_not_name(v2, shop):
    v2.update_contact_list(ContactListName=shop, Topics=[OFFERS])
    shown = v2.get_contact_list(ContactListName=shop)
    assert (shown["Topics"], shown["Description"]) == ([OFFERS], "All of us")
    v2.update_contact_list(ContactListName=shop, Description="")
    shown = v2.get_contact_list(ContactListName=shop)
    assert (shown["Topics"], shown["Description"]) == ([OFFERS], "")


def test_an_account_has_one_list_and_its_name_is_no_matter(v2, shop):
    for name in (shop, "other"):
        answer = refused(v2.create_contact_list, ContactListName=name)
        assert answer == (*B, "A maximum of 1 Lists allowed per account.")


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"ContactListName": ""}, "ContactListName can't be blank."),
        (
            {"ContactListName": "a b"},
            (
                "ContactListName can contain up to 64 characters. Only alphanumeric characters, "
                "underscores(_) and hyphens(-) are allowed."
            ),
        ),
        (
            {"Topics": [NEWS | {"TopicName": "x" * 65}]},
            (
                "TopicName can contain up to 64 characters. Only alphanumeric characters, "
                "underscores(_) and hyphens(-) are allowed."
            ),
        ),
        (
            {"Topics": [NEWS | {"DisplayName": "x" * 129}]},
            "Topic DisplayName can contain up to <128> characters.",
        ),
        ({"Topics": [NEWS, NEWS]}, "Duplicate topic names are not allowed within a List."),
        (
            {"Topics": [NEWS | {"TopicName": f"t{n}"} for n in range(21)]},
            "Maximum of <20> topics allowed per ContactList",
        ),
        ({"Description": "x" * 501}, "List description can contain up to 500 characters."),
    ],
)
def test_what_is_wrong_is_refused_and_leaves_nothing(v2, arguments, text):
    call = {"ContactListName": "shop"} | arguments
    assert refused(v2.create_contact_list, **call) == (*B, text)
    assert v2.list_contact_lists()["ContactLists"] == []


def test_a_list_has_tags(v2, account, shop):
    arn = f"arn:aws:ses:us-east-1:{account}:contact-list/{shop}"
    v2.tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "mail"}])
    assert v2.list_tags_for_resource(ResourceArn=arn)["Tags"] == [{"Key": "team", "Value": "mail"}]
    answer = refused(v2.list_tags_for_resource, ResourceArn=arn + "x")
    assert answer == (*N, "No ContactList present with name: shopx")


def test_a_contact_lives_from_its_making_to_its_end(v2, shop):
    key = {"ContactListName": shop, "EmailAddress": "Ann@example.org"}
    v2.create_contact(**key, TopicPreferences=[said("offers", "OPT_IN")], AttributesData="{}")
    assert contact(v2, "ann@example.org") == {
        "ContactListName": "shop",
        "EmailAddress": "Ann@example.org",
        "TopicPreferences": [said("offers", "OPT_IN")],
        "TopicDefaultPreferences": [said("news", "OPT_IN")],
        "UnsubscribeAll": False,
        "AttributesData": "{}",
    }
    answer = refused(v2.create_contact, **key)
    assert answer == ("AlreadyExistsException", 400, "Ann@example.org already exists in List.")
    v2.delete_contact(**key)
    for call in (v2.get_contact, v2.update_contact, v2.delete_contact):
        assert refused(call, **key) == (*N, "Ann@example.org doesn't exist in List.")


def test_an_update_adds_to_the_topics_and_replaces_the_rest(v2, shop):
    key = {"ContactListName": shop, "EmailAddress": "ann@example.org"}
    v2.create_contact(
        **key,
        TopicPreferences=[said("news", "OPT_OUT")],
        AttributesData="x",
        UnsubscribeAll=True,
    )
    v2.update_contact(**key, TopicPreferences=[said("offers", "OPT_IN")])
    shown = contact(v2, "ann@example.org")
    assert shown["TopicPreferences"] == [said("news", "OPT_OUT"), said("offers", "OPT_IN")]
    assert shown["UnsubscribeAll"] is False
    assert "AttributesData" not in shown


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        ({"EmailAddress": " "}, (*B, "EmailAddress can't be blank.")),
        ({"EmailAddress": "a b@c.d"}, (*B, "EmailAddress <a b@c.d> is invalid")),
        ({"EmailAddress": "A <a@b.cd>"}, (*B, "EmailAddress <A <a@b.cd>> is invalid")),
        ({"ContactListName": "other"}, (*N, "List with name: other doesn't exist.")),
        (
            {"TopicPreferences": [said("sports", "OPT_IN")]},
            (*B, "List: shop doesn't contain Topic: sports"),
        ),
    ],
)
def test_a_contact_that_is_wrong_is_refused(v2, shop, arguments, error):
    call = {"ContactListName": shop, "EmailAddress": "a@b.cd"} | arguments
    assert refused(v2.create_contact, **call) == error
    assert v2.list_contacts(ContactListName=shop)["Contacts"] == []


def test_contacts_come_in_pages_by_address(v2, shop):
    for name in ("b", "C", "a"):
        v2.create_contact(ContactListName=shop, EmailAddress=f"{name}@example.org")
    first = v2.list_contacts(ContactListName=shop, PageSize=2)
    rest = v2.list_contacts(ContactListName=shop, PageSize=2, NextToken=first["NextToken"])
    found = [one["EmailAddress"][0] for one in first["Contacts"] + rest["Contacts"]]
    assert (found, "NextToken" in rest) == (["a", "b", "C"], False)
    foreign = refused(v2.list_contact_lists, NextToken=first["NextToken"])
    assert foreign[:2] == B


FILTERS = [
    ({"FilteredStatus": "OPT_IN"}, "abcd"),
    ({"FilteredStatus": "OPT_OUT"}, "e"),
    ({"FilteredStatus": "OPT_IN", "TopicFilter": {"TopicName": "news"}}, "b"),
    ({"FilteredStatus": "OPT_OUT", "TopicFilter": {"TopicName": "news"}}, "ce"),
    ({"FilteredStatus": "OPT_IN", "TopicFilter": {"TopicName": "offers"}}, "d"),
]
WITH_DEFAULT = [("news", "OPT_IN", "abd"), ("news", "OPT_OUT", "ce"), ("offers", "OPT_OUT", "abce")]


@pytest.mark.parametrize(
    ("wanted", "found"),
    FILTERS
    + [
        (
            {
                "FilteredStatus": status,
                "TopicFilter": {"TopicName": topic, "UseDefaultIfPreferenceUnavailable": True},
            },
            found,
        )
        for topic, status, found in WITH_DEFAULT
    ],
)
def test_contacts_are_filtered_by_what_they_want(v2, shop, wanted, found):
    wants = {
        "a": {},
        "b": {"TopicPreferences": [said("news", "OPT_IN")]},
        "c": {"TopicPreferences": [said("news", "OPT_OUT")]},
        "d": {"TopicPreferences": [said("offers", "OPT_IN")]},
        "e": {"UnsubscribeAll": True, "TopicPreferences": [said("news", "OPT_IN")]},
    }
    for name, want in wants.items():
        v2.create_contact(ContactListName=shop, EmailAddress=f"{name}@example.org", **want)
    listed = v2.list_contacts(ContactListName=shop, Filter=wanted)["Contacts"]
    assert "".join(one["EmailAddress"][0] for one in listed) == found


def test_a_filter_that_says_too_little_is_refused(v2, shop):
    topic = {"TopicFilter": {"TopicName": "news"}}
    answer = refused(v2.list_contacts, ContactListName=shop, Filter=topic)
    assert answer == (*B, "FilteredStatus must be specified with a TopicFilter.")
