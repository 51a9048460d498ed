"""Configuration sets with all their options, event destinations, test events, dead letters."""

from playwright.sync_api import Page, expect

from tests.browser.axe import AXE, add_axe, violations
from tests.browser.conftest import Tab
from tests.browser.site import ACCOUNT, follow, in_browser, menu, press
from tests.browser.town import SENDER, Town, refusing
from tests.peers.wait import ARRIVAL_SECONDS, until
from tests.peers.webhook import Webhook, webhook

pytestmark = in_browser
_AWS = f"us-east-1:{ACCOUNT}"


def section(page: Page, title: str, button: str = "Save") -> None:
    """Press the button of a part of the page."""
    press(page, button, page.get_by_role("region", name=title, exact=True))


def create_set(page: Page, tab: Tab, name: str) -> None:
    """Create a configuration set by hand."""
    page.goto(tab.site.url())
    menu(page, "Configuration sets")
    create = page.get_by_role("link", name="Create a set")
    follow(page, create.or_(page.get_by_role("link", name="Create the first")).first)
    page.get_by_label("Name").fill(name)
    press(page, "Create")
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

        follow(page, page.get_by_role("link", name="Delete", exact=True))
        press(page, "Delete")
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
            follow(page, "Add a destination")
            follow(page, kind)
            page.get_by_label("Name").fill(f"kind{number}")
            for label, value in fields.items():
                page.get_by_label(label).fill(value)
            page.get_by_label("Open", exact=True).check()
            press(page, "Add")
            expect(page.get_by_role("status")).to_contain_text(f"kind{number} is added.")
        rows = page.get_by_role("region", name="Event destinations").get_by_role("row")
        expect(rows).to_have_count(1 + len(targets))

    desk.do(add)


def test_a_test_event_arrives_at_a_webhook_that_was_confirmed_by_hand(
    town: Town, desk: Tab
) -> None:
    def confirm(page: Page) -> None:
        page.goto(desk.site.url("/topics/new"))
        page.get_by_label("Name").fill("by-hand")
        press(page, "Add")
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
        follow(page, "Add a destination")
        page.get_by_label("Name").fill("hook")
        page.get_by_label("Topic ARN").fill(f"arn:aws:sns:{_AWS}:by-hand")
        press(page, "Add")
        follow(page, "Test hook")
        page.get_by_label("Type of event").select_option("COMPLAINT")
        press(page, "Send the test event")
        expect(page.get_by_text("The destination has it.")).to_be_visible()

    desk.do(confirm)
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
        press(page, "Add")
        page.get_by_label("URL").fill(town.hook.url)
        page.get_by_label("Standard Webhooks", exact=True).check()
        section(page, "Add a webhook", "Add")
        return read_secret(page)

    def rotate(page: Page) -> str:
        follow(page, "I have it")
        follow(page, "Another secret")
        hours = page.get_by_label("The former one signs as well for so many hours")
        expect(hours).to_have_value("24")
        hours.fill("721")
        press(page, "Make another secret")
        expect(hours).to_have_accessible_description("From 0 to 720. From 0 to 720 hours.")
        assert not AXE.exists() or violations(page) == []
        hours.fill("0")
        press(page, "Make another secret")
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
    with webhook() as hook:
        sent = kill_two(town, hook)

        def open_first(page: Page) -> None:
            page.goto(desk.site.url())
            menu(page, "Events")
            follow(page, page.get_by_role("link", name="Dead letters", exact=True))
            row = page.get_by_role("row").filter(has_text="it answered 410").first
            follow(page, row.get_by_role("link").first)
            expect(page.locator("pre")).to_contain_text('"eventType": "Send"')

        def replay(page: Page) -> None:
            open_first(page)
            press(page, "Publish again")
            expect(page.get_by_role("status")).to_contain_text("It is published again")

        def discard(page: Page) -> None:
            open_first(page)
            follow(page, "Discard")
            press(page, "Discard")
            expect(page.get_by_role("status")).to_contain_text("It is discarded.")
            expect(page.get_by_text("it answered 410")).to_have_count(0)

        desk.do(replay)
        until(lambda: len(hook.events) == 1, ARRIVAL_SECONDS, "it to be taken")
        assert hook.events[0][0] in sent
        desk.do(discard)


def kill_two(town: Town, hook: Webhook) -> list[str]:
    """Send two messages, each with an event that a webhook refuses for good."""
    client = town.node.client("sesv2")
    town.subscribe("dying", hook)
    client.create_configuration_set(ConfigurationSetName="dying")
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
        lambda: bool(hook.of_type("Notification")),
        ARRIVAL_SECONDS,
        "the topic to be told that events come",
    )
    dead = f"/{ACCOUNT}/events/dead"
    with refusing(hook, 410):
        sent = [town.send("ann@receiver.example", ConfigurationSetName="dying") for _ in range(2)]
        until(
            lambda: town.site.read(dead).count("it answered 410") >= 2,
            ARRIVAL_SECONDS,
            "dead letters",
        )
    return sent
