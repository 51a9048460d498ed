"""A running node with a console, the browser that looks at it, and who has signed in to it."""

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Locator, Page, Route

from tests.peers.browser import BrowserPage, SharedBrowser, needs_chromium
from tests.peers.node import Node
from tests.peers.wait import ARRIVAL_SECONDS, until

NAME, PASSWORD = "Ada Lovelace", "correct horse battery"
SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
ACCOUNT = "123456789012"
Look = Callable[[Page], list[str]]
#: A test that looks at a site; the first of them starts the browser, a node and what is around it.
in_browser = [needs_chromium, pytest.mark.timeout(400)]
_CSRF = r'name="csrf" value="(\w+)"'


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)


@dataclass(frozen=True)
class Answer:
    """What came back. `location`: where it leads, empty for nowhere."""

    status: int
    location: str
    text: str


@dataclass  # not frozen: Playwright notes its handlers on their objects
class Site:
    """A node and the browser that is used for all of its pages. `state`: the cookies of Ada, who
    is an administrator; `refused`: what pages wanted of other hosts, and did not get; `seen_first`:
    what somebody who looked found on the page where she was made.
    """

    node: Node
    browser: SharedBrowser
    state: dict[str, Any] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    seen_first: list[str] = field(default_factory=list)
    _csrf: str = ""

    @classmethod
    def begin(cls, node: Node, browser: SharedBrowser, look: Look = lambda _page: []) -> Self:
        """Make the first user as a person makes it, after a look at the page for that."""
        site = cls(node, browser)
        with site.open_page(state={}) as page:
            page.do(lambda tab: tab.goto(first_run_link(node)))
            site.seen_first = page.do(look)
            site.state = page.do(make_first_user)
        return site

    def refuse(self, route: Route) -> None:
        """Let a page reach nothing else than the node."""
        self.refused.append(route.request.url)
        route.abort()

    def url(self, path: str = "") -> str:
        """Give the address of a page of the account."""
        return f"{self.node.url}/console/{ACCOUNT}{path}"

    @contextmanager
    def open_page(
        self, size: str = "desktop", state: dict[str, Any] | None = None, **options: Any
    ) -> Iterator[BrowserPage]:
        """Open a page, signed in as Ada, or with other cookies (`state`)."""
        cookies = self.state if state is None else state
        options = SIZES[size] | {"storage_state": cookies} | options
        elsewhere = re.compile(f"^(?!{re.escape(self.node.url)}/|data:)")
        with self.browser.open_page(self.refuse, elsewhere, **options) as page:
            yield page

    def submit(self, path: str, **fields: str) -> str:
        """Send a form as a page of ours would, and give where it leads, below `/console`."""
        answer = self.send(path, **fields)
        said = re.findall(r'class="problem"[^>]*>([^<]*)', answer.text)
        assert answer.status in {200, 303}, f"{path}: {answer.status} {said}"
        return answer.location.removeprefix("/console")

    def send(self, path: str, **fields: str) -> Answer:
        """Send a form whatever comes of it, and give the answer."""
        if not self._csrf:
            self._csrf = self.find("/me", _CSRF)
        return self._ask(path, urlencode(fields | {"csrf": self._csrf}).encode())

    def read(self, path: str) -> str:
        """Give the text of a page below `/console`."""
        return self._ask(path).text

    def find(self, path: str, pattern: str) -> str:
        """Give what a pattern's group is on a page."""
        found = re.search(pattern, self.read(path))
        assert found is not None, f"{pattern} is not on {path}"
        return found[1]

    def _ask(self, path: str, body: bytes | None = None) -> Answer:
        cookies = "; ".join(f"{one['name']}={one['value']}" for one in self.state["cookies"])
        headers = {"Cookie": cookies, "Origin": self.node.url}
        request = urllib.request.Request(f"{self.node.url}/console{path}", body, headers)
        try:
            answer = _DIRECT.open(request, timeout=ARRIVAL_SECONDS)
        except urllib.error.HTTPError as other:
            answer = other
        with answer:
            location = answer.headers["location"] or ""
            return Answer(answer.status, location, answer.read().decode())


def first_run_link(node: Node) -> str:
    """Give the link that `serve` has printed."""
    found = re.search(r"http\S+/console/first-run\?token=\S+", node.log.read_text())
    assert found is not None
    return found[0]


def make_first_user(page: Page) -> dict[str, Any]:
    """Make the first user; give the cookies."""
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    press(page, "Make the user")
    return dict(page.context.storage_state())


def sign_in(page: Page, name: str, code: str = "", password: str = PASSWORD) -> None:
    """Type what the form asks for, and send it."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_label("One-time code").fill(code)
    press(page, "Sign in")


def follow(page: Page, what: Locator | str) -> None:
    """Click on what leads to a page (a link by its name, or anything), and return when that page is
    there with its scripts: whatever a test does next is done to that one.
    """
    link = page.get_by_role("link", name=what) if isinstance(what, str) else what
    with page.expect_navigation():
        link.click()


def press(page: Page, button: str, within: Locator | None = None) -> None:
    """Press a button that sends a form, and return when the page that answers is there."""
    follow(page, (within or page).get_by_role("button", name=button))


def press_until(page: Page, button: str, seen: Callable[[], bool]) -> None:
    """Press it again until the page says what is wanted: on a busy machine DNS may not answer in
    good time, and the page says so.
    """

    def pressed() -> bool:
        press(page, button)
        return seen()

    until(pressed, ARRIVAL_SECONDS, f"what {button} leads to")


def menu(page: Page, label: str) -> None:
    """Follow an entry of the menu, which a script has folded on a phone."""
    pages = page.get_by_role("navigation", name="Pages")
    entry = pages.get_by_role("link", name=label, exact=True)
    if not entry.is_visible():
        pages.get_by_text("Menu", exact=True).click()
    follow(page, entry)
