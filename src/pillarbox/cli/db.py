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
