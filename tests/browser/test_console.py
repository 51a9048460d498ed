"""The console in a browser: flows as a person does them."""

import re

from playwright.sync_api import Page, expect

from tests.browser.conftest import Tab
from tests.browser.site import follow, in_browser, menu, press
from tests.peers.node import SECRET

pytestmark = in_browser


def add_identity(tab: Tab, name: str) -> None:
    """Add a domain or an address by hand."""

    def add(page: Page) -> None:
        page.goto(tab.site.url())
        menu(page, "Identities")
        page.goto(tab.site.url("/identities/new"))
        page.get_by_label("Domain or address").fill(name)
        press(page, "Add")
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)

    tab.do(add)


def test_a_test_mail_appears_in_the_inbox_by_itself(tab: Tab, domain) -> None:
    add_identity(tab, domain)
    subject = f"To {domain} on a {tab.size}"

    def send(page: Page) -> None:
        page.goto(tab.site.url("/captured"))
        follow(page, page.get_by_role("link", name="Send a test mail").last)
        page.get_by_label("From").fill(f"ada@{domain}")
        page.get_by_label("To", exact=False).first.fill("bob@receiver.example")
        page.get_by_label("Subject").fill(subject)
        page.get_by_label("HTML").fill("<h1>Hello</h1><script>document.title='run'</script>")
        press(page, "Send")
        expect(page.get_by_role("status")).to_contain_text("Accepted as")
        follow(page, subject)
        expect(page.frame_locator("iframe").get_by_role("heading", name="Hello")).to_be_visible()
        assert page.title() != "run"

    tab.do(send)


def test_a_wrong_entry_is_explained_beside_its_field(tab: Tab) -> None:
    def enter(page: Page) -> None:
        page.goto(tab.site.url("/identities/new"))
        page.get_by_label("Domain or address").fill("no domain")
        press(page, "Add")
        field = page.get_by_label("Domain or address")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile("no domain"))
        expect(field).to_have_value("no domain")

    tab.do(enter)


def test_a_key_made_by_hand_is_copied_and_works(tab: Tab) -> None:
    def make(page: Page) -> tuple[str, str]:
        page.goto(tab.site.url("/keys/new"))
        press(page, "Make the key")
        values = page.locator("dd code").all_inner_texts()
        return values[0], values[1]

    key_id, secret = tab.do(make)
    assert secret != SECRET
    client = tab.site.node.client("sesv2", aws_access_key_id=key_id, aws_secret_access_key=secret)
    assert client.get_account()["SendingEnabled"]
