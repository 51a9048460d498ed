"""docs/cli.md has every command and every option; help shows its examples as they are written."""

from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from pillarbox.cli import pillarbox
from tests.cli.calling import Call

PAGE = (Path(__file__).parents[2] / "docs" / "cli.md").read_text()
ROWS = [line for line in PAGE.splitlines() if line.startswith("| `pillarbox ")]
ON_EVERY_ROW = {"--config", "--data", "--help", "-h"}


def commands(group: click.Group, *above: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        path = (*above, name)
        if isinstance(command, click.Group):
            yield from commands(command, *path)
        else:
            yield path, command


ALL = dict(commands(pillarbox))


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_a_row_of_the_page_has_the_command_with_its_options(path: tuple[str, ...]) -> None:
    (row,) = [row for row in ROWS if row.startswith(f"| `pillarbox {' '.join(path)}")]
    options = {
        name
        for one in ALL[path].params
        if isinstance(one, click.Option)
        for name in (*one.opts, *one.secondary_opts)
    }
    assert sorted(name for name in options - ON_EVERY_ROW if name not in row) == []


def test_the_page_has_no_command_that_is_not_there() -> None:
    assert len(ROWS) == len(ALL)


@pytest.mark.parametrize("path", [(), *ALL], ids=" ".join)
def test_help_is_quick_to_read(call: Call, path: tuple[str, ...]) -> None:
    shown = call(*path, "--help")
    assert (shown.code, shown.err) == (0, "")
    assert shown.out.startswith("Usage: pillarbox ")
    assert "\\b" not in shown.out
    assert max(map(len, shown.out.splitlines())) <= 100
