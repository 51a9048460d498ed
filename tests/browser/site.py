"""A running node with a console, the browser that looks at it, and who has signed in to it."""

import re
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import urlencode

from playwright.sync_api import Page, Route

from tests.peers.browser import BrowserPage, SharedBrowser
from tests.peers.node import Node

NAME, PASSWORD = "Ada Lovelace", "correct horse battery"
SIZES: dict[str, dict[str, Any]] = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
ACCOUNT = "123456789012"
Look = Callable[[Page], object]
_CSRF = r'name="csrf" value="(\w+)"'


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


_DIRECT = urllib.request.build_opener(urllib.request.ProxyHandler({}), _Stay)


@dataclass  # not frozen: Playwright notes its handlers on their objects
class Site:
    """A node and the browser that is used for all of its pages. `state`: the cookies of Ada, who
    is an administrator; `refused`: what pages wanted of other hosts, and did not get.
    """

    node: Node
    browser: SharedBrowser
    state: dict[str, Any] = field(default_factory=dict)
    refused: list[str] = field(default_factory=list)
    _csrf: str = ""

    @classmethod
    def begin(cls, node: Node, browser: SharedBrowser, look: Look = lambda _page: None) -> Self:
        """Make the first user as a person makes it, after a look at the page for that."""
        site = cls(node, browser)
        with site.open_page(state={}) as page:
            page.do(lambda tab: tab.goto(first_run_link(node)))
            page.do(look)
            site.state = page.do(make_first_user)
        return site

    def allow(self, route: Route) -> None:
        """Let a page reach the node and nothing else."""
        if route.request.url.startswith((self.node.url + "/", "data:")):
            route.continue_()
        else:
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
        options = SIZES[size] | options
        with self.browser.open_page(self.allow, storage_state=cookies, **options) as page:
            yield page

    def submit(self, path: str, *more: tuple[str, str], **fields: str) -> str:
        """Send a form as a page of ours would, and give where it leads, below `/console`."""
        if not self._csrf:
            self._csrf = self.find("/me", _CSRF)
        body = urlencode([*fields.items(), *more, ("csrf", self._csrf)]).encode()
        answer = self._ask(path, body)
        said = re.findall(r'class="problem"[^>]*>([^<]*)', answer.read().decode())
        assert answer.status in {200, 303}, f"{path}: {answer.status} {said}"
        return (answer.headers["location"] or "").removeprefix("/console")

    def read(self, path: str) -> str:
        """Give the text of a page below `/console`."""
        text: str = self._ask(path).read().decode()
        return text

    def find(self, path: str, pattern: str) -> str:
        """Give what a pattern's group is on a page."""
        found = re.search(pattern, self.read(path))
        assert found is not None, f"{pattern} is not on {path}"
        return found[1]

    def _ask(self, path: str, body: bytes | None = None) -> Any:
        cookies = "; ".join(f"{one['name']}={one['value']}" for one in self.state["cookies"])
        headers = {"Cookie": cookies, "Origin": self.node.url}
        request = urllib.request.Request(f"{self.node.url}/console{path}", body, headers)
        try:
            return _DIRECT.open(request, timeout=30)
        except urllib.error.HTTPError as answer:
            return answer


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
    page.get_by_role("button", name="Make the user").click()
    page.wait_for_url("**/console/*")
    return dict(page.context.storage_state())


def sign_in(page: Page, name: str, code: str = "", password: str = PASSWORD) -> None:
    """Type what the form asks for, and send it."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(password)
    page.get_by_label("One-time code").fill(code)
    page.get_by_role("button", name="Sign in").click()


def menu(page: Page, label: str) -> None:
    """Follow an entry of the menu, which is folded on a phone."""
    page.wait_for_load_state()  # folding is done by a script
    pages = page.get_by_role("navigation", name="Pages")
    entry = pages.get_by_role("link", name=label, exact=True)
    if not entry.is_visible():
        pages.get_by_text("Menu", exact=True).click()
    entry.click()
