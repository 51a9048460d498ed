"""`pillarbox accounts`: accounts, and what the operator decides about them."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pillarbox.base.clock import now_ms
from pillarbox.cli.options import deployment, json_option, note_change, print_json, settings_options
from pillarbox.model.account import Account


@click.group()
def accounts() -> None:
    """Make, list and change accounts."""


@accounts.command()
@settings_options
@json_option
@click.option("--id", "account_id", help="12 digits. [default: random]")
@click.option("--name", default="", help="A name for people.")
@click.option("--production/--sandbox", default=True, help="May it send to anybody?")
def create(
    config: Path | None,
    data: Path | None,
    account_id: str | None,
    name: str,
    *,
    production: bool,
    as_json: bool,
) -> None:
    """Make an account. In the sandbox it sends to verified recipients only, 200 a day."""
    from pillarbox.manage.people.accounts import create_account

    with deployment(config, data) as opened:
        account = create_account(
            opened.conn, now=now_ms(), account_id=account_id, name=name, production=production
        )
        note_change(opened.conn, "account.create", account.id, account.id)
    _show([account], as_json=as_json)


@accounts.command("list")
@settings_options
@json_option
def list_command(config: Path | None, data: Path | None, *, as_json: bool) -> None:
    """List the accounts."""
    from pillarbox.manage.people.accounts import list_accounts

    with deployment(config, data) as opened:
        found = list_accounts(opened.conn)
    _show(found, as_json=as_json)


@accounts.command("set")
@settings_options
@json_option
@click.argument("account_id", metavar="ID")
@click.option("--production/--sandbox", default=None, help="May it send to anybody?")
@click.option("--max-24h", type=float, help="Recipients in 24 hours; -1: no limit.")
@click.option("--max-rate", type=float, help="Recipients a second; 0: no limit.")
@click.option("--suspend", "status", flag_value="suspended", help="Stop its sending for now.")
@click.option("--restrict", "status", flag_value="restricted", help="Stop its sending for good.")
@click.option("--restore", "status", flag_value="active", help="Let it send again.")
@click.option("--close", "status", flag_value="closed", help="Refuse all its requests.")
def set_command(
    config: Path | None, data: Path | None, account_id: str, *, as_json: bool, **given: Any
) -> None:
    """Change an account; it holds for the next request on every node."""
    from pillarbox.manage.people.accounts import set_account

    changes = {name: value for name, value in given.items() if value is not None}
    with deployment(config, data) as opened:
        account = set_account(opened.conn, account_id, changes, now=now_ms())
        note_change(opened.conn, "account.set", account.id, account.id, **changes)
    _show([account], as_json=as_json)


def _show(found: Any, *, as_json: bool) -> None:
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        click.echo(_line(one))


def _line(one: Account) -> str:
    access = "production" if one.production else "sandbox"
    limit = "no daily limit" if one.max_24h < 0 else f"{one.max_24h:g} a day"
    held = "" if one.enforcement == "HEALTHY" else f"  {one.enforcement}"
    return f"{one.id}  {one.name}  {access}  {one.status}  {limit}{held}"
