"""Debian's Chromium, driven by Playwright: no request of its page leaves the test.

Playwright's synchronous calls keep an event loop running in their thread, in which no asynchronous
test could run any more; so they have a thread of their own.
"""

import shutil
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, Page, Route, sync_playwright

CHROMIUM = shutil.which("chromium")
SECONDS = 60
T = TypeVar("T")
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
    def open_page(self, answer: Answer, **options: Any) -> Iterator[BrowserPage]:
        """A page of 800 by 600, or as Playwright's options of a page say; its requests all go to
        `answer`.
        """
        options = {"viewport": {"width": 800, "height": 600}} | options

        def begin() -> Page:
            page = self._browser.new_page(**options)
            page.context.route("**/*", answer)
            return page

        page = self._thread.submit(begin).result(SECONDS)
        try:
            yield BrowserPage(self._thread, page)
        finally:
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
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()
