"""What most commands share: where the settings are, and the store they open."""

import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ApiError, PillarboxError
from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import Settings
from pillarbox.base.settings_source import load

if TYPE_CHECKING:
    from pillarbox.store.store import Store

#: As `manage/deployment.py` makes it; written again here so that `--help` loads no store.
DEFAULT_ACCOUNT = "123456789012"


def settings_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --config and --data to a command."""
    config = click.option(
        "--config",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Settings, TOML. Without one, this is a server in capture mode.",
    )
    data = click.option(
        "--data",
        type=click.Path(file_okay=False, path_type=Path),
        help="The data directory. [default: PILLARBOX_DATA, or ./pillarbox-data]",
    )
    return config(data(command))


def json_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --json to a command."""
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, for programs.")(
        command
    )


def account_option(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add --account to a command: the account it is about."""
    return click.option(
        "--account", default=DEFAULT_ACCOUNT, help="The account's id. [default: the default one]"
    )(command)


def load_settings(config: Path | None, data: Path | None, *, capture: bool = False) -> Settings:
    """Load the settings as the command line says."""
    return load(config, os.environ, capture=capture, data=data)


@dataclass(frozen=True, slots=True)
class OpenDeployment:
    """A deployment's store, with what opens its secrets."""

    store: "Store"
    sealer: Sealer
    settings: Settings


@dataclass(frozen=True, slots=True)
class OpenStore:
    """A transaction of a deployment's store, with what opens its secrets."""

    conn: Connection
    sealer: Sealer
    settings: Settings


@contextmanager
def open_store(config: Path | None, data: Path | None) -> Iterator[OpenDeployment]:
    """Open a deployment's store for transactions of the command's own; a new one is made ready
    first.
    """
    from pillarbox.node.preparing import prepare_store
    from pillarbox.store.store import Store

    settings = load_settings(config, data)
    make_data_folder(settings)
    store = Store(settings.store_url)
    try:
        sealer, _ = prepare_store(store, settings, os.environ, first_key=False)
        yield OpenDeployment(store, sealer, settings)
    except ApiError as error:
        raise PillarboxError(error.message) from error
    finally:
        store.close()


@contextmanager
def deployment(config: Path | None, data: Path | None) -> Iterator[OpenStore]:
    """Open a deployment's store for one transaction."""
    with open_store(config, data) as opened, opened.store.transaction() as conn:
        yield OpenStore(conn, opened.sealer, opened.settings)


def note_change(
    conn: Connection, action: str, subject: str, account_id: str | None = None, **detail: object
) -> None:
    """Write into the audit log that the command line changes something, in its transaction."""
    from pillarbox.manage.people.audit import Actor, record_audit

    record_audit(
        conn,
        Actor(name="operator", via="cli"),
        now=now_ms(),
        action=action,
        subject=subject,
        account_id=account_id,
        detail=detail,
    )


def make_data_folder(settings: Settings) -> None:
    """Make the data directory where there is none, for this user only: it holds people's mail."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)


def print_json(value: Any) -> None:
    """Print a value for programs."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False))
