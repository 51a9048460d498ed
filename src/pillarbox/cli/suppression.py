"""`pillarbox suppression`: an account's suppression list, entry by entry and as CSV."""

import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click
from sqlalchemy import Connection

from pillarbox.base.clock import iso8601, now_ms
from pillarbox.cli.options import (
    OpenDeployment,
    account_option,
    deployment,
    json_option,
    note_change,
    open_store,
    print_json,
    settings_options,
)

if TYPE_CHECKING:
    from pillarbox.manage.recipients.suppression_csv import BadLine, Defaults
    from pillarbox.store.lists.suppression import SuppressedRow

PORTION = 5000
BAD_SHOWN = 20
_REASONS = click.Choice(["BOUNCE", "COMPLAINT"], case_sensitive=False)


@click.group()
def suppression() -> None:
    """See who gets no mail because it bounced or was complained about; change it; CSV in and out.

    \b
    Examples:
      pillarbox suppression import list.csv
      pillarbox suppression export --output list.csv
      pillarbox suppression remove someone@example.org
    """


@suppression.command("list")
@settings_options
@account_option
@json_option
@click.option("--reason", type=_REASONS, help="Only those with this reason.")
@click.option("--after", default="", metavar="ADDRESS", help="Only those that follow this one.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="Entries.")
def list_command(
    config: Path | None,
    data: Path | None,
    account: str,
    reason: str | None,
    after: str,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """List entries by address."""
    from pillarbox.store.lists.suppression import list_suppressed

    reasons = [reason.upper()] if reason else []
    with deployment(config, data) as opened:
        found = list_suppressed(opened.conn, account, after=after, limit=limit + 1, reasons=reasons)
    shown = found[:limit]
    if as_json:
        print_json([_as_json(one) for one in shown])
        return
    for one in shown:
        click.echo(f"{iso8601(one.updated_at)}  {one.reason:9}  {one.address}")
    if not shown:
        click.echo("Nobody is suppressed.")
    elif len(found) > limit:
        click.echo(f"... and more: --after {shown[-1].address}")


@suppression.command()
@settings_options
@account_option
@click.option("--reason", type=_REASONS, default="BOUNCE", show_default=True)
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
def add(
    config: Path | None, data: Path | None, account: str, reason: str, addresses: tuple[str, ...]
) -> None:
    """Put addresses on the list; one that is there gets the reason and the time of now."""
    from pillarbox.manage.recipients.suppression import put_suppressed

    with deployment(config, data) as opened:
        _check_account(opened.conn, account)
        for address in addresses:
            put_suppressed(opened.conn, account, address, reason=reason.upper(), now=now_ms())
            note_change(opened.conn, "suppression.add", address, account, reason=reason.upper())
    click.echo(f"{len(addresses)} added")


@suppression.command()
@settings_options
@account_option
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
def remove(
    config: Path | None, data: Path | None, account: str, addresses: tuple[str, ...]
) -> None:
    """Take addresses off the list; when one of them is not on it, none is."""
    from pillarbox.manage.recipients.suppression import delete_suppressed

    with deployment(config, data) as opened:
        for address in addresses:
            delete_suppressed(opened.conn, account, address)
            note_change(opened.conn, "suppression.remove", address, account)
    click.echo(f"{len(addresses)} removed")


@suppression.command("export")
@settings_options
@account_option
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="[default: standard output]"
)
def export_command(
    config: Path | None, data: Path | None, account: str, output: Path | None
) -> None:
    """Write the whole list as CSV, by address: what `import` reads."""
    with open_store(config, data) as opened, _written(output) as out:
        total = _export(opened, account, out)
    click.echo(f"{total} addresses exported", err=True)


@suppression.command("import")
@settings_options
@account_option
@click.option("--reason", type=_REASONS, default="BOUNCE", help="Of rows that name none.")
@click.option("--skip-bad", is_flag=True, help="Import the good rows though others are bad.")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, allow_dash=True))
def import_command(
    config: Path | None, data: Path | None, account: str, reason: str, file: str, *, skip_bad: bool
) -> None:
    """Put the addresses of a CSV file (- for standard input) on the list.

    All lines are checked first: when one is bad, nothing is imported, unless --skip-bad says so.
    Then they are written in portions of 5000, each at once; after an interruption import the file
    again, which changes nothing of what is there. An entry that is there gets what the file says.

    Columns: address, reason, updated_at, message_id, feedback_id; only the address must be there.
    """
    from pillarbox.manage.recipients.suppression_csv import Defaults

    defaults = Defaults(account_id=account, reason=reason.upper(), now=now_ms())
    with open_store(config, data) as opened, _read_twice(file) as lines:
        with opened.store.transaction() as conn:
            _check_account(conn, account)
        good, bad = _check(lines, defaults)
        if bad and not skip_bad:
            raise click.ClickException(f"{bad} bad lines: nothing was imported")
        lines.seek(0)
        total = _import(opened, lines, defaults, good)
        if total:
            with opened.store.transaction() as conn:
                note_change(conn, "suppression.import", file, account, addresses=total)
    click.echo(f"{total} addresses imported" + (f", {bad} lines skipped" if bad else ""))


def _check(lines: BinaryIO, defaults: "Defaults") -> tuple[int, int]:
    """Read all lines; say which are bad, and count the good and the bad ones."""
    from pillarbox.manage.recipients.suppression_csv import BadLine, read_rows

    good = bad = 0
    for one in read_rows(lines, defaults):
        if not isinstance(one, BadLine):
            good += 1
            continue
        bad += 1
        if bad <= BAD_SHOWN:
            click.echo(f"line {one.number}: {one.why}", err=True)
    if bad > BAD_SHOWN:
        click.echo(f"... and {bad - BAD_SHOWN} more", err=True)
    return good, bad


def _import(opened: OpenDeployment, lines: BinaryIO, defaults: "Defaults", expected: int) -> int:
    """Write the good lines portion by portion; give how many there were."""
    from pillarbox.manage.recipients.suppression_csv import read_rows
    from pillarbox.store.lists.suppression import put_many_suppressed

    rows, total = _good(read_rows(lines, defaults)), 0
    while portion := list(islice(rows, PORTION)):
        with opened.store.transaction() as conn:
            put_many_suppressed(conn, portion)
        total += len(portion)
        _progress(total, expected)
    return total


def _good(found: "Iterator[SuppressedRow | BadLine]") -> "Iterator[SuppressedRow]":
    from pillarbox.manage.recipients.suppression_csv import BadLine

    return (one for one in found if not isinstance(one, BadLine))


def _export(opened: OpenDeployment, account: str, out: BinaryIO) -> int:
    """Write page after page, each read by itself, so that nobody waits for a long reader."""
    from pillarbox.manage.recipients.suppression_csv import COLUMNS, write_rows
    from pillarbox.store.lists.suppression import list_suppressed

    out.write(f"{','.join(COLUMNS)}\n".encode("ascii"))
    after, total = "", 0
    while True:
        with opened.store.engine.connect() as conn:
            page = list_suppressed(conn, account, after=after, limit=PORTION)
        if not page:
            return total
        out.write(write_rows(page).encode("utf-8"))
        after, total = page[-1].address, total + len(page)
        _progress(total)


def _progress(done: int, of: int | None = None) -> None:
    if done % (PORTION * 10) == 0:
        click.echo(f"{done} ..." if of is None else f"{done} of {of} ...", err=True)


@contextmanager
def _read_twice(name: str) -> Iterator[BinaryIO]:
    """Open a file; standard input is kept in a temporary one, since it is read twice."""
    if name != "-":
        with Path(name).open("rb") as file:
            yield file
        return
    with tempfile.TemporaryFile() as kept:
        while block := sys.stdin.buffer.read(1 << 20):
            kept.write(block)
        kept.seek(0)
        yield kept


@contextmanager
def _written(output: Path | None) -> Iterator[BinaryIO]:
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with output.open("wb") as file:
        yield file


def _check_account(conn: Connection, account: str) -> None:
    from pillarbox.store.sets.sender import read_accounts

    if account not in read_accounts(conn, [account]):
        raise click.ClickException(f"there is no account {account}")


def _as_json(row: "SuppressedRow") -> dict[str, str | None]:
    return {
        "address": row.address,
        "reason": row.reason,
        "updated_at": iso8601(row.updated_at),
        "message_id": row.message_id,
        "feedback_id": row.feedback_id,
    }
