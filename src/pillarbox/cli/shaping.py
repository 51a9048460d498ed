"""`pillarbox shaping`: what may be sent to whose hosts now, and why it is less than usual."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pillarbox.base.clock import iso8601, now_ms
from pillarbox.base.settings import Settings
from pillarbox.cli.options import deployment, json_option, print_json, settings_options

if TYPE_CHECKING:
    from pillarbox.deliver.groups import Groups
    from pillarbox.manage.addresses.shaping import GroupNow


@click.group()
def shaping() -> None:
    """See the limits of destination groups, and what made them smaller."""


@shaping.command("list")
@settings_options
@json_option
@click.option("--all", "everything", is_flag=True, help="Also groups that nothing is known of.")
def list_command(
    config: Path | None, data: Path | None, *, everything: bool, as_json: bool
) -> None:
    """List the groups that are used or have complained, with what holds for them now."""
    from pillarbox.manage.addresses.shaping import list_groups

    with deployment(config, data) as opened:
        found = list_groups(opened.conn, _groups(opened.settings), now_ms())
    shown = [one for one in found if everything or one.workers or one.shrunk_at]
    if as_json:
        print_json([asdict(one) for one in shown])
        return
    for one in shown:
        click.echo(_line(one))
    if not shown:
        click.echo("No group is in use, and none has complained (--all lists the tables).")


@shaping.command()
@settings_options
@json_option
@click.argument("group")
def show(config: Path | None, data: Path | None, group: str, *, as_json: bool) -> None:
    """Show a group: its limits, where they come from, its last complaint."""
    from pillarbox.manage.addresses.shaping import show_group

    with deployment(config, data) as opened:
        found = show_group(opened.conn, _groups(opened.settings), group, now_ms())
    if found is None:
        raise click.ClickException(f"nothing is known of a group {group}")
    if as_json:
        print_json(asdict(found))
        return
    click.echo(_line(found))
    click.echo(f"  {found.messages_per_connection} messages for each connection")
    if found.source:
        click.echo(f"  from: {found.source}")
    if found.shrunk_at:
        click.echo(f"  complained {iso8601(found.shrunk_at)}: {found.why}")


@shaping.command()
@settings_options
@click.argument("group")
def reset(config: Path | None, data: Path | None, group: str) -> None:
    """Forget what a group complained of and which addresses it blocked: full limits again."""
    from pillarbox.manage.addresses.shaping import reset_group

    with deployment(config, data) as opened:
        done = reset_group(opened.conn, group)
    click.echo(f"{group} has its full limits." if done else f"{group} has not complained.")


def _groups(settings: Settings) -> "Groups":
    from pillarbox.deliver.groups import load_groups

    deliver = settings.deliver
    return load_groups(deliver.connections_per_destination, deliver.groups_file)


def _line(one: "GroupNow") -> str:
    rate = f", {one.messages_per_second:g} messages/s" if one.messages_per_second else ""
    state = f"  shrunk to {one.factor:.0%}: {one.why}" if one.factor < 1 else ""
    workers = f", used by {one.workers} workers" if one.workers else ""
    return f"{one.name}  {one.connections} connections{rate}{workers}{state}"
