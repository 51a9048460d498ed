"""docs/settings.md lists every setting, with its default, its variable and what it means."""

import runpy
from dataclasses import fields
from pathlib import Path

import pytest

from pillarbox.base.settings import Settings

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "settings.md"


def rows() -> dict[str, list[str]]:
    """The page's table rows by environment variable: name, default, variable, meaning."""
    cells = [line.strip("|").split("|") for line in PAGE.read_text().splitlines()]
    found = [[cell.strip().strip("`") for cell in row] for row in cells if len(row) == 4]
    return {row[2]: row for row in found if row[2].startswith("PILLARBOX_")}


def settings() -> list[tuple[str, str, object]]:
    """(section, name, default) of each setting."""
    every = Settings(data=Path())
    sections = [one.name for one in fields(Settings) if one.name != "data"]
    return [
        (section, one.name, getattr(getattr(every, section), one.name))
        for section in sections
        for one in fields(getattr(every, section))
    ]


def test_the_page_is_what_the_script_writes():
    made = runpy.run_path(str(ROOT / "scripts" / "settings-page"))["page"]()
    assert PAGE.read_text() == made, "scripts/settings-page > docs/settings.md"


@pytest.mark.parametrize(("section", "name", "default"), settings())
def test_a_setting_is_documented_with_its_default(section, name, default):
    row = rows()[f"PILLARBOX_{section}_{name}".upper()]
    shown = str(default).lower() if isinstance(default, bool) else str(default)
    assert (row[0], row[1].strip('"')) == (name, shown)
    assert row[3]


def test_the_page_documents_nothing_else():
    assert set(rows()) == {f"PILLARBOX_{one[0]}_{one[1]}".upper() for one in settings()}
