"""`pillarbox tracking`: opens and clicks. This file gathers its commands, and changes its keys."""

from pathlib import Path

import click

from pillarbox.base.clock import now_ms
from pillarbox.cli.options import deployment, json_option, print_json, settings_options
from pillarbox.cli.tracking_domains import domains
from pillarbox.cli.tracking_explain import explain
from pillarbox.cli.tracking_settings import settings


@click.group()
def tracking() -> None:
    """Look after open and click tracking."""


@tracking.command("rotate-key")
@settings_options
@json_option
def rotate_key(config: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Sign tracking URLs with a new key from a minute on; links in mail already sent stay good."""
    from pillarbox.track.keys import rotate_tracking_key

    with deployment(config, data) as opened:
        row = rotate_tracking_key(opened.conn, opened.sealer, now_ms())
    if as_json:
        print_json({"KeyId": row.id})
    else:
        click.echo(f"key {row.id} signs new mail in a minute; links in mail already sent stay good")


for command in (domains, settings, explain):
    tracking.add_command(command)
