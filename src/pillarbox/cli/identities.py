"""`pillarbox identities`: what an account may send from, and looking it up now."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pillarbox.base.clock import now_ms
from pillarbox.cli.dns import find_with_keys, show_findings
from pillarbox.cli.options import deployment, json_option, note_change, print_json, settings_options

if TYPE_CHECKING:
    from pillarbox.manage.identities.identities import Identity


@click.group()
def identities() -> None:
    """List identities; look their DNS records up now."""


@identities.command("list")
@settings_options
@json_option
@click.option("--account", help="The account's id. [default: the default account]")
def list_command(
    config: Path | None, data: Path | None, account: str | None, *, as_json: bool
) -> None:
    """List the domains and addresses an account may send from, with the states of their checks."""
    from pillarbox.manage.deployment import DEFAULT_ACCOUNT
    from pillarbox.manage.identities.listing import every_identity

    with deployment(config, data) as opened:
        verified = opened.settings.presume_verified
        account_id = account or DEFAULT_ACCOUNT
        found = list(every_identity(opened.conn, account_id, everything_verified=verified))
    if as_json:
        print_json([asdict(one) for one in found])
        return
    for one in found:
        click.echo(_line(one))


@identities.command()
@settings_options
@click.argument("identity", metavar="NAME")
@click.option("--account", help="The account's id. [default: the default account]")
def check(config: Path | None, data: Path | None, identity: str, account: str | None) -> None:
    """Look an identity's records up now and keep what they say; exit code 1 if one is amiss.

    What has failed begins anew, for another 72 hours.

    \b
    Example:
      pillarbox identities check example.com
    """
    from pillarbox.base.resolver import Resolver
    from pillarbox.identity.checking import keep_findings
    from pillarbox.identity.looking import look_up
    from pillarbox.identity.names import ServiceNames
    from pillarbox.manage.identities.verification import check_now

    with deployment(config, data) as opened:
        row, _ = find_with_keys(opened.conn, account, identity)
        check_now(opened.conn, row.account_id, row.name, now=now_ms())
        note_change(opened.conn, "identity.check", row.name, row.account_id)
        row, keys = find_with_keys(opened.conn, account, identity)
        settings = opened.settings
    names = ServiceNames(settings.service.domain)
    resolver = Resolver(settings.dns.resolver or None)
    seen = asyncio.run(look_up(resolver, names, row, keys))
    with deployment(config, data) as opened:
        keep_findings(opened.conn, row, seen, now_ms())
    show_findings(seen)


def _line(one: "Identity") -> str:
    parts = [one.name, one.status]
    if one.kind == "DOMAIN":
        parts.append(f"DKIM {one.dkim_status}" + ("" if one.signing_enabled else " (off)"))
    if one.mail_from_domain is not None:
        parts.append(f"MAIL FROM {one.mail_from_domain} {one.mail_from_status}")
    if one.check_error is not None:
        parts.append(one.check_error)
    return "  ".join(parts)
