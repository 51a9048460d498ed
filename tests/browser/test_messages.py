"""A message in a browser: sent by hand, found, read in its frame, its conversation unfolded."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Tab
from tests.browser.site import follow, in_browser, menu, press
from tests.browser.test_console import add_identity

pytestmark = in_browser


def test_a_message_is_found_by_its_recipient_and_tells_its_story(tab: Tab, domain) -> None:
    add_identity(tab, domain)
    recipient, subject = f"bob@to-{domain}", f"Found on {domain}"

    def find(page: Page) -> None:
        page.goto(tab.site.url("/send"))
        page.get_by_label("From").fill(f"ada@{domain}")
        page.get_by_label("To", exact=False).first.fill(recipient)
        page.get_by_label("Subject").fill(subject)
        page.get_by_label("HTML").fill("<h1>Hello</h1><script>document.title='run'</script>")
        press(page, "Send")
        expect(page.get_by_role("status")).to_contain_text("Accepted as")
        menu(page, "Messages")
        page.get_by_label("Recipient").fill(recipient.upper())
        press(page, "Search")
        follow(page, subject)
        expect(page.get_by_role("heading", level=1)).to_have_text(subject)
        expect(page.get_by_text("Attempt: delivered")).to_be_visible()
        page.get_by_text("Conversation").first.click()
        expect(page.frame_locator("iframe").get_by_role("heading", name="Hello")).to_be_visible()
        assert page.title() != "run"

    tab.do(find)
