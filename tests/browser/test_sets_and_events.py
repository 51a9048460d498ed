"""Configuration sets with all their options, event destinations, test events, dead letters."""

from playwright.sync_api import Page, expect

from tests.browser.axe import AXE, add_axe, violations
from tests.browser.conftest import Tab
from tests.browser.site import ACCOUNT, menu
from tests.browser.town import SENDER, Town
from tests.peers.browser import needs_chromium
from tests.peers.wait import ARRIVAL_SECONDS, until

pytestmark = needs_chromium
_AWS = f"us-east-1:{ACCOUNT}"


def section(page: Page, title: str, button: str = "Save") -> None:
    """Press the button of a part of the page, and wait for the page that answers."""
    region = page.get_by_role("region", name=title, exact=True)
    with page.expect_navigation():
        region.get_by_role("button", name=button).click()


def create_set(page: Page, tab: Tab, name: str) -> None:
    """Create a configuration set by hand."""
    page.goto(tab.site.url())
    menu(page, "Configuration sets")
    page.get_by_role("link", name="Create a set").or_(
        page.get_by_role("link", name="Create the first")
    ).first.click()
    page.get_by_label("Name").fill(name)
    page.get_by_role("button", name="Create").click()
    expect(page.get_by_role("status")).to_contain_text(f"{name} is created.")


def test_a_set_is_made_and_all_its_options_are_set(desk: Tab) -> None:
    def options(page: Page) -> None:
        create_set(page, desk, "options")
        page.get_by_label("Sending is enabled").uncheck()
        section(page, "Sending and reputation")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Paused")
        page.get_by_label("Sending is enabled").check()
        section(page, "Sending and reputation")

        page.get_by_label("TLS").select_option("REQUIRE")
        lifetime = page.get_by_label("Give up after so many seconds")
        lifetime.fill("12")
        section(page, "Delivery")
        expect(lifetime).to_have_accessible_description(
            "From 300 to 50400. Empty: 14 hours. From 300 to 50400 seconds."
        )
        expect(page.get_by_label("Sending is enabled")).to_be_checked()
        lifetime.fill("3600")
        section(page, "Delivery")

        page.get_by_label("Custom domain of links and pixels").fill(f"links.{SENDER}")
        page.get_by_label("HTTPS").select_option("OPTIONAL")
        section(page, "Tracking")

        page.get_by_label("For these reasons").check()
        page.get_by_label("Complaints").check()
        section(page, "Suppression")
        page.reload()
        expect(page.get_by_label("TLS")).to_have_value("REQUIRE")
        expect(lifetime).to_have_value("3600")
        domain = page.get_by_label("Custom domain of links and pixels")
        expect(domain).to_have_value(f"links.{SENDER}")
        expect(page.get_by_label("Complaints")).to_be_checked()
        expect(page.get_by_label("Bounces")).not_to_be_checked()

        page.get_by_role("link", name="Delete", exact=True).click()
        page.get_by_role("button", name="Delete").click()
        expect(page.get_by_role("status")).to_contain_text("options is deleted.")

    desk.do(options)


def test_destinations_of_every_kind_are_added(desk: Tab) -> None:
    targets = {
        "SNS topic": {"Topic ARN": f"arn:aws:sns:{_AWS}:mail"},
        "Delivery stream": {
            "Delivery stream ARN": f"arn:aws:firehose:{_AWS}:deliverystream/mail",
            "IAM role ARN": f"arn:aws:iam::{ACCOUNT}:role/mail",
        },
        "CloudWatch metrics": {"Dimensions": "campaign MESSAGE_TAG none"},
        "EventBridge bus": {"Event bus ARN": f"arn:aws:events:{_AWS}:event-bus/default"},
        "Pinpoint application": {
            "Application ARN": f"arn:aws:mobiletargeting:{_AWS}:apps/{'0a' * 16}"
        },
    }

    def add(page: Page) -> None:
        create_set(page, desk, "kinds")
        for number, (kind, fields) in enumerate(targets.items()):
            page.get_by_role("link", name="Add a destination").click()
            page.get_by_role("link", name=kind).click()
            page.get_by_label("Name").fill(f"kind{number}")
            for label, value in fields.items():
                page.get_by_label(label).fill(value)
            page.get_by_label("Open", exact=True).check()
            page.get_by_role("button", name="Add").click()
            expect(page.get_by_role("status")).to_contain_text(f"kind{number} is added.")
        rows = page.get_by_role("region", name="Event destinations").get_by_role("row")
        expect(rows).to_have_count(1 + len(targets))

    desk.do(add)


def test_a_test_event_arrives_at_a_webhook_that_was_confirmed_by_hand(
    town: Town, desk: Tab
) -> None:
    def webhook(page: Page) -> None:
        page.goto(desk.site.url("/topics/new"))
        page.get_by_label("Name").fill("by-hand")
        page.get_by_role("button", name="Add").click()
        page.get_by_label("URL").fill(town.hook.url)
        section(page, "Add a webhook", "Add")
        expect(page.get_by_text("Waits for its confirmation")).to_be_visible()
        asked = town.hook.of_type("SubscriptionConfirmation")[-1].json
        assert asked["TopicArn"].endswith(":by-hand")
        page.get_by_label("Token").fill(asked["Token"])
        section(page, "Confirm by hand", "Confirm")
        expect(page.get_by_text("Confirmed", exact=True).last).to_be_visible()

    def send(page: Page) -> None:
        create_set(page, desk, "tried")
        page.get_by_role("link", name="Add a destination").click()
        page.get_by_label("Name").fill("hook")
        page.get_by_label("Topic ARN").fill(f"arn:aws:sns:{_AWS}:by-hand")
        page.get_by_role("button", name="Add").click()
        page.get_by_role("link", name="Test hook").click()
        page.get_by_label("Type of event").select_option("COMPLAINT")
        page.get_by_role("button", name="Send the test event").click()
        expect(page.get_by_text("The destination has it.")).to_be_visible(timeout=30_000)

    desk.do(webhook)
    desk.do(send)
    sent = [one for one in town.hook.events if one[1] == "Complaint"]
    assert sent, "the webhook has it"


def test_a_webhook_gets_another_secret(town: Town, street: Tab) -> None:
    name = f"signed-{street.size}"

    def add(page: Page) -> str:
        if AXE.exists():
            add_axe(page)
        page.goto(street.site.url("/topics/new"))
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Add").click()
        page.get_by_label("URL").fill(town.hook.url)
        page.get_by_label("Standard Webhooks", exact=True).check()
        section(page, "Add a webhook", "Add")
        return read_secret(page)

    def rotate(page: Page) -> str:
        page.get_by_role("link", name="I have it").click()
        page.get_by_role("link", name="Another secret").click()
        hours = page.get_by_label("The former one signs as well for so many hours")
        expect(hours).to_have_value("24")
        hours.fill("721")
        page.get_by_role("button", name="Make another secret").click()
        expect(hours).to_have_accessible_description("From 0 to 720. From 0 to 720 hours.")
        assert not AXE.exists() or violations(page) == []
        hours.fill("0")
        page.get_by_role("button", name="Make another secret").click()
        return read_secret(page)

    former = street.do(add)
    assert street.do(rotate) != former


def read_secret(page: Page) -> str:
    """Read the secret that is shown this once."""
    expect(page.get_by_role("heading", level=1)).to_have_text("A webhook’s secret")
    assert not AXE.exists() or violations(page) == []
    secret = page.locator("dd code").inner_text()
    assert secret.startswith("whsec_")
    return secret


def test_a_dead_letter_is_published_again_and_another_is_discarded(town: Town, desk: Tab) -> None:
    client = town.node.client("sesv2")
    town.subscribe("dying")
    client.create_configuration_set(ConfigurationSetName="dying")
    before = len(town.hook.of_type("Notification"))
    client.create_configuration_set_event_destination(
        ConfigurationSetName="dying",
        EventDestinationName="hook",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND"],
            "SnsDestination": {"TopicArn": f"arn:aws:sns:{_AWS}:dying"},
        },
    )
    until(
        lambda: len(town.hook.of_type("Notification")) > before,
        ARRIVAL_SECONDS,
        "the topic to be told that events come",
    )
    usual, town.hook.status = town.hook.status, lambda _number: 410
    sent = [town.send("ann@receiver.example", ConfigurationSetName="dying") for _ in range(2)]
    dead = f"/{ACCOUNT}/events/dead"
    until(
        lambda: town.site.read(dead).count("it answered 410") >= 2, ARRIVAL_SECONDS, "dead letters"
    )
    town.hook.status = usual

    def open_first(page: Page) -> None:
        page.goto(desk.site.url())
        menu(page, "Events")
        page.get_by_role("link", name="Dead letters", exact=True).click()
        row = page.get_by_role("row").filter(has_text="it answered 410").first
        row.get_by_role("link").first.click()
        expect(page.locator("pre")).to_contain_text('"eventType": "Send"')

    def replay(page: Page) -> None:
        open_first(page)
        page.get_by_role("button", name="Publish again").click()
        expect(page.get_by_role("status")).to_contain_text("It is published again")

    def discard(page: Page) -> None:
        open_first(page)
        page.get_by_role("link", name="Discard").click()
        page.get_by_role("button", name="Discard").click()
        expect(page.get_by_role("status")).to_contain_text("It is discarded.")
        expect(page.get_by_text("it answered 410")).to_have_count(0)

    desk.do(replay)
    until(
        lambda: any(one[0] in sent for one in town.hook.events), ARRIVAL_SECONDS, "it to be taken"
    )
    desk.do(discard)
