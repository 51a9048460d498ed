"""Debian's Chromium, driven by Playwright: no request of its page leaves the test.

Playwright's synchronous calls keep an event loop running in their thread, in which no asynchronous
test could run any more; so they have a thread of their own.
"""

import re
import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, Error, Page, Route, expect, sync_playwright

CHROMIUM = shutil.which("chromium")
#: How long one thing may take in a page on a machine that does much else, and all that a test does
#: with the page at once.
ARRIVAL_MS, SECONDS = 60_000, 300
expect.set_options(timeout=ARRIVAL_MS)
T = TypeVar("T")
_ALL = re.compile("")
#: Answers a request of a page: fulfils or aborts it.
Answer = Callable[[Route], None]

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Debian's chromium is not installed (make system)"
)


class BrowserPage:
    """A page; what is done with it is done in its thread."""

    def __init__(self, thread: ThreadPoolExecutor, page: Page) -> None:
        self._thread = thread
        self._page = page

    def do(self, work: Callable[[Page], T]) -> T:
        """Do something with the page, and give what it comes to."""
        return self._thread.submit(work, self._page).result(SECONDS)


class SharedBrowser:
    """A browser for many pages, each with cookies of its own; starting one takes a second."""

    def __init__(self, thread: ThreadPoolExecutor, browser: Browser) -> None:
        self._thread = thread
        self._browser = browser

    @contextmanager
    def open_page(
        self, answer: Answer, which: re.Pattern[str] = _ALL, **options: Any
    ) -> Iterator[BrowserPage]:
        """A page of 800 by 600, or as Playwright's options of a page say; its requests all go to
        `answer`, or those to the addresses `which`.
        """
        options = {"viewport": {"width": 800, "height": 600}} | options
        closing = False

        def give(route: Route) -> None:
            try:
                answer(route)
            except Error:
                if not closing:  # else it asked until its end, and hears nothing any more
                    raise

        def begin() -> Page:
            page = self._browser.new_page(**options)
            page.context.set_default_timeout(ARRIVAL_MS)
            page.context.route(which, give)
            return page

        page = self._thread.submit(begin).result(SECONDS)
        try:
            yield BrowserPage(self._thread, page)
        finally:
            closing = True
            self._thread.submit(page.context.close).result(SECONDS)


@contextmanager
def open_browser() -> Iterator[SharedBrowser]:
    """A browser until the block ends."""
    with ThreadPoolExecutor(1, thread_name_prefix="browser") as thread, ExitStack() as stack:
        opened = thread.submit(lambda: stack.enter_context(_browser())).result(SECONDS)
        try:
            yield SharedBrowser(thread, opened)
        finally:
            thread.submit(stack.close).result(SECONDS)


@contextmanager
def open_page(answer: Answer, **options: Any) -> Iterator[BrowserPage]:
    """A page of a browser of its own."""
    with open_browser() as browser, browser.open_page(answer, **options) as page:
        yield page


@contextmanager
def _browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Tests run as root in containers, where Chromium's sandbox can't start.
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox"], timeout=2 * ARRIVAL_MS
        )
        try:
            yield browser
        finally:
            browser.close()
