"""Segments of recipients by what they did."""

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import Tab
from tests.browser.site import ACCOUNT, follow, in_browser, menu, press
from tests.browser.town import RECEIVER, Town
from tests.peers.wait import ARRIVAL_SECONDS, until

pytestmark = in_browser
APPLICATION = "0b" * 16
READER = f"reader@{RECEIVER}"


@pytest.fixture(scope="session")
def reader(town: Town) -> str:
    """Somebody whose events were counted for an application."""
    client, name = town.node.client("sesv2"), "read"
    arn = f"arn:aws:mobiletargeting:us-east-1:{ACCOUNT}:apps/{APPLICATION}"
    client.create_configuration_set(ConfigurationSetName=name)
    client.create_configuration_set_event_destination(
        ConfigurationSetName=name,
        EventDestinationName="counts",
        EventDestination={
            "Enabled": True,
            "MatchingEventTypes": ["SEND"],
            "PinpointDestination": {"ApplicationArn": arn},
        },
    )
    town.send(READER, ConfigurationSetName=name)
    everybody = f"/{ACCOUNT}/segments/everybody/{APPLICATION}"
    until(lambda: READER in town.site.read(everybody), ARRIVAL_SECONDS, "the counted event")
    return READER


def test_a_segment_is_tried_made_looked_at_saved_as_a_file_and_deleted(
    street: Tab, reader: str
) -> None:
    name = f"readers-{street.size}"

    def make(page: Page) -> None:
        page.goto(street.site.url())
        menu(page, "Segments")
        follow(page, "Create a segment")
        page.get_by_label("Application").select_option(APPLICATION)
        page.get_by_label("Name").fill(name)
        page.get_by_label("Rule", exact=True).fill("sent in 7 lightyears")
        press(page, "Create")
        expect(page.get_by_label("Rule", exact=True)).to_have_attribute("aria-invalid", "true")
        page.get_by_label("Rule", exact=True).fill("sent in 7 days and never opened")
        press(page, "Count")
        expect(page.get_by_role("status")).to_contain_text("Now it holds for 1 recipients.")
        press(page, "Create")
        expect(page.get_by_role("heading", level=1)).to_have_text(name)

    def look_and_save(page: Page) -> str:
        expect(page.get_by_role("region", name="Segment")).to_contain_text("never opened")
        expect(page.get_by_role("row").filter(has_text=reader)).to_have_count(1)
        with page.expect_download() as download:
            page.get_by_role("link", name="Save as CSV").click()
        follow(page, reader)
        expect(page.get_by_role("heading", level=1)).to_contain_text(reader)
        page.go_back()
        return Path(download.value.path()).read_text()

    def delete(page: Page) -> None:
        follow(page, "Delete")
        press(page, "Delete")
        expect(page.get_by_role("status")).to_contain_text(name)
        expect(page.get_by_role("link", name=name)).to_have_count(0)

    street.do(make)
    lines = street.do(look_and_save).splitlines()
    assert len(lines) == 2
    assert lines[1].startswith(reader)
    street.do(delete)
