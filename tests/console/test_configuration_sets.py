"""Configuration sets in the console: options a group at a time, destinations of every kind."""

import pytest

from pillarbox.manage.sets.configuration_sets import get_configuration_set
from pillarbox.manage.sets.event_destinations import get_event_destinations
from pillarbox.model.event_destination import CloudWatch, Dimension, EventBridge, Firehose, Sns
from pillarbox.model.user import Role
from tests.console.conftest import ACCOUNT
from tests.store.rows import add_identity

SETS = f"/console/{ACCOUNT}/sets"
TOPIC = "arn:aws:sns:us-east-1:123456789012:news"


@pytest.fixture
async def browser(console):
    browser = await console.signed_in(Role.OPERATOR)
    await browser.open(f"{SETS}/new")
    answer = await browser.post(SETS, {"name": "news", "reputation": "on"})
    assert "news is created." in answer.text
    return browser


def read(console, function=get_configuration_set, name="news"):
    with console.store.engine.begin() as conn:
        return function(conn, ACCOUNT, name)


async def test_options_are_saved_a_group_at_a_time(console, browser):
    with console.store.transaction() as conn:
        add_identity(conn, "example.com", account_id=ACCOUNT)
    await browser.post(f"{SETS}/news/sending", {"reputation": "on"})
    await browser.post(
        f"{SETS}/news/delivery", {"tls": "REQUIRE", "pool": "ses-shared-pool", "lifetime": "600"}
    )
    await browser.post(f"{SETS}/news/tracking", {"redirect": "t.example.com", "https": "REQUIRE"})
    await browser.post(f"{SETS}/news/suppression", {"rule": "own", "reason": "COMPLAINT"})
    found = read(console)
    assert (found.sending_enabled, found.reputation_metrics) == (False, True)
    assert (found.tls_policy, found.sending_pool, found.max_delivery_seconds) == (
        "REQUIRE",
        "ses-shared-pool",
        600,
    )
    assert found.tracking.custom_redirect_domain == "t.example.com"
    assert found.suppressed_reasons == ("COMPLAINT",)
    page = (await browser.open(f"{SETS}/news")).text
    assert "Paused" in page


@pytest.mark.parametrize(
    ("group", "fields", "text"),
    [
        ("delivery", {"lifetime": "10"}, "From 300 to 50400 seconds."),
        ("delivery", {"pool": "nowhere"}, "doesn&#39;t exist"),
        ("delivery", {"tls": "NEVER"}, "Choose one."),
        ("tracking", {"redirect": "elsewhere.example"}, "is not verified under this account"),
        ("suppression", {"rule": "x"}, "Choose one."),
    ],
)
async def test_an_option_that_can_not_be_is_explained(console, browser, group, fields, text):
    before = read(console)
    answer = await browser.post(f"{SETS}/news/{group}", fields)
    assert answer.status == 422
    assert text in answer.text
    assert read(console) == before


@pytest.mark.parametrize(
    ("kind", "fields", "target"),
    [
        ("SNS", {"target": TOPIC}, Sns(TOPIC)),
        (
            "FIREHOSE",
            {
                "target": "arn:aws:firehose:us-east-1:123456789012:deliverystream/mail",
                "role": "arn:aws:iam::123456789012:role/mail",
            },
            Firehose(
                role_arn="arn:aws:iam::123456789012:role/mail",
                stream_arn="arn:aws:firehose:us-east-1:123456789012:deliverystream/mail",
            ),
        ),
        (
            "CLOUDWATCH",
            {"dimensions": "campaign MESSAGE_TAG none\nto EMAIL_HEADERX x"},
            None,
        ),
        (
            "CLOUDWATCH",
            {"dimensions": "campaign MESSAGE_TAG none\n\n"},
            CloudWatch((Dimension("campaign", "MESSAGE_TAG", "none"),)),
        ),
        (
            "EVENTBRIDGE",
            {"target": "arn:aws:events:us-east-1:123456789012:event-bus/default"},
            EventBridge("arn:aws:events:us-east-1:123456789012:event-bus/default"),
        ),
        ("SNS", {"target": "no arn"}, None),
        ("NOTHING", {"target": TOPIC}, None),
    ],
)
async def test_a_destination_of_each_kind_is_added_or_explained(
    console, browser, kind, fields, target
):
    page = await browser.open(f"{SETS}/news/destinations/new?kind={kind}")
    assert page.status == (404 if kind == "NOTHING" else 200)
    common = {"name": "mine", "kind": kind, "type": "BOUNCE", "enabled": "on"}
    answer = await browser.post(f"{SETS}/news/destinations", common | fields)
    found = read(console, get_event_destinations)
    if target is None:
        assert answer.status in {404, 422}
        assert found == []
    else:
        assert [(one.target, one.event_types) for one in found] == [(target, ("BOUNCE",))]
        assert "mine" in answer.text


async def test_a_destination_is_changed_and_deleted(console, browser):
    new = {"name": "mine", "kind": "SNS", "target": TOPIC, "type": "BOUNCE", "enabled": "on"}
    answer = await browser.post(f"{SETS}/news/destinations", new)
    assert "<td>SNS topic</td>" in answer.text
    one = f"{SETS}/news/destinations/mine"
    assert TOPIC in (await browser.open(one)).text
    await browser.post(one, {"kind": "SNS", "target": TOPIC, "type": "CLICK"})
    (found,) = read(console, get_event_destinations)
    assert (found.enabled, found.event_types) == (False, ("CLICK",))
    assert "Delete mine?" in (await browser.open(f"{one}/delete")).text
    await browser.post(f"{one}/delete")
    assert read(console, get_event_destinations) == []
    assert (await browser.open(one)).status == 404


async def test_a_set_is_listed_filtered_and_deleted(browser):
    assert "news" in (await browser.open(f"{SETS}?name=new")).text
    assert "Nothing found" in (await browser.open(f"{SETS}?name=other")).text
    await browser.open(f"{SETS}/news/delete")
    await browser.post(f"{SETS}/news/delete")
    assert "No configuration sets yet" in (await browser.open(SETS)).text
    assert (await browser.open(f"{SETS}/news")).status == 404


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "news"])
async def test_a_name_that_can_not_be_is_explained_beside_its_field(browser, name):
    await browser.open(f"{SETS}/new")
    answer = await browser.post(SETS, {"name": name})
    assert answer.status == 422
    assert 'aria-invalid="true"' in answer.text
