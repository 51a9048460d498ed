"""Mail to a contact list, from its acceptance to its recipient's last word, on both engines."""

from dataclasses import replace

import msgspec
import pytest
from sqlalchemy import select

from pillarbox.accept.tracking_host import OwnHost
from pillarbox.base.ids import row_id_of
from pillarbox.manage.recipients.contact_lists import (
    NewContactList,
    create_contact_list,
    delete_contact_list,
)
from pillarbox.manage.recipients.contacts import Wanted, create_contact, delete_contact, get_contact
from pillarbox.manage.recipients.subscriptions import (
    choose_topics,
    read_subscription,
    unsubscribe,
    unsubscribe_from_all,
)
from pillarbox.model.contacts import ListChoice, ListPlan, Topic
from pillarbox.model.queued import QUEUED, SUPPRESSED
from pillarbox.model.send import RawContent
from pillarbox.proto.links.unsubscribe_token import UnsubscribeLink
from pillarbox.store.mail.messages import read_content, read_messages
from pillarbox.store.publishing.events import message_events
from pillarbox.store.retention import delete_old_messages
from pillarbox.store.tables import outbox, recipients
from tests.store.accepting import POLICY, World, mail
from tests.store.event_destination import create_destination
from tests.store.rows import ACCOUNT, NOW, add_account, add_configuration_set, add_identity
from tests.store.tracking_rows import add_host

BASE = "https://track.example.net"
TOPICS = (
    Topic(name="news", display_name="News", default="OPT_IN"),
    Topic(name="offers", display_name="Offers", default="OPT_OUT"),
)
NEWS, OFFERS, ALL = (
    ListChoice(list_name="shop", topic="news"),
    ListChoice(list_name="shop", topic="offers"),
    ListChoice(list_name="shop"),
)


@pytest.fixture
def world(store):
    """An account with a list of two topics, and a host where its recipients can unsubscribe."""
    with store.transaction() as conn:
        add_account(conn)
        add_identity(conn)
        create_contact_list(conn, ACCOUNT, NewContactList(name="shop", topics=TOPICS), now=NOW)
    return World(store, replace(POLICY, tracking=OwnHost(BASE)))


def send(world, *to, choice=NEWS, **more):
    (message_id,) = world.accept(mail("a@example.com", *to, contact_list=choice, **more))
    assert isinstance(message_id, str), message_id
    return row_id_of(message_id)


def said(world, address, **wanted):
    with world.store.transaction() as conn:
        create_contact(conn, ACCOUNT, "shop", Wanted(address=address, **wanted), now=NOW)


def wants(world, address):
    with world.store.transaction() as conn:
        row, _ = get_contact(conn, ACCOUNT, "shop", address)
    return row.unsubscribe_all, dict(row.topics)


def states(world, message_id):
    query = select(recipients.c.address, recipients.c.state).where(
        recipients.c.message_id == message_id
    )
    with world.store.transaction() as conn:
        return dict(tuple(one) for one in conn.execute(query))


def events(world, message_id):
    with world.store.transaction() as conn:
        return message_events(conn, ACCOUNT, message_id)


def link(message_id=bytes(16), address="ann@example.org", topic="news", position=0):
    return UnsubscribeLink(
        account_id=ACCOUNT,
        list_name="shop",
        topic=topic,
        address=address,
        message_id=message_id,
        position=position,
    )


def change(world, function, *arguments, now=NOW + 1000):
    with world.store.transaction() as conn:
        return function(conn, *arguments, now=now)


def test_a_message_keeps_its_list_and_its_recipients_become_contacts(world):
    message_id = send(world, "Ann@example.org", "bob@example.org")
    with world.store.transaction() as conn:
        (row,) = read_messages(conn, [message_id]).values()
    assert msgspec.json.decode(row.list_plan, type=ListPlan) == ListPlan(
        list_name="shop", topic="news", base=BASE, addresses=("Ann@example.org", "bob@example.org")
    )
    assert wants(world, "ann@example.org") == (False, {})
    assert states(world, message_id) == {"Ann@example.org": QUEUED, "bob@example.org": QUEUED}


@pytest.mark.parametrize(
    ("wanted", "choice", "gets"),
    [
        (None, NEWS, True),
        (None, OFFERS, False),
        (None, ALL, True),
        ({"topics": {"news": "OPT_OUT"}}, NEWS, False),
        ({"topics": {"news": "OPT_OUT"}}, ALL, True),
        ({"topics": {"offers": "OPT_IN"}}, OFFERS, True),
        ({"topics": {"offers": "OPT_IN"}, "unsubscribe_all": True}, OFFERS, False),
        ({"unsubscribe_all": True}, ALL, False),
    ],
)
def test_who_is_unsubscribed_gets_a_bounce_and_no_mail(world, wanted, choice, gets):
    if wanted is not None:
        said(world, "ANN@example.org", **wanted)
    message_id = send(world, "ann@example.org", choice=choice)
    assert states(world, message_id) == {"ann@example.org": QUEUED if gets else SUPPRESSED}
    told = events(world, message_id)[1:]
    assert len(told) == (not gets)
    for one in told:
        assert one["bounce"]["bounceType"] == "Permanent"
        assert one["bounce"]["bounceSubType"] == "UnsubscribedRecipient"
        assert one["bounce"]["bouncedRecipients"][0]["emailAddress"] == "ann@example.org"


@pytest.mark.parametrize(
    ("choice", "text"),
    [
        (ListChoice(list_name="other"), "List with name: other doesn't exist."),
        (ListChoice(list_name="shop", topic="x"), "List: shop doesn't contain Topic: x"),
    ],
)
def test_an_unknown_list_or_topic_is_refused(world, choice, text):
    assert str(world.refused(mail(contact_list=choice))) == text


def test_without_a_host_for_recipients_list_mail_is_refused(world):
    error = World(world.store).refused(mail(contact_list=NEWS))
    assert "[track] url is not set" in str(error)


@pytest.mark.parametrize(
    ("https", "policy", "base"),
    [
        ("SUCCESS", None, "https://t.example.com"),
        ("SUCCESS", "REQUIRE", "https://t.example.com"),
        ("FAILED", None, BASE),
        ("FAILED", "REQUIRE", BASE),
    ],
)
def test_readers_leave_at_the_sets_own_domain_over_https_where_it_has_that(
    world, https, policy, base
):
    set_ = {"custom_redirect_domain": "t.example.com", "https_policy": policy}
    world.add(add_configuration_set, **set_)
    world.add(add_host, status="SUCCESS", https_status=https)
    message_id = send(world, "ann@example.org", configuration_set="spring")
    with world.store.transaction() as conn:
        (row,) = read_messages(conn, [message_id]).values()
    assert msgspec.json.decode(row.list_plan, type=ListPlan).base == base


def raw(*fields):
    head = "".join(f"{field}\r\n" for field in ("From: a@example.com", "To: x@y.org", *fields))
    return RawContent(f"{head}\r\nhello\r\n".encode())


@pytest.mark.parametrize(
    ("field", "given", "topic"),
    [
        ("shop; topic=news", None, "news"),
        ("shop", None, None),
        ("contactListName=shop;topicName=offers", None, "offers"),
        ("other; topic=x", NEWS, "news"),
    ],
)
def test_a_raw_message_names_its_list_in_a_header(world, field, given, topic):
    content = raw(f"X-SES-LIST-MANAGEMENT-OPTIONS: {field}", "List-Unsubscribe: <mailto:a@b.org>")
    message_id = send(world, "ann@example.org", choice=given, content=content)
    with world.store.transaction() as conn:
        (row,) = read_messages(conn, [message_id]).values()
        kept = read_content(conn, message_id)
    assert msgspec.json.decode(row.list_plan, type=ListPlan).topic == topic
    assert b"x-ses-" not in kept.lower()
    assert b"List-Unsubscribe" not in kept


def test_mail_to_no_list_keeps_the_senders_own_way_to_unsubscribe(world):
    content = raw("List-Unsubscribe: <mailto:a@b.org>")
    message_id = send(world, "ann@example.org", choice=None, content=content)
    with world.store.transaction() as conn:
        assert b"\r\nList-Unsubscribe: <mailto:a@b.org>\r\n" in read_content(conn, message_id)


def test_one_click_unsubscribes_from_the_topic_tells_it_once_and_stops_the_next_mail(world):
    world.add(add_configuration_set)
    world.add(lambda conn: create_destination(conn, types=("SUBSCRIPTION",)))
    message_id = send(world, "bob@example.org", "ann@example.org", configuration_set="spring")
    for again in range(2):
        assert change(world, unsubscribe, link(message_id, position=1), now=NOW + 1000 + again)
    assert wants(world, "ann@example.org") == (False, {"news": "OPT_OUT"})
    sent, told = events(world, message_id)
    assert (sent["eventType"], told["eventType"]) == ("Send", "Subscription")

    def preferences(news):
        return {
            "unsubscribeAll": False,
            "topicSubscriptionStatus": [
                {"topicName": "news", "subscriptionStatus": news},
                {"topicName": "offers", "subscriptionStatus": "OptOut"},
            ],
        }

    stamp = told["subscription"].pop("timestamp")
    assert stamp.endswith("Z")
    assert told["subscription"] == {
        "contactList": "shop",
        "source": "UnsubscribeHeader",
        "newTopicPreferences": preferences("OptOut"),
        "oldTopicPreferences": preferences("OptIn"),
    }
    with world.store.transaction() as conn:
        assert len(conn.execute(select(outbox)).all()) == 1
    after = send(world, "ann@example.org", "bob@example.org")
    assert states(world, after) == {"ann@example.org": SUPPRESSED, "bob@example.org": QUEUED}


def test_one_click_without_a_topic_unsubscribes_from_the_list(world):
    message_id = send(world, "ann@example.org", choice=ALL)
    assert change(world, unsubscribe, link(message_id, topic=None))
    assert wants(world, "ann@example.org") == (True, {})


def test_the_page_chooses_topics_and_leaves_the_list(world):
    message_id = send(world, "ann@example.org")
    assert change(world, unsubscribe_from_all, link(message_id))
    assert wants(world, "ann@example.org") == (True, {})
    assert change(world, choose_topics, link(message_id), {"offers", "made-up"})
    assert wants(world, "ann@example.org") == (False, {"news": "OPT_OUT", "offers": "OPT_IN"})
    with world.store.transaction() as conn:
        shown = read_subscription(conn, link(message_id))
    assert dict(shown.wants.topics) == {"news": "OPT_OUT", "offers": "OPT_IN"}
    assert [one["eventType"] for one in events(world, message_id)[1:]] == ["Subscription"] * 2


def test_a_contact_that_was_removed_is_unsubscribed_all_the_same(world):
    message_id = send(world, "ann@example.org")
    with world.store.transaction() as conn:
        delete_contact(conn, ACCOUNT, "shop", "ann@example.org")
    assert change(world, unsubscribe, link(message_id))
    assert wants(world, "ann@example.org") == (False, {"news": "OPT_OUT"})


def test_a_link_works_when_its_message_is_no_longer_kept(world):
    message_id = send(world, "ann@example.org")
    with world.store.transaction() as conn:
        conn.execute(recipients.update().values(state=SUPPRESSED))
        assert delete_old_messages(conn, NOW + 1, 10) == 1
    assert change(world, unsubscribe, link(message_id))
    assert wants(world, "ann@example.org") == (False, {"news": "OPT_OUT"})
    assert events(world, message_id) == []


def test_a_link_of_a_deleted_list_says_so(world):
    with world.store.transaction() as conn:
        delete_contact_list(conn, ACCOUNT, "shop")
        assert read_subscription(conn, link()) is None
    assert not change(world, unsubscribe, link())
