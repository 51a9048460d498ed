"""axe-core in a page: what it says is amiss."""

from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parents[1] / "js" / "node_modules" / "axe-core" / "axe.min.js"
needs_axe = pytest.mark.skipif(not AXE.exists(), reason="axe-core is not there (make js)")
#: What a colour scheme changes; all other rules judge what is the same in both.
OF_COLOURS = ["color-contrast", "link-in-text-block"]
#: Of a customer's mail in its frame, nothing is ours to judge. The one rule that reads stylesheets
#: is an experiment of axe's and not among these: so none is parsed again for it.
_OPTIONS: dict[str, Any] = {
    "resultTypes": ["violations"],
    "iframes": False,
    "preload": {"assets": ["media"]},
}
#: What a page does that axe has no rule about.
_BESIDE = """() => [
  document.documentElement.scrollWidth > innerWidth && "the page itself scrolls sideways",
  document.querySelectorAll("nav.side [aria-current=page]").length > 1
    && "one is at several entries of the menu",
].filter(Boolean)"""


def add_axe(page: Page) -> None:
    """Have it in every page that is opened from now on."""
    page.add_init_script(path=AXE)


def violations(page: Page) -> list[str]:
    """Give what is amiss by all rules in light, and by those of colours in dark."""
    page.emulate_media(color_scheme="light", reduced_motion="reduce")
    found = _run(page, "light", _OPTIONS)
    page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    return found + _run(page, "dark", _OPTIONS | {"runOnly": OF_COLOURS})


def amiss(page: Page, _path: str) -> list[str]:
    """Say what is amiss on a page, with all that it can unfold unfolded."""
    page.evaluate("document.querySelectorAll('main details').forEach(one => { one.open = true })")
    found = violations(page)
    beside: list[str] = page.evaluate(_BESIDE)
    return found + beside


def _run(page: Page, scheme: str, options: dict[str, Any]) -> list[str]:
    result = page.evaluate("async options => (await axe.run(options)).violations", options)
    return [
        f"{scheme}: {one['id']}: {node['target']}: {node['html'][:200]}"
        for one in result
        for node in one["nodes"]
    ]
