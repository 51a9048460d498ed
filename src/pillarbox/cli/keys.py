"""`pillarbox keys`: access keys for applications."""

import json
import re
from pathlib import Path
from typing import Any

import click

from pillarbox.base.clock import iso8601, now_ms
from pillarbox.cli.options import deployment, json_option, note_change, print_json, settings_options


@click.group()
def keys() -> None:
    """Make, list and revoke access keys."""


@keys.command()
@settings_options
@json_option
@click.option("--account", help="The account's id. [default: the default account]")
@click.option(
    "--allow",
    multiple=True,
    metavar="OPERATIONS",
    callback=lambda _context, _option, value: parse_operations(value),
    help="Only these API operations, with commas between them; may be given several times.",
)
@click.option("--session", type=int, metavar="SECONDS", help="A temporary key for so long.")
def create(
    config: Path | None,
    data: Path | None,
    account: str | None,
    allow: tuple[str, ...] | None,
    session: int | None,
    *,
    as_json: bool,
) -> None:
    """Make an access key; its secret is shown this once.

    \b
    Examples:
      pillarbox keys create
      pillarbox keys create --allow SendEmail,SendRawEmail --json
      pillarbox keys create --session 3600
    """
    from pillarbox.manage.deployment import DEFAULT_ACCOUNT
    from pillarbox.manage.people.keys import create_key
    from pillarbox.proto.smtp.password import smtp_password

    with deployment(config, data) as opened:
        key = create_key(
            opened.conn,
            opened.sealer,
            account or DEFAULT_ACCOUNT,
            now=now_ms(),
            operations=allow,
            session_seconds=session,
        )
        note_change(opened.conn, "key.create", key.access_key_id, account or DEFAULT_ACCOUNT)
        region = opened.settings.service.region
    shown = {
        "AccessKeyId": key.access_key_id,
        "SecretAccessKey": key.secret_access_key,
        "SessionToken": key.session_token,
        "SmtpUsername": key.access_key_id,
        "SmtpPassword": smtp_password(key.secret_access_key, region),
    }
    shown = {name: value for name, value in shown.items() if value is not None}
    if as_json:
        print_json(shown)
        return
    for name, value in shown.items():
        click.echo(f"{name:16} {value}")
    click.echo("The secret is not shown again.", err=True)


@keys.command("list")
@settings_options
@json_option
@click.option("--account", help="Only this account's.")
def list_command(
    config: Path | None, data: Path | None, account: str | None, *, as_json: bool
) -> None:
    """List access keys, without their secrets."""
    from pillarbox.store.people.keys import list_keys

    with deployment(config, data) as opened:
        found = [
            {
                "AccessKeyId": row.id,
                "Account": row.account_id,
                "State": "revoked" if row.revoked_at else "active",
                "Operations": json.loads(row.operations) if row.operations else None,
                "Created": iso8601(row.created_at),
                "Expires": iso8601(row.expires_at) if row.expires_at else None,
            }
            for row in list_keys(opened.conn, account)
        ]
    if as_json:
        print_json(found)
        return
    for one in found:
        click.echo(_line(one))


@keys.command()
@settings_options
@click.argument("access_key_id")
def revoke(config: Path | None, data: Path | None, access_key_id: str) -> None:
    """End a key; the next request with it is refused, on every node."""
    from pillarbox.manage.people.keys import revoke_key

    with deployment(config, data) as opened:
        revoke_key(opened.conn, access_key_id, now=now_ms())
        note_change(opened.conn, "key.revoke", access_key_id)
    click.echo(f"{access_key_id} is revoked.")


def parse_operations(given: tuple[str, ...]) -> tuple[str, ...] | None:
    """Give the operations named by --allow, None when it is not used.

    Raises click.BadParameter for what is no operation's name: such a key could do nothing.
    """
    if not given:
        return None
    names = [name.strip() for text in given for name in text.split(",")]
    for name in names:
        if not re.fullmatch(r"[A-Z][A-Za-z0-9]+", name):
            raise click.BadParameter(f"{name!r} is no operation; an example: SendEmail,GetAccount")
    return tuple(names)


def _line(key: dict[str, Any]) -> str:
    operations = "all operations" if key["Operations"] is None else ",".join(key["Operations"])
    until = f"until {key['Expires']}" if key["Expires"] else "for ever"
    return "  ".join([key["AccessKeyId"], key["Account"], key["State"], until, operations])
