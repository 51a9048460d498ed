"""Dedicated addresses and contact lists in a browser."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Tab
from tests.browser.site import Site
from tests.peers.browser import needs_chromium

pytestmark = needs_chromium
ADDRESSES = {"desktop": "192.0.2.10", "phone": "2001:db8::10"}


def add_address(page: Page, site: Site, address: str) -> None:
    """Add an address of the account, unless an earlier test has."""
    if page.goto(site.url(f"/ips/{address}")).ok:
        return
    page.goto(f"{site.node.url}/console/addresses/new")
    page.get_by_label("IP address").fill(address)
    page.get_by_label("Name").fill("out1.mail.example.net")
    page.get_by_role("button", name="Add").click()
    expect(page.get_by_role("status")).to_contain_text(f"{address} is added.")


def add_contact(page: Page, site: Site) -> None:
    """Make a list with a topic, and a contact of it, unless an earlier test has."""
    if page.goto(site.url("/contacts/lists/letters")).ok:
        return
    page.goto(site.url("/contacts/new"))
    page.get_by_label("Name").first.fill("letters")
    topic = page.get_by_role("group", name="Topic 1")
    topic.get_by_label("Name").fill("news")
    topic.get_by_label("Shown to contacts as").fill("Our news")
    page.get_by_role("button", name="Create").click()
    page.get_by_role("link", name="Add the first").click()
    page.get_by_label("Address").fill("a/b@example.com")
    page.get_by_label("Our news").select_option("unsubscribed")
    page.get_by_role("button", name="Add").click()


def test_an_address_is_added_and_its_warm_up_is_drawn(tab: Tab) -> None:
    address = ADDRESSES[tab.size]

    def look(page: Page) -> None:
        add_address(page, tab.site, address)
        page.goto(tab.site.url(f"/ips/{address}"))
        page.get_by_label("Percentage").fill("50")
        page.get_by_role("button", name="Set").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text("Warming up, 50 %")
        expect(page.get_by_role("img", name=f"The warm-up of {address}")).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, "the page itself must not scroll sideways"

    tab.do(look)


def test_a_contact_whose_address_has_a_slash_has_a_page(tab: Tab) -> None:
    def look(page: Page) -> None:
        add_contact(page, tab.site)
        page.goto(tab.site.url("/contacts/lists/letters"))
        page.get_by_role("link", name="a/b@example.com").click()
        expect(page.get_by_label("Our news")).to_have_value("OPT_OUT")

    tab.do(look)
