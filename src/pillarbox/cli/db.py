"""`pillarbox db`: the database."""

from pathlib import Path

import click

from pillarbox.cli.options import load_settings, make_data_folder, settings_options


@click.group()
def db() -> None:
    """Look after the database."""


@db.command()
@settings_options
def upgrade(config: Path | None, data: Path | None) -> None:
    """Bring the database to this release's schema; one process does it, others wait.

    `serve` does the same when it starts.
    """
    from pillarbox.store.migrate import upgrade as run_migrations
    from pillarbox.store.store import Store

    settings = load_settings(config, data)
    make_data_folder(settings)
    store = Store(settings.store_url)
    try:
        before, after = run_migrations(store)
    finally:
        store.close()
    click.echo(f"at {after}" if before == after else f"from {before or 'nothing'} to {after}")


@db.command("mode")
@settings_options
@click.argument("mode", type=click.Choice(["direct", "relay"]))
def change_mode_command(config: Path | None, data: Path | None, mode: str) -> None:
    """Change how a deployment sends: to MX hosts itself, or through a smart host.

    Stop all nodes first, and set [deliver] mode for the next start. Mail that waits goes the new
    way. A deployment in capture mode keeps it: its mail was never meant to leave.
    """
    from pillarbox.manage.deployment import change_mode
    from pillarbox.store.store import Store

    settings = load_settings(config, data)
    make_data_folder(settings)
    store = Store(settings.store_url)
    try:
        with store.transaction() as conn:
            before = change_mode(conn, mode)
    finally:
        store.close()
    click.echo(f"{mode} mode" if before == mode else f"from {before} to {mode} mode")
