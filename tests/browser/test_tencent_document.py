"""The steps of the Tencent document on tracking settings, one by one, by their names, with a real
DNS: "Step 1: Create and Verify a Trace Domain Name", "Procedure 2: Set Trace" (Enable, Modify,
Disable).
"""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Tab
from tests.browser.site import menu
from tests.browser.town import Town
from tests.peers.browser import needs_chromium

pytestmark = needs_chromium


def enter(page: Page, tab: str) -> None:
    """Select Email Configuration > Tracking Settings, and enter one of its two pages."""
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("Email Configuration")
    menu(page, "Tracking Settings")
    page.get_by_role("link", name=tab, exact=True).click()
    expect(page.get_by_role("link", name=tab, exact=True)).to_have_attribute("aria-current", "page")


def test_the_steps_are_done_as_they_are_written(town: Town, street: Tab, domain: str) -> None:
    town.add_domain(domain)
    trace = f"track.{domain}"

    def create_and_verify(page: Page) -> None:
        # "select Email Configuration > Tracking Settings, enter the Trace Domain Name configuration
        # page, and click Create Trace Domain Name"
        page.goto(street.site.url())
        enter(page, "Trace Domain Name")
        page.get_by_role("link", name="Create Trace Domain Name").click()
        # "Select a primary domain name, enter a prefix, and click Create."
        page.get_by_label("Primary domain name").select_option(domain)
        prefix = page.get_by_label("Prefix")
        for wrong in ("-track", "track-", "123", "t"):
            prefix.fill(wrong)
            page.get_by_role("button", name="Create").click()
            expect(prefix).to_have_attribute("aria-invalid", "true")
        prefix.fill("track")
        page.get_by_role("button", name="Create").click()
        expect(page.get_by_role("status")).to_contain_text(f"{trace} is created.")
        # "For a successfully created trace domain name, click Verify in the operation list."
        row = page.get_by_role("row").filter(has_text=trace)
        expect(row).to_contain_text("CNAME")
        row.get_by_role("button", name="Verify").click()
        expect(page.get_by_role("status")).to_contain_text("does not lead here yet")
        town.zone.set(trace, "CNAME", "email.pillarbox.test")
        row.get_by_role("button", name="Verify").click()
        # "The trace domain name becomes usable upon verification success."
        expect(page.get_by_role("status")).to_contain_text(f"{trace} is verified.")
        expect(row.get_by_text("Verified", exact=True)).to_be_visible()

    def enable(page: Page) -> None:
        # "Enter the tracking statistics configuration page, click start setting"
        enter(page, "Tracking Statistics")
        expect(page.get_by_text("Not Enabled", exact=True)).to_be_visible()
        page.get_by_role("link", name="Start setting").click()
        # "Select tracking Dimension and Tracking Domain, then enable at least one of Click Tracking
        # and Open Tracking"
        page.get_by_label("Account-level and domain name level").check()
        page.get_by_label("Tracking Domain").select_option(trace)
        page.get_by_label("Click Tracking").uncheck()
        page.get_by_label("Open Tracking").uncheck()
        page.get_by_role("button", name="Save").click()
        expect(page.locator(".summary")).to_be_focused()
        page.get_by_label("Click Tracking").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Enabled", exact=True)).to_be_visible()
        # "set trace individually for specified sender domain names"
        change = page.get_by_role("link", name=f"Edit {domain}", exact=True)
        change.click()
        page.get_by_label("Never tracked").check()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_role("row").filter(has=change)).to_contain_text("never tracked")

    def modify(page: Page) -> None:
        # "navigate to Tracking Settings > Tracking Statistics, and click Edit … click Save"
        enter(page, "Tracking Statistics")
        page.get_by_role("link", name="Edit", exact=True).click()
        page.get_by_label("Account-level", exact=True).check()
        page.get_by_label("Open Tracking").check()
        page.get_by_role("button", name="Save").click()
        settings = page.get_by_role("region", name="Tracking statistics")
        expect(settings.locator("dl")).to_contain_text("Open Tracking")
        expect(settings.locator("dd").last).to_have_text("on")

    def disable(page: Page) -> None:
        # "Disable the tracking statistics icon, click Save … The tracking statistics status updates
        # to Not Enabled."
        enter(page, "Tracking Statistics")
        page.get_by_role("link", name="Edit", exact=True).click()
        page.get_by_label("Tracking statistics").uncheck()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Not Enabled", exact=True)).to_be_visible()

    settings = f"/{street.site.url().rpartition('/')[2]}/tracking/statistics/edit"
    town.site.submit(
        settings, dimension="ACCOUNT", host="", clicks="on"
    )  # a furnished town has one
    for step in (create_and_verify, enable, modify, disable):
        street.do(step)
