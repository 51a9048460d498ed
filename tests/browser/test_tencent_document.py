"""The steps of the Tencent document on tracking settings, one by one, by their names, with a real
DNS: "Step 1: Create and Verify a Trace Domain Name", "Procedure 2: Set Trace" (Enable, Modify,
Disable).
"""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Tab
from tests.browser.site import follow, in_browser, menu, press, press_until
from tests.browser.town import Town

pytestmark = in_browser


def enter(page: Page, tab: str) -> None:
    """Select Email Configuration > Tracking Settings, and enter one of its two pages."""
    expect(page.get_by_role("navigation", name="Pages")).to_contain_text("Email Configuration")
    menu(page, "Tracking Settings")
    follow(page, page.get_by_role("link", name=tab, exact=True))
    expect(page.get_by_role("link", name=tab, exact=True)).to_have_attribute("aria-current", "page")


def test_the_steps_are_done_as_they_are_written(town: Town, street: Tab, domain: str) -> None:
    town.add_domain(domain)
    trace = f"track.{domain}"

    def create_and_verify(page: Page) -> None:
        # "select Email Configuration > Tracking Settings, enter the Trace Domain Name configuration
        # page, and click Create Trace Domain Name"
        page.goto(street.site.url())
        enter(page, "Trace Domain Name")
        follow(page, "Create Trace Domain Name")
        # "Select a primary domain name, enter a prefix, and click Create."
        page.get_by_label("Primary domain name").select_option(domain)
        prefix = page.get_by_label("Prefix")
        for wrong in ("-track", "track-", "123", "t"):
            prefix.fill(wrong)
            press(page, "Create")
            expect(prefix).to_have_attribute("aria-invalid", "true")
        prefix.fill("track")
        press(page, "Create")
        expect(page.get_by_role("status")).to_contain_text(f"{trace} is created.")
        # "For a successfully created trace domain name, click Verify in the operation list."
        row = page.get_by_role("row").filter(has_text=trace)
        expect(row).to_contain_text("CNAME")
        press(page, "Verify", row)
        expect(page.get_by_role("status")).to_contain_text("does not lead here yet")
        town.zone.set(trace, "CNAME", "email.pillarbox.test")
        verified = page.get_by_role("status").filter(has_text=f"{trace} is verified.")
        press_until(page, f"Verify {trace}", lambda: verified.count() == 1)
        # "The trace domain name becomes usable upon verification success."
        expect(row.get_by_text("Verified", exact=True)).to_be_visible()

    def enable(page: Page) -> None:
        # "Enter the tracking statistics configuration page, click start setting"
        enter(page, "Tracking Statistics")
        expect(page.get_by_text("Not Enabled", exact=True)).to_be_visible()
        follow(page, "Start setting")
        # "Select tracking Dimension and Tracking Domain, then enable at least one of Click Tracking
        # and Open Tracking"
        page.get_by_label("Account-level and domain name level").check()
        page.get_by_label("Tracking Domain").select_option(trace)
        page.get_by_label("Click Tracking").uncheck()
        page.get_by_label("Open Tracking").uncheck()
        press(page, "Save")
        expect(page.locator(".summary")).to_be_focused()
        page.get_by_label("Click Tracking").check()
        press(page, "Save")
        expect(page.get_by_text("Enabled", exact=True)).to_be_visible()
        # "set trace individually for specified sender domain names"
        change = page.get_by_role("link", name=f"Edit {domain}", exact=True)
        follow(page, change)
        page.get_by_label("Never tracked").check()
        press(page, "Save")
        expect(page.get_by_role("row").filter(has=change)).to_contain_text("never tracked")

    def modify(page: Page) -> None:
        # "navigate to Tracking Settings > Tracking Statistics, and click Edit … click Save"
        enter(page, "Tracking Statistics")
        follow(page, page.get_by_role("link", name="Edit", exact=True))
        page.get_by_label("Account-level", exact=True).check()
        page.get_by_label("Open Tracking").check()
        press(page, "Save")
        settings = page.get_by_role("region", name="Tracking statistics")
        expect(settings.locator("dl")).to_contain_text("Open Tracking")
        expect(settings.locator("dd").last).to_have_text("on")

    def disable(page: Page) -> None:
        # "Disable the tracking statistics icon, click Save … The tracking statistics status updates
        # to Not Enabled."
        enter(page, "Tracking Statistics")
        follow(page, page.get_by_role("link", name="Edit", exact=True))
        page.get_by_label("Tracking statistics").uncheck()
        press(page, "Save")
        expect(page.get_by_text("Not Enabled", exact=True)).to_be_visible()

    settings = f"/{street.site.url().rpartition('/')[2]}/tracking/statistics/edit"
    town.site.submit(
        settings, dimension="ACCOUNT", host="", clicks="on"
    )  # a furnished town has one
    for step in (create_and_verify, enable, modify, disable):
        street.do(step)
