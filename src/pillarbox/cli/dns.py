"""`pillarbox dns`: the records that customers set, and those of the service's own zone."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click
from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import PillarboxError
from pillarbox.cli.options import deployment, json_option, print_json, settings_options
from pillarbox.identity.records import DnsRecord

if TYPE_CHECKING:
    from pillarbox.identity.looking import Seen
    from pillarbox.store.identity.dkim_tokens import KeyRow
    from pillarbox.store.identity.identities import IdentityRow


@click.group()
def dns() -> None:
    """Print and check DNS records."""


@dns.command()
@settings_options
@json_option
@click.argument("identity")
@click.option("--account", help="The account's id. [default: the default account]")
def records(
    config: Path | None, data: Path | None, identity: str, account: str | None, *, as_json: bool
) -> None:
    """Print the records that verify a domain, to be set where its DNS is kept."""
    from pillarbox.identity.names import ServiceNames
    from pillarbox.identity.records import identity_records

    with deployment(config, data) as opened:
        row, keys = find_with_keys(opened.conn, account, identity)
        names = ServiceNames(opened.settings.service.domain)
    _print(identity_records(names, row, keys), as_json=as_json)


@dns.command()
@settings_options
@json_option
def zone(config: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Print the service's own zone, for those who serve it elsewhere than from our DNS listener."""
    from pillarbox.identity.names import ServiceNames
    from pillarbox.identity.records import zone_records
    from pillarbox.model.account import SERVICE_ACCOUNT
    from pillarbox.store.identity.dkim_tokens import list_keys, list_public_keys

    with deployment(config, data) as opened:
        keys = list_public_keys(opened.conn, now_ms())
        names = ServiceNames(opened.settings.service.domain)
        ours = list_keys(opened.conn, SERVICE_ACCOUNT, names.domain)
    own = [(one.selector, one.public_key) for one in ours]
    _print(zone_records(names, keys, own), as_json=as_json)


@dns.command()
@settings_options
@click.argument("identity")
@click.option("--account", help="The account's id. [default: the default account]")
def check(config: Path | None, data: Path | None, identity: str, account: str | None) -> None:
    """Look up a domain's records now and say what is there; exit code 1 when something is amiss."""
    from pillarbox.base.resolver import Resolver
    from pillarbox.identity.looking import look_up
    from pillarbox.identity.names import ServiceNames

    with deployment(config, data) as opened:
        row, keys = find_with_keys(opened.conn, account, identity)
        settings = opened.settings
    names = ServiceNames(settings.service.domain)
    resolver = Resolver(settings.dns.resolver or None)
    show_findings(asyncio.run(look_up(resolver, names, row, keys)))


def show_findings(seen: "Seen") -> None:
    """Print what DNS says; ends with exit code 1 when something is amiss."""
    for one in seen.all:
        click.echo(f"{one.state:10} {one.name} -> {one.expected}  {one.seen}".rstrip())
    if any(one.state != "found" for one in seen.all):
        raise SystemExit(1)


def find_with_keys(
    conn: Connection, account: str | None, identity: str
) -> tuple["IdentityRow", "list[KeyRow]"]:
    """Give an identity that has DNS records, with its keys."""
    from pillarbox.manage.deployment import DEFAULT_ACCOUNT
    from pillarbox.manage.identities.identities import lookup_name
    from pillarbox.store.identity.dkim_tokens import list_keys
    from pillarbox.store.identity.identities import find_identity

    account_id = account or DEFAULT_ACCOUNT
    row = find_identity(conn, account_id, lookup_name(identity))
    if row is None or (row.kind != "DOMAIN" and row.mail_from_domain is None):
        raise PillarboxError(f"{identity} is not a domain identity of this account")
    return row, list_keys(conn, account_id, row.name)


def _print(found: list[DnsRecord], *, as_json: bool) -> None:
    from pillarbox.identity.records import zone_file

    if as_json:
        print_json([asdict(one) for one in found])
    else:
        click.echo(zone_file(found), nl=False)
