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
from playwright.sync_api import Page, Route, sync_playwright

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


@contextmanager
def open_page(answer: Answer, **options: Any) -> Iterator[BrowserPage]:
    """A page of 800 by 600, or as Playwright's options of a page say; its requests all go to
    `answer`.
    """
    options = {"viewport": {"width": 800, "height": 600}} | options
    with ThreadPoolExecutor(1, thread_name_prefix="browser") as thread, ExitStack() as stack:
        page = thread.submit(lambda: stack.enter_context(_page(answer, options))).result(SECONDS)
        try:
            yield BrowserPage(thread, page)
        finally:
            thread.submit(stack.close).result(SECONDS)


@contextmanager
def _page(answer: Answer, options: dict[str, Any]) -> Iterator[Page]:
    with sync_playwright() as playwright:
        # Tests run as root in containers, where Chromium's sandbox can't start.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            page = browser.new_page(**options)
            page.route("**/*", answer)
            yield page
        finally:
            browser.close()
