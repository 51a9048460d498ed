"""Real newsletters, made by real generators once for all tests, and a browser to show them in."""

import base64
import json
from collections.abc import Iterator

import pytest
from playwright.sync_api import Route

from tests.peers import javascript
from tests.peers.browser import BrowserPage, open_page

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")


@pytest.fixture(scope="session")
def newsletters() -> dict[str, str]:
    """Newsletters by their names: 50 of them, with some 180 links."""
    return json.loads(javascript.run("newsletters.mjs", environment={}))


class Requests:
    """Answers what pages load: images with a pixel, all else not at all; keeps what was asked."""

    def __init__(self) -> None:
        self.urls: list[str] = []

    def answer(self, route: Route) -> None:
        self.urls.append(route.request.url)
        if route.request.resource_type == "image":
            route.fulfill(body=GIF, content_type="image/gif")
        else:
            route.abort()


@pytest.fixture(scope="session")
def requests() -> Requests:
    """What the page asked for."""
    return Requests()


@pytest.fixture(scope="session")
def page(requests: Requests) -> Iterator[BrowserPage]:
    """A page of a real browser."""
    with open_page(requests.answer) as opened:
        yield opened
