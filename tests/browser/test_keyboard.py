"""The console without a mouse, and what it tells a screen reader."""

from playwright.sync_api import Page, expect

from tests.browser.conftest import Tab
from tests.browser.site import Site, in_browser
from tests.peers.wait import ARRIVAL_SECONDS, until

pytestmark = in_browser
_MOST = 80
#: How what has the focus is drawn, what it is, and whether it is this.
FOCUSED = """one => {
  const focused = document.activeElement;
  return [getComputedStyle(focused).outlineStyle, focused.outerHTML, one === focused];
}"""


def enter(page: Page) -> None:
    """Press Enter on what leads to a page, and return when that page is there."""
    with page.expect_navigation():
        page.keyboard.press("Enter")


def go_to(page: Page, role: str, name: str) -> None:
    """Press Tab until something has the focus, which must be seen to have it."""
    wanted = page.get_by_role(role, name=name, exact=True).first  # type: ignore[arg-type]
    wanted.wait_for()
    for _ in range(_MOST):
        page.keyboard.press("Tab")
        outline, where, there = wanted.evaluate(FOCUSED)
        assert outline != "none", where
        if there:
            return
    raise AssertionError(f"no way to {name} by the keyboard")


def skip(page: Page) -> None:
    """Pass over the menu, by the first link of a page."""
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.get_by_role("main")).to_be_focused()


def test_a_mail_is_sent_and_read_by_keyboard_alone(site: Site) -> None:
    """From signing in to the mail in the inbox."""
    site.node.client("sesv2").create_email_identity(EmailIdentity="keys.example")

    def send(page: Page) -> None:
        page.goto(site.url())
        go_to(page, "link", "Send a test mail")
        enter(page)
        assert page.url.endswith("/send")
        here = page.get_by_role("navigation", name="Pages").locator("[aria-current=page]")
        expect(here).to_have_text("Send a test mail")
        skip(page)
        go_to(page, "combobox", "From")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("ada@keys.example")
        page.keyboard.press("Enter")
        expect(page.get_by_label("To", exact=False).first).to_be_focused()  # it is missing
        page.keyboard.type("bob@receiver.example")
        page.keyboard.press("Tab")
        page.keyboard.press("ControlOrMeta+a")
        page.keyboard.type("By keyboard")
        enter(page)
        expect(page.get_by_role("status")).to_contain_text("Accepted as")

    def read(page: Page) -> None:
        page.get_by_role("link", name="By keyboard").wait_for()
        go_to(page, "link", "By keyboard")
        enter(page)
        expect(page.get_by_role("heading", level=1)).to_have_text("By keyboard")

    def close_menu(page: Page) -> None:
        menu = page.locator("details.person")
        menu.locator("summary").focus()
        page.keyboard.press("Enter")
        expect(menu.get_by_role("link", name="Your account")).to_be_visible()
        page.keyboard.press("Escape")
        expect(menu.get_by_role("link", name="Your account")).to_be_hidden()
        expect(menu.locator("summary")).to_be_focused()

    with site.open_page() as page:
        for step in (send, read, close_menu):
            page.do(step)


def test_a_list_is_sorted_by_a_heading_and_turned_round_by_keyboard(tab: Tab) -> None:
    names = [f"{letter}.{tab.size}-sorted.example" for letter in ("b", "a", "c")]
    for name in names:
        tab.site.node.client("sesv2").create_email_identity(EmailIdentity=name)

    def shown(page: Page) -> list[str]:
        links = page.locator("tbody th").get_by_role("link").all_inner_texts()
        return [one for one in links if one in names]

    def sort(page: Page) -> None:
        page.goto(tab.site.url("/identities"))
        go_to(page, "link", "Added")
        enter(page)
        heading = page.get_by_role("columnheader", name="Added")
        expect(heading).to_have_attribute("aria-sort", "descending")
        assert shown(page) == [*reversed(names)]
        skip(page)
        go_to(page, "link", "Added (sorted descending)")
        enter(page)
        expect(heading).to_have_attribute("aria-sort", "ascending")
        assert shown(page) == names
        skip(page)
        go_to(page, "link", "Identity")
        enter(page)
        expect(heading).not_to_have_attribute("aria-sort", "ascending")
        assert shown(page) == sorted(names)

    tab.do(sort)


def test_mail_that_comes_in_is_told_to_a_screen_reader(tab: Tab, domain: str) -> None:
    tab.site.node.client("sesv2").create_email_identity(EmailIdentity=domain)

    def look(page: Page) -> None:
        page.goto(tab.site.url("/captured"))
        news = page.locator("[aria-live=polite]")
        expect(news).to_have_text("")
        tab.site.node.client("sesv2").send_email(
            FromEmailAddress=f"ada@{domain}",
            Destination={"ToAddresses": ["bob@receiver.example"]},
            Content={
                "Simple": {"Subject": {"Data": domain}, "Body": {"Text": {"Data": "Hello"}}},
            },
        )
        expect(page.get_by_role("link", name=domain)).to_be_visible()
        expect(news).to_have_text("Mail has come.")

    tab.do(look)


#: A list is loaded again when the test says so, and has a line across it then.
ASKED = """window.fetch = () => new Promise(done => {
  const text = document.documentElement.outerHTML.replace(/id="inbox".*?>/, "$&<hr>");
  window.answer = () => done({ ok: true, redirected: false, text: async () => text });
})"""
UNFOLDED = "const one = document.createElement('details'); one.open = true; inbox.append(one)"
FOLDED = "document.querySelector('#inbox details').open = false"
#: What waits for promises alone has been done by then.
ANSWERED = "new Promise(done => { answer(); answer = null; setTimeout(done) })"


def test_a_list_that_somebody_came_into_while_it_was_loaded_stays_as_it_is(site: Site) -> None:
    """Else the focus would be lost, and what was unfolded would fold. Later it follows again."""

    def look(page: Page) -> None:
        page.add_init_script(ASKED)
        page.goto(site.url("/captured"))
        until(lambda: page.evaluate("!!window.answer"), ARRIVAL_SECONDS, "the list to be asked for")
        page.evaluate(UNFOLDED)
        page.evaluate(ANSWERED)
        expect(page.locator("#inbox hr")).to_have_count(0)
        page.evaluate(FOLDED)
        until(lambda: page.evaluate("!!window.answer"), ARRIVAL_SECONDS, "the list to be asked for")
        page.evaluate(ANSWERED)
        expect(page.locator("#inbox hr")).to_have_count(1)

    with site.open_page() as page:
        page.do(look)
