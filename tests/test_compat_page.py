"""docs/compat.md names every operation of the three APIs and says what the program does."""

from pathlib import Path

import pytest

from tests.compat_page import MODELS, operation_names, page

PAGE = Path(__file__).parent.parent / "docs" / "compat.md"


def test_the_page_is_what_the_program_says() -> None:
    assert PAGE.read_text() == page(), "run scripts/compat-page"


@pytest.mark.parametrize(("service", "version", "title"), MODELS)
def test_every_operation_is_named(service: str, version: str, title: str) -> None:
    section = PAGE.read_text().partition(f"## {title}\n")[2].partition("\n## ")[0]
    for name in operation_names(service, version):
        assert f"| {name} |" in section
