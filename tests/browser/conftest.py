"""The console of a real node in capture mode, seen by a real browser, wide and narrow."""

import itertools
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pytest
from playwright.sync_api import Page, Route

from tests.peers.browser import BrowserPage, open_page
from tests.peers.node import Node

NAME, PASSWORD = "Ada Lovelace", "correct horse battery"
SIZES = {
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
}
ACCOUNT = "123456789012"
T = TypeVar("T")
_numbers = itertools.count(1)


@dataclass  # not frozen: Playwright notes its handlers on their objects
class Site:
    """The running node, and who has signed in to its console."""

    node: Node
    state: dict

    def allow(self, route: Route) -> None:
        """Let a page reach the node and nothing else."""
        if route.request.url.startswith((self.node.url, "data:")):
            route.continue_()
        else:
            route.abort()

    def url(self, path: str = "") -> str:
        """Give the address of a page of the account."""
        return f"{self.node.url}/console/{ACCOUNT}{path}"


@dataclass(frozen=True)
class Tab:
    """A page of the browser, signed in."""

    site: Site
    page: BrowserPage
    size: str

    def do(self, work: Callable[[Page], T]) -> T:
        """Do something with the page."""
        return self.page.do(work)


def first_run_link(node: Node) -> str:
    """Give the link that `serve` has printed."""
    found = re.search(r"http\S+/console/first-run\?token=\S+", node.log.read_text())
    assert found is not None
    return found[0]


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A node of one worker whose first user was made as a person makes it."""
    with Node.start(tmp_path_factory.mktemp("console"), workers=1) as node:
        site = Site(node, {})
        with open_page(site.allow) as page:
            site.state.update(page.do(lambda tab: _first_run(tab, node)))
        yield site


def _first_run(page: Page, node: Node) -> dict:
    page.goto(first_run_link(node))
    page.get_by_label("Name").fill(NAME)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_label("The same again").fill(PASSWORD)
    page.get_by_role("button", name="Make the user").click()
    page.wait_for_url("**/console/*")
    return page.context.storage_state()


@pytest.fixture(params=list(SIZES))
def tab(request: pytest.FixtureRequest, site: Site) -> Iterator[Tab]:
    """A page of each width, signed in."""
    with open_page(site.allow, storage_state=site.state, **SIZES[request.param]) as page:
        yield Tab(site, page, request.param)


@pytest.fixture
def domain() -> str:
    """A domain that no other test uses."""
    return f"console{next(_numbers)}.example"
