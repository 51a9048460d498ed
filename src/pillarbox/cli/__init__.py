"""The command line: one command a file. This file gathers them and words what goes wrong."""

import sys
from typing import NoReturn

import click

from pillarbox.base.errors import PillarboxError
from pillarbox.cli.accounts import accounts
from pillarbox.cli.db import db
from pillarbox.cli.demo import demo
from pillarbox.cli.dns import dns
from pillarbox.cli.doctor import doctor
from pillarbox.cli.events import events
from pillarbox.cli.identities import identities
from pillarbox.cli.ips import ips
from pillarbox.cli.keys import keys
from pillarbox.cli.queue import queue
from pillarbox.cli.reports import reports
from pillarbox.cli.reputation import reputation
from pillarbox.cli.send import send
from pillarbox.cli.serve import serve
from pillarbox.cli.shaping import shaping
from pillarbox.cli.suppression import suppression
from pillarbox.cli.topics import topics
from pillarbox.cli.tracking import tracking
from pillarbox.cli.users import users


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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


for command in (
    serve,
    demo,
    send,
    queue,
    shaping,
    keys,
    accounts,
    reputation,
    identities,
    ips,
    dns,
    tracking,
    topics,
    events,
    users,
    suppression,
    reports,
    db,
    doctor,
):
    pillarbox.add_command(command)


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
