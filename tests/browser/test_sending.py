"""Test mail to the simulator's addresses, and what reputation and home say of it."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Tab
from tests.browser.site import follow, in_browser, menu, press
from tests.browser.test_console import add_identity
from tests.peers.wait import ARRIVAL_SECONDS, until

pytestmark = in_browser
BECOMES = {"success": "Delivered", "bounce": "Bounced", "complaint": "Complained"}


def test_mail_to_the_simulator_is_delivered_bounces_and_is_complained_of(
    tab: Tab, domain: str
) -> None:
    add_identity(tab, domain)

    def send(page: Page, mailbox: str) -> None:
        page.goto(tab.site.url("/send"))
        offered = page.locator(f"#recipients option[value='{mailbox}@simulator.amazonses.com']")
        expect(offered).to_be_attached()
        page.get_by_label("From").fill(f"ada@{domain}")
        page.get_by_label("To", exact=False).first.fill(f"{mailbox}@simulator.amazonses.com")
        page.get_by_label("Subject").fill(f"{mailbox} of {domain}")
        press(page, "Send")
        expect(page.get_by_role("status")).to_contain_text("Accepted as")

    def see(page: Page, mailbox: str) -> None:
        page.goto(tab.site.url(f"/messages?subject={mailbox}+of+{domain}"))
        follow(page, f"{mailbox} of {domain}")
        moment = page.get_by_role("listitem").filter(has_text=BECOMES[mailbox])

        def there() -> bool:
            page.reload()  # a page follows its message until that is delivered, and no longer
            return moment.count() > 0

        until(there, ARRIVAL_SECONDS, f"what a {mailbox} becomes")

    for mailbox in BECOMES:
        tab.do(lambda page, mailbox=mailbox: send(page, mailbox))
    for mailbox in BECOMES:
        tab.do(lambda page, mailbox=mailbox: see(page, mailbox))


def test_home_and_reputation_show_their_numbers_as_charts_and_tables(tab: Tab) -> None:
    def look(page: Page) -> None:
        page.goto(tab.site.url())
        follow(page, "30 days")
        expect(page.get_by_role("link", name="30 days")).to_have_attribute("aria-current", "page")
        expect(page.get_by_role("img").first).to_be_visible()
        page.get_by_text("The numbers as a table").click()
        expect(page.get_by_role("columnheader", name="Delivered")).to_be_visible()
        menu(page, "Reputation")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Reputation")
        expect(page.get_by_text("under review from").first).to_be_visible()
        page.get_by_text("The numbers as a table").click()
        expect(page.get_by_role("columnheader", name="Rate of bounces")).to_be_visible()

    tab.do(look)
