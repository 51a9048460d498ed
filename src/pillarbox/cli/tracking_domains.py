"""`pillarbox tracking domains`: the hosts that links and pixels go through."""

import asyncio
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from pillarbox.base.clock import now_ms
from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import Settings
from pillarbox.cli.options import (
    account_option,
    deployment,
    json_option,
    note_change,
    print_json,
    settings_options,
)

if TYPE_CHECKING:
    from pillarbox.identity.tracking_finding import HostFinding
    from pillarbox.manage.tracking.domains import TrackingDomain


@click.group()
def domains() -> None:
    """Make, verify, list and delete trace domains."""


@domains.command()
@settings_options
@account_option
@json_option
@click.argument("prefix")
@click.argument("primary_domain")
def create(
    config: Path | None,
    data: Path | None,
    account: str,
    prefix: str,
    primary_domain: str,
    *,
    as_json: bool,
) -> None:
    """Make PREFIX.PRIMARY_DOMAIN, to be verified.

    The primary domain is the registrable domain of a verified sender domain: with mail.example.com
    verified, example.com.
    """
    from pillarbox.manage.tracking.domains import create_trace_domain

    with deployment(config, data) as opened:
        presumed = opened.settings.presume_verified
        made = create_trace_domain(
            opened.conn,
            account,
            primary_domain,
            prefix,
            now=now_ms(),
            everything_verified=presumed,
        )
        note_change(opened.conn, "trace-domain.create", f"{prefix}.{primary_domain}", account)
        settings = opened.settings
    _show([made], settings, as_json=as_json)


@domains.command("list")
@settings_options
@account_option
@json_option
def list_command(config: Path | None, data: Path | None, account: str, *, as_json: bool) -> None:
    """List trace domains, and the custom domains of configuration sets."""
    from pillarbox.manage.tracking.domains import list_tracking_domains

    with deployment(config, data) as opened:
        settings = opened.settings
        found = list_tracking_domains(
            opened.conn, account, everything_verified=settings.presume_verified
        )
    _show(found, settings, as_json=as_json)


@domains.command()
@settings_options
@account_option
@json_option
@click.argument("domain")
def verify(
    config: Path | None, data: Path | None, account: str, domain: str, *, as_json: bool
) -> None:
    """Look a domain up now and say what is there; exit code 1 when it does not lead to us."""
    from pillarbox.identity.tracking_checks import keep_finding
    from pillarbox.manage.tracking.domains import begin_verification, get_tracking_domain

    with deployment(config, data) as opened:
        settings, sealer = opened.settings, opened.sealer
        row = begin_verification(opened.conn, account, domain, now=now_ms())
        note_change(opened.conn, "trace-domain.verify", row.host, account)
    presumed = settings.presume_verified
    finding = None if presumed else asyncio.run(_look_up(settings, sealer, row.host))
    with deployment(config, data) as opened:
        if finding is not None:
            keep_finding(opened.conn, row, finding, now_ms())
        found = get_tracking_domain(opened.conn, account, row.host, everything_verified=presumed)
    _show([found], settings, as_json=as_json)
    if found.status != "SUCCESS":
        raise SystemExit(1)


@domains.command()
@settings_options
@account_option
@click.argument("domain")
def delete(config: Path | None, data: Path | None, account: str, domain: str) -> None:
    """Delete a trace domain that nothing uses."""
    from pillarbox.manage.tracking.domains import delete_trace_domain

    with deployment(config, data) as opened:
        delete_trace_domain(opened.conn, account, domain)
        note_change(opened.conn, "trace-domain.delete", domain, account)
    click.echo(f"{domain} is deleted")


async def _look_up(settings: Settings, sealer: Sealer, host: str) -> "HostFinding":
    from pillarbox.base.resolver import Resolver
    from pillarbox.identity.tracking_checks import open_host_lookup
    from pillarbox.identity.tracking_probe import PROBE_KEY

    resolver = Resolver(settings.dns.resolver or None)
    lookup, client = open_host_lookup(resolver, settings, sealer.derive(PROBE_KEY))
    try:
        return await lookup.look_up(host)
    finally:
        await client.close()
        await resolver.close()


def _show(found: "list[TrackingDomain]", settings: Settings, *, as_json: bool) -> None:
    from pillarbox.identity.names import ServiceNames

    if as_json:
        print_json([asdict(one) for one in found])
        return
    names = ServiceNames(settings.service.domain)
    target = names.tracking_targets(settings.track.url)[0]
    for one in found:
        click.echo(f"{one.domain}  {one.kind}  {one.status}  HTTPS {one.https_status}")
        if one.status != "SUCCESS":
            click.echo(f"  set {one.domain} CNAME {target}, or see docs/acceleration.md")
        for reason in (one.reason, one.https_reason and f"HTTPS: {one.https_reason}", one.hint):
            if reason:
                click.echo(f"  {reason}")
