"""`pillarbox users`: people who use the console."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from pillarbox.base.clock import iso8601, now_ms
from pillarbox.cli.options import deployment, json_option, note_change, print_json, settings_options
from pillarbox.model.user import ROLES, User


@click.group()
def users() -> None:
    """Make, list and change users of the console."""


def password_option(command: Any) -> Any:
    """Let a script hand in the password; a person is asked for it."""
    return click.option(
        "--password-stdin", is_flag=True, help="Read the password from standard input."
    )(command)


@users.command()
@settings_options
@json_option
@password_option
@click.argument("name")
@click.option("--role", type=click.Choice(list(ROLES)), default="viewer", show_default=True)
@click.option("--account", help="The only account that it sees. [default: all]")
def create(
    config: Path | None,
    data: Path | None,
    name: str,
    role: str,
    account: str | None,
    *,
    password_stdin: bool,
    as_json: bool,
) -> None:
    """Make a user.

    \b
    Examples:
      pillarbox users create "Ada Lovelace" --role admin
      pass show pillarbox | pillarbox users create ada --role operator --password-stdin
    """
    from pillarbox.manage.people.users import NewUser, create_user, parse_role

    password_hash = _new_hash(name, from_stdin=password_stdin)
    with deployment(config, data) as opened:
        new = NewUser(
            name=name, password_hash=password_hash, role=parse_role(role), account_id=account
        )
        user = create_user(opened.conn, new, now=now_ms())
        _note(opened.conn, "user.create", user)
    _show([user], as_json=as_json)


@users.command("list")
@settings_options
@json_option
def list_command(config: Path | None, data: Path | None, *, as_json: bool) -> None:
    """List the users."""
    from pillarbox.manage.people.users import list_users

    with deployment(config, data) as opened:
        found = list_users(opened.conn)
    _show(found, as_json=as_json)


@users.command("set-password")
@settings_options
@password_option
@click.option("--codes-off", is_flag=True, help="Ask for no one-time codes any more, too.")
@click.argument("name")
def set_password_command(
    config: Path | None, data: Path | None, name: str, *, password_stdin: bool, codes_off: bool
) -> None:
    """Give a user a new password; its sessions end. The way back in for who is locked out."""
    from pillarbox.manage.people.users import get_user_called, set_password, set_totp

    password_hash = _new_hash(name, from_stdin=password_stdin)
    with deployment(config, data) as opened:
        user = get_user_called(opened.conn, name)
        set_password(opened.conn, user.id, password_hash)
        if codes_off:
            set_totp(opened.conn, user.id, None, None)
        _note(opened.conn, "user.password", user)
    click.echo(f"{user.name} has a new password.")


@users.command()
@settings_options
@click.argument("name")
def delete(config: Path | None, data: Path | None, name: str) -> None:
    """Remove a user and end its sessions."""
    from pillarbox.manage.people.users import delete_user, get_user_called

    with deployment(config, data) as opened:
        user = delete_user(opened.conn, get_user_called(opened.conn, name).id)
        _note(opened.conn, "user.delete", user)
    click.echo(f"{user.name} is deleted.")


def _new_hash(name: str, *, from_stdin: bool) -> str:
    from pillarbox.base.passwords import hash_password
    from pillarbox.manage.people.users import check_password_choice, check_user_name

    check_user_name(name)
    if from_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)
    return hash_password(check_password_choice(password, name))


def _note(conn: Any, action: str, user: User) -> None:
    note_change(conn, action, user.name)


def _show(found: Any, *, as_json: bool) -> None:
    if as_json:
        shown = [asdict(one) | {"id": one.id.hex(), "role": one.role_name} for one in found]
        print_json(shown)
        return
    for one in found:
        seen = f"last signed in {iso8601(one.last_login_at)}" if one.last_login_at else "never seen"
        state = "disabled" if one.disabled_at else "active"
        click.echo(
            f"{one.name}  {one.role_name}  {one.account_id or 'all accounts'}  {state}  {seen}"
        )
