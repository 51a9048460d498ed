"""Debian's Chromium, driven by Playwright: no request of its pages leaves the test."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Page, Route, sync_playwright

CHROMIUM = shutil.which("chromium")
#: Answers a request of a page; what it does not fulfil must be aborted.
Answer = Callable[[Route], None]

needs_chromium = pytest.mark.skipif(
    CHROMIUM is None, reason="Debian's chromium is not installed (make system)"
)


@contextmanager
def open_page(answer: Answer) -> Iterator[Page]:
    """A page of 800 by 600 whose requests all go to `answer`; no script of a page runs."""
    with sync_playwright() as playwright:
        # Tests run as root in containers, where Chromium's sandbox can't start.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        try:
            page = browser.new_page(viewport={"width": 800, "height": 600})
            page.route("**/*", answer)
            yield page
        finally:
            browser.close()
