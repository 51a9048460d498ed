"""`pillarbox dns`: the records that customers set, and those of the service's own zone."""

import asyncio
from dataclasses import asdict
from pathlib import Path

import click
from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import PillarboxError
from pillarbox.cli.options import deployment, json_option, print_json, settings_options
from pillarbox.identity.records import DnsRecord


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
        tokens = _tokens(opened.conn, account, identity)
        names = ServiceNames(opened.settings.service.domain)
    _print(identity_records(names, identity, tokens), as_json=as_json)


@dns.command()
@settings_options
@json_option
def zone(config: Path | None, data: Path | None, *, as_json: bool) -> None:
    """Print the service's own zone, for those who serve it elsewhere than from our DNS listener."""
    from pillarbox.identity.names import ServiceNames
    from pillarbox.identity.records import zone_records
    from pillarbox.store.dkim_tokens import list_public_keys

    with deployment(config, data) as opened:
        keys = list_public_keys(opened.conn, now_ms())
        names = ServiceNames(opened.settings.service.domain)
    _print(zone_records(names, keys), as_json=as_json)


@dns.command()
@settings_options
@click.argument("identity")
@click.option("--account", help="The account's id. [default: the default account]")
def check(config: Path | None, data: Path | None, identity: str, account: str | None) -> None:
    """Look up a domain's records now and say what is there; exit code 1 when something is amiss."""
    from pillarbox.base.resolver import Resolver
    from pillarbox.identity.finding import look_up_tokens
    from pillarbox.identity.names import ServiceNames

    with deployment(config, data) as opened:
        tokens = _tokens(opened.conn, account, identity)
        settings = opened.settings
    names = ServiceNames(settings.service.domain)
    resolver = Resolver(settings.dns.resolver or None)
    findings = asyncio.run(look_up_tokens(resolver, names, identity, tokens))
    for one in findings:
        click.echo(f"{one.state:10} {one.name} -> {one.expected}  {one.seen}".rstrip())
    if any(one.state != "found" for one in findings):
        raise SystemExit(1)


def _tokens(conn: Connection, account: str | None, identity: str) -> list[str]:
    from pillarbox.manage.deployment import DEFAULT_ACCOUNT
    from pillarbox.store.identity_checks import tokens_of

    tokens = tokens_of(conn, account or DEFAULT_ACCOUNT, identity)
    if not tokens:
        raise PillarboxError(f"{identity} is not a domain identity of this account")
    return tokens


def _print(found: list[DnsRecord], *, as_json: bool) -> None:
    from pillarbox.identity.records import zone_file

    if as_json:
        print_json([asdict(one) for one in found])
    else:
        click.echo(zone_file(found), nl=False)
