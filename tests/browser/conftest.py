"""Consoles of real nodes, seen by a real browser, wide and narrow."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

import pytest
from playwright.sync_api import Page

from tests.browser.axe import AXE, add_axe, amiss
from tests.browser.furnishing import furnish
from tests.browser.site import SIZES, Site
from tests.browser.town import Town, run_town
from tests.peers.browser import BrowserPage, SharedBrowser, open_browser
from tests.peers.node import Node

T = TypeVar("T")
_numbers = itertools.count(1)


@dataclass(frozen=True)
class Tab:
    """A page of the browser, signed in."""

    site: Site
    page: BrowserPage
    size: str

    def do(self, work: Callable[[Page], T]) -> T:
        """Do something with the page."""
        return self.page.do(work)


def look_at_first(page: Page) -> list[str]:
    """Say what is amiss where the first user is made."""
    if not AXE.exists():
        return []
    add_axe(page)
    page.reload()
    return amiss(page, "")


@pytest.fixture(scope="session")
def browser() -> Iterator[SharedBrowser]:
    """One browser for all tests here."""
    with open_browser() as opened:
        yield opened


@pytest.fixture(scope="session")
def site(browser: SharedBrowser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A node of one worker in capture mode, whose first user was made as a person makes it."""
    with Node.start(tmp_path_factory.mktemp("console"), workers=1) as node:
        yield Site.begin(node, browser, look_at_first)


@pytest.fixture(scope="session")
def town(browser: SharedBrowser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A node that delivers, with the DNS, the receiving host and the webhook around it."""
    with run_town(tmp_path_factory.mktemp("town"), browser) as running:
        yield running


@pytest.fixture(scope="session")
def names(town: Town) -> dict[str, str]:
    """The names of what is in the town, which has something on every page from now on."""
    return furnish(town)


@pytest.fixture(params=list(SIZES))
def tab(request: pytest.FixtureRequest, site: Site) -> Iterator[Tab]:
    """A page of each width, signed in."""
    with site.open_page(request.param) as page:
        yield Tab(site, page, request.param)


@pytest.fixture(params=list(SIZES))
def street(request: pytest.FixtureRequest, town: Town) -> Iterator[Tab]:
    """A page of each width, of the node that delivers."""
    with town.site.open_page(request.param) as page:
        yield Tab(town.site, page, request.param)


@pytest.fixture
def desk(town: Town) -> Iterator[Tab]:
    """A wide page of the node that delivers."""
    with town.site.open_page() as page:
        yield Tab(town.site, page, "desktop")


@pytest.fixture
def domain() -> str:
    """A domain that no other test uses."""
    return f"console{next(_numbers)}.example"
