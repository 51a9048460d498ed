"""`pillarbox tracking`: open and click tracking. This file gathers its commands."""

import click

from pillarbox.cli.tracking_domains import domains
from pillarbox.cli.tracking_explain import explain
from pillarbox.cli.tracking_settings import settings


@click.group()
def tracking() -> None:
    """Open and click tracking: its domains, its settings, its reasons."""


for command in (domains, settings, explain):
    tracking.add_command(command)
