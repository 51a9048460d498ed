"""`pillarbox segments`: who opened, clicked, bounced, by rules; listed and exported."""

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click
from sqlalchemy import Connection

from pillarbox.base.clock import iso8601, now_ms
from pillarbox.cli.options import (
    account_option,
    deployment,
    json_option,
    note_change,
    open_store,
    print_json,
    settings_options,
)

if TYPE_CHECKING:
    from pillarbox.manage.recipients.segments import Members
    from pillarbox.model.engagement import Engagement
    from pillarbox.model.segment import Segment

PORTION = 5000


def _which_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add what says which recipients a command is about."""
    rule = click.option("--rule", help="A rule, in place of a saved segment.")
    application = click.option("--application", default="", help="[default: the only one]")
    return rule(application(click.argument("name", required=False)(command)))


@click.group()
def segments() -> None:
    """See who opened, clicked, bounced; save rules as segments; export them.

    What is known comes from events that went to Pinpoint destinations of configuration sets.

    \b
    Examples:
      pillarbox segments create idle "never opened after 5 sends"
      pillarbox segments show idle
      pillarbox segments show --rule "opened in 30 days and not clicked"
      pillarbox segments export idle --format csv --output idle.csv
    """


@segments.command()
@settings_options
@account_option
@click.option("--application", default="", help="[default: the only one]")
@click.argument("name")
@click.argument("rule")
def create(
    config: Path | None, data: Path | None, account: str, application: str, name: str, rule: str
) -> None:
    """Save a rule under a name."""
    from pillarbox.manage.recipients.segments import create_segment, only_application
    from pillarbox.model.segment import Segment

    with deployment(config, data) as opened:
        where = application or only_application(opened.conn, account)
        new = Segment(application=where, name=name, rule=rule, created_at=now_ms())
        create_segment(opened.conn, account, new)
        note_change(opened.conn, "segment.create", name, account, application=where, rule=rule)
    click.echo(f"segment {name} of application {where} is saved")


@segments.command()
@settings_options
@account_option
@click.option("--application", default="", help="[default: the only one]")
@click.argument("name")
def delete(
    config: Path | None, data: Path | None, account: str, application: str, name: str
) -> None:
    """Remove a saved segment; what is known of its recipients stays."""
    from pillarbox.manage.recipients.segments import delete_segment, find_segment

    with deployment(config, data) as opened:
        found = find_segment(opened.conn, account, name, application)
        delete_segment(opened.conn, account, found.application, name)
        note_change(opened.conn, "segment.delete", name, account, application=found.application)
    click.echo(f"segment {name} is deleted")


@segments.command("list")
@settings_options
@account_option
@json_option
def list_command(config: Path | None, data: Path | None, account: str, *, as_json: bool) -> None:
    """List applications and saved segments, each with how many recipients it has now."""
    from pillarbox.manage.recipients.segments import list_applications, list_segments

    with open_store(config, data) as opened, opened.store.engine.connect() as conn:
        applications = [
            (one, _count(conn, account, one)) for one in list_applications(conn, account)
        ]
        found = [
            (one, _count(conn, account, one.application, one))
            for one in list_segments(conn, account)
        ]
    if as_json:
        everybody = [{"application": name, "recipients": count} for name, count in applications]
        print_json({"applications": everybody, "segments": [_shown(*one) for one in found]})
        return
    for name, count in applications:
        click.echo(f"application {name}: {count} recipients")
    for one, count in found:
        click.echo(f"{one.name}  {count} recipients of {one.application}  {one.rule}")
    if not applications and not found:
        click.echo("Nothing is known of any recipient.")


@segments.command()
@settings_options
@account_option
@json_option
@_which_options
@click.option("--after", default="", metavar="ADDRESS", help="Only those that follow this one.")
@click.option("--limit", type=click.IntRange(1), default=20, show_default=True, help="Recipients.")
def show(
    config: Path | None,
    data: Path | None,
    account: str,
    name: str | None,
    application: str,
    rule: str | None,
    after: str,
    limit: int,
    *,
    as_json: bool,
) -> None:
    """Count the recipients of a segment, a rule or an application, and show some by address."""
    from pillarbox.manage.recipients.segment_export import as_json as shown
    from pillarbox.manage.recipients.segments import count_members, list_members

    with open_store(config, data) as opened, opened.store.engine.connect() as conn:
        members = _members(conn, account, application, name, rule)
        count = count_members(conn, members)
        page = list_members(conn, members, after=after, limit=limit)
    if as_json:
        print_json({"count": count, "recipients": [shown(one) for one in page]})
        return
    click.echo(f"{count} recipients")
    for one in page:
        click.echo(_line(one))
    if len(page) == limit and count > limit:
        click.echo(f"... and more: --after {page[-1].address}")


@segments.command()
@settings_options
@account_option
@_which_options
@click.option(
    "--format", "form", type=click.Choice(["csv", "jsonl"]), default="csv", show_default=True
)
@click.option(
    "--output", type=click.Path(dir_okay=False, path_type=Path), help="[default: standard output]"
)
def export(
    config: Path | None,
    data: Path | None,
    account: str,
    name: str | None,
    application: str,
    rule: str | None,
    form: str,
    output: Path | None,
) -> None:
    """Write all recipients of a segment, of a rule or of an application, page by page."""
    from pillarbox.manage.recipients.segment_export import csv_of, head_of_csv, json_lines_of
    from pillarbox.manage.recipients.segments import list_members

    write: Callable[[Sequence[Engagement]], str] = csv_of if form == "csv" else json_lines_of
    with open_store(config, data) as opened:
        with opened.store.engine.connect() as conn:
            members = _members(conn, account, application, name, rule)
        with _written(output) as out:
            out.write(head_of_csv().encode() if form == "csv" else b"")
            after, total = "", 0
            while True:
                with opened.store.engine.connect() as conn:
                    page = list_members(conn, members, after=after, limit=PORTION)
                if not page:
                    break
                out.write(write(page).encode())
                after, total = page[-1].folded, total + len(page)
    click.echo(f"{total} recipients exported", err=True)


@segments.command()
@settings_options
@account_option
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
def forget(
    config: Path | None, data: Path | None, account: str, addresses: tuple[str, ...]
) -> None:
    """Remove what is known of recipients, in all applications; of one unknown, of none.

    Later events of theirs are counted again.
    """
    from pillarbox.manage.recipients.segments import forget_recipient

    with deployment(config, data) as opened:
        for address in addresses:
            forget_recipient(opened.conn, account, address)
            note_change(opened.conn, "segment.forget", address, account)
    click.echo(f"{len(addresses)} forgotten")


def _members(
    conn: Connection, account: str, application: str, name: str | None, rule: str | None
) -> "Members":
    """Say which recipients a command is about."""
    from pillarbox.manage.recipients.segments import (
        Members,
        find_segment,
        only_application,
        read_rule,
    )

    if name and rule:
        raise click.UsageError("Give a segment's name or --rule, not both.")
    if name:
        found = find_segment(conn, account, name, application)
        application, rule = found.application, found.rule
    return Members(
        account_id=account,
        application=application or only_application(conn, account),
        rule=read_rule(rule) if rule else None,
        now=now_ms(),
    )


def _count(
    conn: Connection, account: str, application: str, segment: "Segment | None" = None
) -> int:
    from pillarbox.manage.recipients.segments import Members, count_members, read_rule

    rule = read_rule(segment.rule) if segment else None
    members = Members(account_id=account, application=application, rule=rule, now=now_ms())
    return count_members(conn, members)


def _line(one: "Engagement") -> str:
    """Show a recipient on one line: what happened, how often, and when last."""
    happened = [
        f"{kind.replace('_', ' ')} {count} (last {iso8601(one.last[kind])[:10]})"
        for kind, count in one.counts.items()
        if count
    ]
    return f"{one.address}  {', '.join(happened)}"


def _shown(one: "Segment", count: int) -> dict[str, Any]:
    return {
        "name": one.name,
        "application": one.application,
        "rule": one.rule,
        "created_at": iso8601(one.created_at),
        "recipients": count,
    }


@contextmanager
def _written(output: Path | None) -> Iterator[BinaryIO]:
    if output is None:
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    with output.open("wb") as file:
        yield file
