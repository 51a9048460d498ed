"""The command line: one command a file. This file gathers them and words what goes wrong."""

import sys
from importlib import import_module
from typing import NoReturn

import click

from pillarbox.base.errors import PillarboxError

#: Each is in the module of its name, in the order of the help.
COMMANDS = (
    "serve",
    "demo",
    "send",
    "queue",
    "shaping",
    "keys",
    "accounts",
    "reputation",
    "identities",
    "ips",
    "dns",
    "tracking",
    "topics",
    "events",
    "segments",
    "users",
    "suppression",
    "reports",
    "db",
    "doctor",
)


class Commands(click.Group):
    """The commands; one is loaded when it is asked for, so that none waits for the others."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Give the names of all commands."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Give the command of a name, None where there is none."""
        del ctx
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"pillarbox.cli.{cmd_name}"), cmd_name)
        return command


@click.group(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(package_name="pillarbox")
def pillarbox() -> None:
    """Pillarbox: send email from your own machines, through the Amazon Pinpoint and SES APIs.

    \b
    Start here:
      pillarbox demo           the whole way of a message on this machine, in a minute
      pillarbox serve          a server on this machine; mail is captured, not sent
      pillarbox keys create    an access key for an application
      pillarbox queue list     what waits for delivery
      pillarbox doctor         what keeps it from working

    Settings come from a TOML file (--config) and from the environment (PILLARBOX_<SECTION>_<NAME>);
    the data directory is --data or PILLARBOX_DATA.
    """


def main() -> None:
    """Run the command line; what a user can mend is one line on standard error and exit code 1."""
    try:
        pillarbox(prog_name="pillarbox")
    except PillarboxError as error:
        _fail(error.message)
    except OSError as error:
        _fail(str(error))
    except _store_errors() as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()
        _fail(f"the store can't be used: {reason[0] if reason else type(error).__name__}")


def _store_errors() -> tuple[type[Exception], ...]:
    """Give the errors of SQLAlchemy, without loading it: what is not loaded has not failed."""
    loaded = sys.modules.get("sqlalchemy.exc")
    return (loaded.SQLAlchemyError,) if loaded else ()


def _fail(message: str) -> NoReturn:
    click.echo(f"pillarbox: {message}", err=True)
    sys.exit(1)
