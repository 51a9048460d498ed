"""A file of suppressed addresses, chosen and imported."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from pillarbox.console.pages.suppression_transfer import MOST, PORTION
from tests.browser.axe import AXE, add_axe, violations
from tests.browser.conftest import Tab
from tests.browser.site import follow, in_browser, press

pytestmark = in_browser
Choose = Callable[[Page, str, bytes], None]

#: Notes which of the lines that say how far it is can be seen, each time that there is another.
#: Until the stylesheet is there, nothing is painted.
WATCH = """window.seen = new Set();
window.note = () => {
  if (![...document.querySelectorAll("link[rel=stylesheet]")].every(one => one.sheet)) return;
  const lines = [...document.querySelectorAll(".goes p")];
  if (lines.length) seen.add(lines.map(one => getComputedStyle(one).display).join(" "));
};
new MutationObserver(note).observe(document, { childList: true, subtree: true });
addEventListener("load", note);"""


@pytest.fixture
def choose(tmp_path: Path) -> Choose:
    """Choose a file of a name and a content."""

    def choose(page: Page, name: str, content: bytes) -> None:
        file = tmp_path / name
        file.write_bytes(content)
        page.get_by_label("A file").set_input_files(file)

    return choose


def test_a_file_goes_into_the_field_and_is_imported(tab: Tab, domain: str, choose: Choose) -> None:
    good = f"\ufeffaddress,reason\na@{domain},COMPLAINT\nb@{domain}\n"

    def refuse(page: Page) -> None:
        page.goto(tab.site.url("/suppression"))
        follow(page, "Import")
        said = page.get_by_role("status")
        choose(page, "photo.csv", b"\xff\xd8\xff")
        expect(said).to_have_text("photo.csv is no text in UTF-8.")
        choose(page, "large.csv", b"a" * (MOST + 100_000))
        expect(said).to_have_text("large.csv has 20.1 MB, more than 20.0 MB.")
        expect(page.get_by_label("Lines", exact=False).first).to_have_value("")
        expect(page.get_by_label("A file")).to_have_value("")

    def take(page: Page) -> None:
        choose(page, "list.csv", f"{good}<nobody>\n".encode())
        expect(page.get_by_role("status")).to_have_text("list.csv is in the field.")
        press(page, "Import")
        lines = page.get_by_role("textbox", name="Lines")
        expect(lines).to_have_accessible_description(re.compile("line 4: no address: '<nobody>'"))
        choose(page, "right.csv", good.encode())
        expect(page.get_by_role("status")).to_have_text("right.csv is in the field.")
        press(page, "Import")
        expect(page.get_by_role("status")).to_have_text("2 addresses are on the list.")
        expect(page.get_by_role("row").filter(has_text=f"a@{domain}")).to_contain_text("complaint")

    tab.do(refuse)
    tab.do(take)


def test_a_large_file_is_imported_and_the_page_says_so(
    tab: Tab, domain: str, choose: Choose
) -> None:
    number = 5 * PORTION + 1
    lines = "".join(f"reader{one}@{domain}\n" for one in range(number))

    def take(page: Page) -> None:
        if AXE.exists():
            add_axe(page)
        page.add_init_script(WATCH)
        page.goto(tab.site.url("/suppression/import"))
        choose(page, "large.csv", lines.encode())
        said = "large.csv goes instead of what is in the field."
        expect(page.get_by_role("status")).to_have_text(said)
        expect(page.get_by_role("textbox", name="Lines")).to_be_disabled()
        press(page, "Import")
        shown = page.locator(".goes p:visible")
        expect(shown).to_have_text(f"{number:,} addresses are on the list.")
        page.wait_for_load_state()
        seen = page.evaluate("[...seen]")
        assert seen
        assert all(re.fullmatch("(none )*block", one) for one in seen), seen
        assert not AXE.exists() or violations(page) == []
        follow(page, "Back to the list")
        expect(page.get_by_role("heading", level=1)).to_have_text("Suppression list")

    tab.do(take)
