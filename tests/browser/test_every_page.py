"""Every page of the console, looked at wide and narrow, light and dark, by who may change things
and by who may not, with something on it and with nothing: what axe-core, the browser itself and a
few rules of ours have to say.
"""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from pillarbox.console.pages import PAGES
from pillarbox.model.user import Role
from tests.browser.axe import add_axe, amiss, needs_axe
from tests.browser.furnishing import VIEWER
from tests.browser.looked_at import (
    FILLED,
    NO_PAGES,
    OF_CAPTURE_MODE,
    WRONG_FORMS,
    addresses,
    routes,
    variables_left,
)
from tests.browser.site import ACCOUNT, Site, sign_in
from tests.browser.town import Town
from tests.peers.browser import BrowserPage, needs_chromium
from tests.peers.node import Node
from tests.peers.wait import ARRIVAL_SECONDS, until

pytestmark = pytest.mark.timeout(900)
#: By path, what there is to complain of.
Complaints = dict[str, list[str]]
See = Callable[[Page, str], list[str]]


def test_every_page_with_a_variable_in_its_path_is_looked_at() -> None:
    """Where this fails: add to FILLED in looked_at.py, and what it names to furnishing.py."""
    assert {one for one in routes() if variables_left(one)} <= set(FILLED) <= set(routes())
    assert {one.path for one in PAGES} >= NO_PAGES | OF_CAPTURE_MODE


@needs_chromium
@needs_axe
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_nothing_is_amiss_on_any_page(town: Town, names: dict[str, str], size: str) -> None:
    paths = [one.format(**names) for one in addresses()]
    with town.site.open_page(size) as page:
        assert look_through(page, town.site, paths, amiss) == {}


@needs_chromium
@needs_axe
def test_nothing_is_amiss_where_there_is_nothing(town: Town, names: dict[str, str]) -> None:
    plain = [one for one in routes() if "{account}" in one and one not in FILLED]
    paths = [one.format(account=names["stopped"]) for one in plain]
    with town.site.open_page("phone") as page:
        assert look_through(page, town.site, paths, amiss) == {}


@needs_chromium
@needs_axe
def test_nothing_is_amiss_for_who_may_only_look_and_no_form_is_shown(
    town: Town, names: dict[str, str]
) -> None:
    shown = {one.path for one in PAGES if one.role is Role.VIEWER}
    filled = [FILLED.get(one, (one,)) for one in routes() if one in shown and "{account}" in one]
    paths = [one.format(**names) for some in filled for one in some]

    def see(page: Page, path: str) -> list[str]:
        forms = page.locator("main form[method=post]:not([action$='/preview#preview'])").count()
        return amiss(page, path) + ["it has a form"] * forms

    with town.site.open_page(state={}) as page:
        page.do(lambda tab: tab.goto(f"{town.node.url}/console/sign-in"))
        page.do(lambda tab: sign_in(tab, VIEWER))
        assert look_through(page, town.site, paths, see) == {}


@needs_chromium
@needs_axe
def test_a_form_that_is_wrong_says_so_at_the_top_and_beside_its_fields(
    town: Town, names: dict[str, str]
) -> None:
    """The browser goes to what is said at the top, whose links lead to the fields."""
    paths = [one.format(**names) for one in WRONG_FORMS]

    def see(page: Page, path: str) -> list[str]:
        del path
        summary = page.locator(".summary")
        with page.expect_navigation():
            page.evaluate(SEND_EMPTY)
        found = amiss(page, "")
        if not summary.count():
            return [*found, "nothing is said at the top"]
        if summary.evaluate("one => one !== document.activeElement"):
            found.append("the summary has no focus")
        summary.get_by_role("link").first.click()
        try:
            expect(page.locator("[aria-invalid]:focus, .field:target")).to_have_count(1)
        except AssertionError:
            found.append("the first problem does not lead to its field")
        return found

    with town.site.open_page("phone") as page:
        assert look_through(page, town.site, paths, see) == {}


@needs_chromium
@needs_axe
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_nothing_is_amiss_in_capture_mode(site: Site, size: str) -> None:
    captured, subject = f"/{ACCOUNT}/captured", f"An attachment for a {size}"
    send_with_attachment(site.node, f"{size}.example", subject)
    until(lambda: subject in site.read(captured), ARRIVAL_SECONDS, "the mail")
    one = site.find(captured, rf'href="/console(/\w+/captured/[\w-]+)">{subject}')
    with site.open_page(size) as page:
        paths = [f"/{ACCOUNT}", captured, one, f"{captured}?before=0"]
        assert look_through(page, site, paths, amiss) == {}


@needs_chromium
@needs_axe
@pytest.mark.parametrize("size", ["desktop", "phone"])
def test_nothing_is_amiss_before_one_has_signed_in(site: Site, size: str) -> None:
    paths = ["/sign-in", "/first-run?token=wrong"]
    with site.open_page(size, state={}) as page:
        assert look_through(page, site, paths, amiss) == {}
        page.do(lambda tab: tab.goto(f"{site.node.url}/console/sign-in"))
        page.do(lambda tab: sign_in(tab, "nobody"))
        assert page.do(lambda tab: amiss(tab, "")) == []


@needs_chromium
@needs_axe
def test_nothing_was_amiss_where_the_first_user_was_made(site: Site) -> None:
    """That page is there but once, and was looked at then."""
    assert site.seen_first == []


def look_through(opened: BrowserPage, site: Site, paths: list[str], see: See) -> Complaints:
    """Go through pages, and give what there is to complain of."""
    said: list[str] = []

    def listen(page: Page) -> None:
        add_axe(page)
        page.add_init_script(STILL)
        page.on("console", lambda one: said.append(one.text) if one.type == "error" else None)
        page.on("pageerror", lambda error: said.append(str(error)))

    def look(page: Page, path: str) -> list[str]:
        said.clear()
        answer = page.goto(f"{site.node.url}/console{path}")
        assert answer is not None
        expected = {404} if path in MISSING else {200, 422}
        wrong = [] if answer.status in expected else [f"it is {answer.status}"]
        # That a page's status is no success is no complaint of the page.
        return wrong + see(page, path) + [one for one in said if "status of 4" not in one]

    before = len(site.refused)
    opened.do(listen)
    found = {path: opened.do(lambda page, path=path: look(page, path)) for path in paths}
    return {path: some for path, some in found.items() if some} | (
        {"elsewhere": site.refused[before:]} if site.refused[before:] else {}
    )


def send_with_attachment(node: Node, domain: str, subject: str) -> None:
    """Send a mail that has HTML, text and an attachment."""
    client: Any = node.client("sesv2")
    client.create_email_identity(EmailIdentity=domain)
    body = {"Html": {"Data": "<h1>Hello</h1>"}, "Text": {"Data": "Hello"}}
    attached = {"FileName": "list.csv", "RawContent": b"a,b\n", "ContentType": "text/csv"}
    client.send_email(
        FromEmailAddress=f"ada@{domain}",
        Destination={"ToAddresses": ["bob@receiver.example"]},
        Content={
            "Simple": {
                "Subject": {"Data": subject},
                "Body": body,
                "Attachments": [attached],
            }
        },
    )


#: What follows by itself stands still while it is looked at.
STILL = "window.setInterval = () => 0"
MISSING = {f"/{ACCOUNT}/nowhere", "/first-run?token=wrong"}
SEND_EMPTY = """() => {
  const form = document.querySelector("main form[method=post] [required]").form;
  form.noValidate = true;
  for (const one of form.querySelectorAll("input:not([type=hidden]), textarea"))
    if (one.type !== "checkbox" && one.type !== "radio") one.value = "";
  form.requestSubmit();
}"""
