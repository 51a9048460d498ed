"""The console in a browser: flows as a person does them, and what axe-core says of every page."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pillarbox.console.pages import PAGES
from tests.browser.conftest import ACCOUNT, Site, Tab
from tests.peers.browser import needs_chromium, open_page
from tests.peers.node import SECRET

pytestmark = needs_chromium
AXE = Path(__file__).parents[1] / "js" / "node_modules" / "axe-core" / "axe.min.js"
needs_axe = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not there (make js)")


def menu(page: Page, label: str) -> None:
    """Follow an entry of the menu, which is folded on a phone."""
    entry = page.get_by_role("link", name=label, exact=True)
    if not entry.is_visible():
        page.get_by_text("Menu", exact=True).click()
    entry.click()


def add_identity(tab: Tab, name: str) -> None:
    """Add a domain or an address by hand."""

    def add(page: Page) -> None:
        page.goto(tab.site.url())
        menu(page, "Identities")
        page.goto(tab.site.url("/identities/new"))
        page.get_by_label("Domain or address").fill(name)
        page.get_by_role("button", name="Add").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)

    tab.do(add)


def test_the_steps_of_the_tencent_document_are_done_as_they_are_written(tab: Tab, domain) -> None:
    add_identity(tab, domain)

    def steps(page: Page) -> None:
        menu(page, "Tracking Settings")
        page.get_by_role("link", name="Create Trace Domain Name").click()
        page.get_by_label("Primary domain name").select_option(domain)
        page.get_by_label("Prefix").fill("track")
        page.get_by_role("button", name="Create").click()
        page.get_by_role("button", name=f"Verify track.{domain}").click()
        expect(page.get_by_role("status")).to_contain_text(f"track.{domain} is verified.")

        page.get_by_role("link", name="Tracking Statistics").click()
        if page.get_by_text("Not Enabled", exact=True).count():
            page.get_by_role("link", name="Start setting").click()
        else:
            page.get_by_role("link", name="Edit", exact=True).click()
        page.get_by_label("Account-level", exact=True).check()
        page.get_by_label("Tracking Domain").select_option(f"track.{domain}")
        page.get_by_label("Click Tracking").check()
        page.get_by_label("Open Tracking").uncheck()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Enabled", exact=True)).to_be_visible()
        expect(page.get_by_text(f"track.{domain}", exact=True)).to_be_visible()

        page.get_by_role("link", name="Edit", exact=True).click()
        page.get_by_label("Open Tracking").check()
        page.get_by_role("button", name="Save").click()

        page.get_by_role("link", name="Edit", exact=True).click()
        page.get_by_label("Tracking statistics").uncheck()
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("Not Enabled", exact=True)).to_be_visible()

    tab.do(steps)


def test_a_test_mail_appears_in_the_inbox_by_itself(tab: Tab, domain) -> None:
    add_identity(tab, domain)
    subject = f"To {domain} on a {tab.size}"

    def send(page: Page) -> None:
        page.goto(tab.site.url("/captured"))
        page.get_by_role("link", name="Send a test mail").last.click()
        page.get_by_label("From").fill(f"ada@{domain}")
        page.get_by_label("To", exact=False).first.fill("bob@receiver.example")
        page.get_by_label("Subject").fill(subject)
        page.get_by_label("HTML").fill("<h1>Hello</h1><script>document.title='run'</script>")
        page.get_by_role("button", name="Send").click()
        expect(page.get_by_role("status")).to_contain_text("Accepted as")
        page.get_by_role("link", name=subject).click(timeout=30_000)
        expect(page.frame_locator("iframe").get_by_role("heading", name="Hello")).to_be_visible()
        assert page.title() != "run"

    tab.do(send)


def test_a_wrong_entry_is_explained_beside_its_field(tab: Tab) -> None:
    def enter(page: Page) -> None:
        page.goto(tab.site.url("/identities/new"))
        page.get_by_label("Domain or address").fill("no domain")
        page.get_by_role("button", name="Add").click()
        field = page.get_by_label("Domain or address")
        expect(field).to_have_attribute("aria-invalid", "true")
        expect(field).to_have_accessible_description(re.compile("no domain"))
        expect(field).to_have_value("no domain")

    tab.do(enter)


def test_a_key_made_by_hand_is_copied_and_works(tab: Tab) -> None:
    def make(page: Page) -> tuple[str, str]:
        page.goto(tab.site.url("/keys/new"))
        page.get_by_role("button", name="Make the key").click()
        values = page.locator("dd code").all_inner_texts()
        return values[0], values[1]

    key_id, secret = tab.do(make)
    assert secret != SECRET
    client = tab.site.node.client("sesv2", aws_access_key_id=key_id, aws_secret_access_key=secret)
    assert client.get_account()["SendingEnabled"]


def looked_at() -> list[str]:
    """Every page to look at that needs no more than an account to be named."""
    paths = [one.path for one in PAGES if one.method == "GET" and one.role is not None]
    return [one for one in paths if "{" not in one.replace("{account}", "")]


@needs_axe
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 390])
def test_axe_finds_nothing_amiss_on_any_page(site: Site, scheme: str, width: int) -> None:
    axe = AXE.read_text()

    def violations(page: Page) -> dict[str, list[str]]:
        found = {}
        for path in looked_at():
            page.goto(f"{site.node.url}/console{path.replace('{account}', ACCOUNT)}")
            page.evaluate(axe)
            result = page.evaluate("axe.run()")
            found[path] = [
                f"{one['id']}: {node['target']}"
                for one in result["violations"]
                for node in one["nodes"]
            ]
        return {path: some for path, some in found.items() if some}

    viewport = {"width": width, "height": 900}
    with open_page(
        site.allow, storage_state=site.state, color_scheme=scheme, viewport=viewport
    ) as page:
        assert page.do(violations) == {}


def test_no_page_reports_an_error_of_its_own_making(site: Site) -> None:
    """Scripts, styles and the content security policy agree with each other."""

    def complaints(page: Page) -> list[str]:
        said: list[str] = []
        page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))
        for path in looked_at():
            page.goto(f"{site.node.url}/console{path.replace('{account}', ACCOUNT)}")
        return said

    with open_page(site.allow, storage_state=site.state) as page:
        assert page.do(complaints) == []
