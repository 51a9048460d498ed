"""How `pillarbox doctor` looks at the way out: others' port 25, or our smart host.

It connects and greets, logs in at the smart host, and sends nothing.
"""

import asyncio

from pillarbox.base.resolver import Resolver
from pillarbox.base.settings import Settings
from pillarbox.cli.diagnosis import OK, PROBLEM, WARNING, Diagnosis

PROBE_SECONDS = 10.0
HOSTS = 3
SUBJECT = "way out"


async def direct_way(settings: Settings, resolver: Resolver, probe: str) -> Diagnosis:
    """Look up the MX hosts of somebody and wait for a greeting (RFC 5321 §3.1).

    Hosts are asked at the same time; when none of them answers at all, it is not they who are down.
    """
    answer = await resolver.query(probe, "MX")
    if answer.status != "ok":
        text = f"no MX of {probe}: {answer.detail or answer.status}"
        return Diagnosis(SUBJECT, PROBLEM, text)
    ordered = sorted(answer.records, key=lambda record: int(record.split()[0]))
    hosts = [record.partition(" ")[2] for record in ordered[:HOSTS]]
    port = settings.deliver.smtp_port
    found = await asyncio.gather(*(_greeting(resolver, host, port) for host in hosts))
    for host, (greeting, _) in zip(hosts, found, strict=True):
        if greeting is not None:
            state = OK if greeting.startswith("220") else WARNING
            return Diagnosis(SUBJECT, state, f"{host} port {port} greets: {greeting[:60]}")
    return Diagnosis(SUBJECT, PROBLEM, _no_way(port, hosts, [why for _, why in found]))


def _no_way(port: int, hosts: list[str], reasons: list[str]) -> str:
    from pillarbox.deliver.way_out import blocked

    pairs = zip(hosts, reasons, strict=True)
    tried = ", ".join(f"{host} port {port}: {why}" for host, why in pairs)
    if all("refused" not in why for why in reasons):
        return f"{blocked(port)} (tried {tried})"
    return f"{tried}; many networks close port {port}, ask your provider"


async def _greeting(resolver: Resolver, host: str, port: int) -> tuple[str | None, str]:
    """Give a host's greeting, or None and why there is none."""
    addresses = await resolver.query(host, "A")
    try:
        async with asyncio.timeout(PROBE_SECONDS):
            reader, writer = await asyncio.open_connection((addresses.records or (host,))[0], port)
            try:
                greeting = (await reader.readline()).decode("latin-1").strip()
            finally:
                writer.close()
    except TimeoutError:
        return None, f"no answer in {PROBE_SECONDS:g} seconds"
    except ConnectionRefusedError:
        return None, "connection refused"
    except OSError as error:
        return None, str(error)
    return greeting, ""


async def relay_way(settings: Settings, resolver: Resolver) -> Diagnosis:
    """Log in at the smart host, and leave again."""
    from pillarbox.base.errors import StartError
    from pillarbox.deliver.handshake import TlsContexts
    from pillarbox.deliver.relay import RelayHost, relay_port
    from pillarbox.deliver.settings import DeliverSettings, Timeouts
    from pillarbox.deliver.way_out import WayOut
    from pillarbox.identity.names import ServiceNames

    relay = settings.relay
    where = f"smart host {relay.host} port {relay_port(relay)}"
    timeouts = Timeouts(connect=PROBE_SECONDS, greeting=PROBE_SECONDS, command=PROBE_SECONDS)
    deliver = DeliverSettings(hello=ServiceNames(settings.service.domain).helo, timeouts=timeouts)
    try:
        host = RelayHost(relay, deliver, resolver, TlsContexts(settings.tls.ca_file), WayOut())
    except StartError as error:
        return Diagnosis(SUBJECT, PROBLEM, error.message)
    why = await host.check()
    if why is not None:
        return Diagnosis(SUBJECT, PROBLEM, f"{where}: {why}")
    took = f"takes the login of {relay.username}" if relay.username else "answers"
    return Diagnosis(SUBJECT, OK, f"{where} {took}")
