"""`pillarbox doctor`: looks at settings, store, DNS and the way out, and says what is amiss.

It changes nothing: a store that is not there yet is not made. `examine` is the table of contents.
"""

import asyncio
import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import asdict
from pathlib import Path

import click
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from pillarbox.base.errors import PillarboxError
from pillarbox.base.resolver import Resolver
from pillarbox.base.settings import Settings
from pillarbox.cli.diagnosis import OK, PROBLEM, WARNING, Diagnosis
from pillarbox.cli.doctor_addresses import look_at_addresses, look_at_blocks, own_addresses
from pillarbox.cli.doctor_way_out import PROBE_SECONDS, direct_way, relay_way
from pillarbox.cli.options import json_option, load_settings, print_json, settings_options

NO_DNS = "DNS gives no answer"
CERTIFICATE_DAYS = 14
_COLOURS = {OK: "green", WARNING: "yellow", PROBLEM: "red"}


@click.command()
@settings_options
@json_option
@click.option("--probe", default="gmail.com", show_default=True, help="Whose MX to try, port 25.")
def doctor(config: Path | None, data: Path | None, probe: str, *, as_json: bool) -> None:
    """Say what keeps this deployment from working; exit code 1 when something does.

    Looks at settings, data directory, store, DNS, the service's zone and the way out: in direct
    mode whether port 25 is open to the outside, in relay mode whether the smart host takes our
    login. It sends no mail and changes nothing.

    \b
    Examples:
      pillarbox doctor --config /etc/pillarbox.toml
      pillarbox doctor --probe example.org --json
    """
    found = list(examine(load_settings(config, data), probe))
    if as_json:
        print_json([asdict(one) for one in found])
    else:
        for one in found:
            state = click.style(f"{one.state:8}", fg=_COLOURS[one.state])
            click.echo(f"{state} {one.subject:10} {one.text}")
    if any(one.state == PROBLEM for one in found):
        raise SystemExit(1)


def examine(settings: Settings, probe: str) -> Iterator[Diagnosis]:
    """Look at everything in turn; `probe`: the domain whose MX is tried."""
    yield _settings(settings)
    yield _tracking(settings)
    yield _data_folder(settings)
    yield _store(settings)
    yield _service(settings)
    yield _submission(settings)
    if settings.scan.clamd:
        yield asyncio.run(_scanner(settings))
    yield from _aws(settings)
    if not settings.capturing:
        yield from asyncio.run(_outside(settings, probe))


def _settings(settings: Settings) -> Diagnosis:
    mode, domain = settings.deliver.mode, settings.service.domain
    return Diagnosis("settings", OK, f"mode {mode}, service domain {domain}")


def _tracking(settings: Settings) -> Diagnosis:
    """Say whether recipients can reach the tracking listener, and over HTTPS."""
    from pillarbox.accept.tracking_host import own_host

    own = own_host(settings)
    if own.url is None:
        text = "[track] url is not set: nothing is tracked but through custom domains"
        return Diagnosis("tracking", WARNING, text)
    if not own.secure and not settings.capturing:
        text = f"{own.url} has no HTTPS: what must be https is tracked on custom domains alone"
        return Diagnosis("tracking", WARNING, text)
    return Diagnosis("tracking", OK, f"links go through {own.url}")


async def _scanner(settings: Settings) -> Diagnosis:
    """Say whether the content scanner answers: without it nothing is sent."""
    from pillarbox.scan.clamd import Clamd

    scan = settings.scan
    try:
        amiss = await Clamd(scan.clamd, scan.timeout_seconds, scan.connections).ping()
    except PillarboxError as error:
        return Diagnosis("scanner", PROBLEM, error.message)
    if amiss is not None:
        return Diagnosis("scanner", PROBLEM, f"mail waits: clamd at {scan.clamd}: {amiss}")
    return Diagnosis("scanner", OK, f"clamd at {scan.clamd} answers")


def _data_folder(settings: Settings) -> Diagnosis:
    folder = settings.data
    if not folder.exists():
        return Diagnosis("data", WARNING, f"{folder} is not there yet: the first start makes it")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Diagnosis("data", PROBLEM, f"{folder} can't be written by this user")
    if folder.stat().st_mode & 0o077:
        return Diagnosis("data", WARNING, f"others can look into {folder}: chmod 700 {folder}")
    return Diagnosis("data", OK, str(folder.resolve()))


def _store(settings: Settings) -> Diagnosis:
    from pillarbox.base.secrets import Sealer, find_master_key
    from pillarbox.manage.deployment import check_deployment
    from pillarbox.store.migrate import current_revision, newest_revision
    from pillarbox.store.store import Store

    url = make_url(settings.store_url)
    shown = url.render_as_string(hide_password=True)
    if url.get_backend_name() == "sqlite" and not Path(url.database or "").exists():
        return Diagnosis("store", WARNING, f"{shown} is not there yet: the first start makes it")
    try:
        with closing(Store(settings.store_url)) as store, store.engine.connect() as conn:
            revision, newest = current_revision(conn), newest_revision()
            if revision != newest:
                text = f"{shown} is at revision {revision or 'none'}, not {newest}: db upgrade"
                return Diagnosis("store", WARNING, text)
            key = find_master_key(settings.data, os.environ)
            if key is None:
                return Diagnosis("store", PROBLEM, f"{shown} is there, its master key is not")
            check_deployment(conn, settings, Sealer(key))
            conn.rollback()
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        return Diagnosis("store", PROBLEM, f"{shown}: {reason}")
    except PillarboxError as error:
        return Diagnosis("store", PROBLEM, error.message)
    return Diagnosis("store", OK, f"{shown}, revision {revision}, the master key fits")


def _service(settings: Settings) -> Diagnosis:
    """Say whether a service answers where the settings have it listen."""
    import http.client

    listen = settings.listen.api
    connection = http.client.HTTPConnection(listen.host, listen.port, timeout=PROBE_SECONDS)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        text = answer.read(1000).decode("utf-8", "replace").strip()
    except (OSError, http.client.HTTPException):
        return Diagnosis("service", WARNING, f"nothing answers at {listen}: it is not running")
    finally:
        connection.close()
    return Diagnosis("service", OK if answer.status == 200 else PROBLEM, f"{listen}: {text}")


def _submission(settings: Settings) -> Diagnosis:
    """Say whether applications can hand in mail over SMTP."""
    from pillarbox.base.sockets import is_loopback_host
    from pillarbox.wire.smtp.certificates import certificate_files, days_left
    from pillarbox.wire.smtp.opening import IN_CLEAR, NO_CERTIFICATE

    if not settings.tls.cert_file and settings.capturing:
        return Diagnosis("smtp", OK, "a self-made certificate, as is fit for capture mode")
    files = certificate_files(settings)
    if files is None:
        open_way = settings.submission.allow_plain_auth_on_loopback and is_loopback_host(
            settings.listen.submission.host
        )
        return Diagnosis("smtp", WARNING, IN_CLEAR if open_way else NO_CERTIFICATE)
    try:
        days = days_left(*files)
    except PillarboxError as error:
        return Diagnosis("smtp", PROBLEM, error.message)
    if days < CERTIFICATE_DAYS:
        ends = f"ends in {days} days" if days >= 0 else "has ended"
        return Diagnosis("smtp", PROBLEM if days < 0 else WARNING, f"{files[0]} {ends}")
    return Diagnosis("smtp", OK, f"the certificate {files[0]} is good for {days} days")


def _aws(settings: Settings) -> list[Diagnosis]:
    """Say whether the configured services of AWS answer, and know our key."""
    from pillarbox.cli.aws_check import ask_aws

    return [
        Diagnosis("aws", PROBLEM if amiss else OK, f"[{section}] {amiss or 'answers'}")
        for section, amiss in asyncio.run(ask_aws(settings)).items()
    ]


async def _outside(settings: Settings, probe: str) -> list[Diagnosis]:
    resolver = Resolver(settings.dns.resolver or None)
    try:
        way = (
            relay_way(settings, resolver)
            if settings.relaying
            else direct_way(settings, resolver, probe)
        )
        zone, addresses, dane, way_out = await asyncio.gather(
            _zone(settings, resolver),
            look_at_addresses(settings, resolver),
            _dane(settings, resolver),
            way,
        )
        inbound = [] if zone.text.startswith(NO_DNS) else await _inbound(settings, resolver)
        return [zone, *inbound, *addresses, *look_at_blocks(settings), dane, way_out]
    finally:
        await resolver.close()


async def _zone(settings: Settings, resolver: Resolver) -> Diagnosis:
    """Compare what DNS says of our zone with what we say of it."""
    from pillarbox.identity.names import ServiceNames

    names = ServiceNames(settings.service.domain)
    answer = await resolver.query(names.bounce_domain, "MX", fresh=True)
    wanted = f"10 {names.helo}"
    if answer.status == "trouble":
        return Diagnosis("zone", PROBLEM, f"{NO_DNS}: {answer.detail}")
    if wanted not in answer.records:
        seen = ", ".join(answer.records) or "nothing"
        text = f"{names.bounce_domain} MX should be “{wanted}”, DNS has {seen}: see `dns zone`"
        return Diagnosis("zone", PROBLEM, text)
    return Diagnosis("zone", OK, f"{names.bounce_domain} MX {wanted}")


async def _inbound(settings: Settings, resolver: Resolver) -> list[Diagnosis]:
    """Look whether bounces find their way to us, and at the SPF record of our return paths."""
    from pillarbox.cli.doctor_inbound import look_at_spf, look_at_way_in

    sending = [one.address for one in own_addresses(settings)]
    found = {
        "way in": await look_at_way_in(settings, resolver),
        "spf": await look_at_spf(settings, resolver, sending),
    }
    return [
        Diagnosis(subject, OK if one.good else PROBLEM if one.fatal else WARNING, one.text)
        for subject, one in found.items()
    ]


async def _dane(settings: Settings, resolver: Resolver) -> Diagnosis:
    """Say whether the resolver vouches for anything, without which there is no DANE."""
    if not settings.deliver.dane:
        return Diagnosis("dane", OK, "off: [deliver] dane is false")
    answer = await resolver.query(".", "NS", fresh=True)  # the root is signed
    if answer.authenticated:
        return Diagnosis("dane", OK, "the resolver validates: TLSA records are kept to")
    if answer.status == "trouble":
        return Diagnosis("dane", WARNING, f"DNS gives no answer: {answer.detail}")
    text = "the resolver does not validate, or is not on loopback: no TLSA record is looked at"
    return Diagnosis("dane", WARNING, text)
