"""Dedicated addresses and contact lists in a browser."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Tab
from tests.browser.site import Site, follow, in_browser, press

pytestmark = in_browser
ADDRESSES = {"desktop": "192.0.2.10", "phone": "2001:db8::10"}


def add_address(page: Page, site: Site, address: str) -> None:
    """Add an address of the account, unless an earlier test has."""
    if page.goto(site.url(f"/ips/{address}")).ok:
        return
    page.goto(f"{site.node.url}/console/addresses/new")
    page.get_by_label("IP address").fill(address)
    page.get_by_label("Name").fill("out1.mail.example.net")
    press(page, "Add")
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
    press(page, "Create")
    follow(page, "Add the first")
    page.get_by_label("Address").fill("a/b@example.com")
    page.get_by_label("Our news").select_option("unsubscribed")
    press(page, "Add")


def test_an_address_is_added_and_its_warm_up_is_drawn(tab: Tab) -> None:
    address = ADDRESSES[tab.size]

    def look(page: Page) -> None:
        add_address(page, tab.site, address)
        page.goto(tab.site.url(f"/ips/{address}"))
        page.get_by_label("Percentage").fill("50")
        press(page, "Set")
        expect(page.get_by_role("heading", level=1)).to_contain_text("Warming up, 50 %")
        expect(page.get_by_role("img", name=f"The warm-up of {address}")).to_be_visible()
        wide = page.evaluate("document.documentElement.scrollWidth > innerWidth")
        assert not wide, "the page itself must not scroll sideways"

    tab.do(look)


def test_a_pool_is_made_gets_an_address_is_used_by_a_set_and_deleted(tab: Tab) -> None:
    address, pool, group = ADDRESSES[tab.size], f"pool-{tab.size}", f"pooled-{tab.size}"

    def make(page: Page) -> None:
        page.goto(tab.site.url("/ips/pools"))
        follow(page, "Create a pool")
        page.get_by_label("Name").fill(pool.upper())
        press(page, "Create")
        expect(page.get_by_label("Name")).to_have_attribute("aria-invalid", "true")
        page.get_by_label("Name").fill(pool)
        page.get_by_label("Tags").fill("team=growth")
        press(page, "Create")
        expect(page.get_by_role("status")).to_contain_text(f"{pool} is created.")
        expect(page.get_by_text("No addresses here")).to_be_visible()

    def move(page: Page) -> None:
        add_address(page, tab.site, address)
        page.goto(tab.site.url(f"/ips/{address}"))
        page.get_by_label("Pool", exact=True).select_option(pool)
        press(page, "Move")
        expect(page.get_by_role("status")).to_contain_text(f"{address} is in {pool} now.")
        follow(page, page.get_by_role("link", name=pool, exact=True))
        expect(page.get_by_role("link", name=address, exact=True)).to_be_visible()

    def use(page: Page) -> None:
        page.goto(tab.site.url("/sets/new"))
        page.get_by_label("Name").fill(group)
        press(page, "Create")
        page.get_by_label("Pool of dedicated addresses").select_option(pool)
        delivery = page.get_by_role("region", name="Delivery", exact=True)
        press(page, "Save", delivery)
        page.reload()
        expect(page.get_by_label("Pool of dedicated addresses")).to_have_value(pool)

    def delete(page: Page) -> None:
        page.goto(tab.site.url(f"/ips/pools/{pool}"))
        follow(page, "Delete")
        expect(page.get_by_text("Its addresses fall back to the default pool.")).to_be_visible()
        press(page, "Delete")
        expect(page.get_by_role("status")).to_contain_text(f"{pool} is deleted.")
        page.goto(tab.site.url(f"/ips/{address}"))
        expect(page.get_by_label("Pool", exact=True)).to_have_value("ses-default-dedicated-pool")

    for step in (make, move, use, delete):
        tab.do(step)


def test_a_contact_leaves_a_topic_is_found_by_it_and_removed(tab: Tab) -> None:
    address = f"reader@{tab.size}.example"

    def add(page: Page) -> None:
        add_contact(page, tab.site)
        page.goto(tab.site.url("/contacts/lists/letters/new"))
        page.get_by_label("Address").fill(address)
        press(page, "Add")
        row = page.get_by_role("row").filter(has_text=address)
        expect(row).to_contain_text("yes by default")

    def leave(page: Page) -> None:
        follow(page, address)
        page.get_by_label("Our news").select_option("unsubscribed")
        press(page, "Save")
        page.goto(tab.site.url("/contacts/lists/letters"))
        page.get_by_label("Those who").select_option("get none")
        page.get_by_label("About").select_option("Our news")
        press(page, "Filter")
        expect(page.get_by_role("row").filter(has_text=address)).to_contain_text("no")

    def remove(page: Page) -> None:
        follow(page, address)
        follow(page, "Remove")
        press(page, "Remove")
        expect(page.get_by_role("status")).to_contain_text(address)
        expect(page.get_by_role("row").filter(has_text=address)).to_have_count(0)

    for step in (add, leave, remove):
        tab.do(step)


def test_a_contact_whose_address_has_a_slash_has_a_page(tab: Tab) -> None:
    def look(page: Page) -> None:
        add_contact(page, tab.site)
        page.goto(tab.site.url("/contacts/lists/letters"))
        follow(page, "a/b@example.com")
        expect(page.get_by_label("Our news")).to_have_value("OPT_OUT")

    tab.do(look)
