"""Delivery to the recipient's own servers: route, then the hosts in order, until one decides.

Takes an envelope and its content, hands on an `Outcome`. A host that can't be reached or greets
with a refusal is passed over; what a server says to the message itself (MAIL, RCPT, DATA, content)
is final for the attempt, and so is `Unknown` (design §2).
"""

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pillarbox.deliver.connection import Endpoint, Opened
from pillarbox.deliver.fallback import Fallback
from pillarbox.deliver.pool import Pool
from pillarbox.deliver.route import Host, Resolver, Router, domain_of, unroutable
from pillarbox.deliver.settings import DeliverSettings, Sources, opportunistic_tls
from pillarbox.deliver.way_out import WayOut
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Attempt, Deferred, Failed, Outcome, Reply
from pillarbox.proto.smtp_events import Finished, Tls

_LOOP = Failed(Reply(554, "5.4.6 Mail for the domain loops back to this server", "5.4.6"))
_LATER = Deferred(Reply(451, "4.4.1 No host could be tried in time", "4.4.1"))
_REMEMBER_PLAIN_S = 600.0


@dataclass(frozen=True, slots=True)
class _Mail:
    """One message on its way, and where it leaves from."""

    envelope: Envelope
    content: Sequence[bytes]
    sources: Sources


class MxDeliverer:
    """Delivers to MX hosts; one per event loop."""

    def __init__(
        self,
        resolver: Resolver,
        settings: DeliverSettings,
        *,
        tls: ssl.SSLContext | None = None,
        way_out: WayOut | None = None,
    ) -> None:
        self._settings = settings
        self._router = Router(resolver, allow_private=settings.allow_private_destinations)
        self._pool = Pool(settings, tls or opportunistic_tls())
        self._way_out = way_out or WayOut()
        self._fallback = Fallback(settings.fallback_s, _now)
        self._plain: dict[tuple[str, int], float] = {}

    async def deliver(
        self, envelope: Envelope, content: Sequence[bytes], sources: Sources | None = None
    ) -> Outcome:
        """Try once to deliver one message; never raises for what the network does.

        `sources`: where its connections leave from; None: from where the settings say.
        """
        refused = unroutable(envelope.recipient)
        if refused is not None:
            return refused
        hosts = await self._router.hosts(domain_of(envelope.recipient))
        if not isinstance(hosts, tuple):
            return hosts
        mail = _Mail(envelope, content, sources or self._settings.sources)
        return await self._try_hosts(hosts, mail)

    async def close(self) -> None:
        """Close the kept connections."""
        await self._pool.close()

    async def _try_hosts(self, hosts: tuple[Host, ...], mail: _Mail) -> Outcome:
        clock = asyncio.get_running_loop().time
        until = clock() + self._settings.attempt_s
        best: Outcome | None = None
        tried: list[Attempt] = []
        for host in hosts:
            addresses = await self._addresses(host, mail.sources)
            if not isinstance(addresses, tuple):
                best = _better(best, addresses)
                continue
            if self._is_ours(addresses):
                # This host and those after it would send it back to us (RFC 5321 §5.1).
                return best or _LOOP
            for address, patience in self._fallback.plan(addresses):
                if len(tried) >= self._settings.max_hosts or clock() >= until:
                    return _with(tried, best or _LATER)
                endpoint = replace(self._endpoint(host, address, mail), patience=patience)
                result = await self._try(endpoint, mail)
                self._tell(endpoint, result)
                if isinstance(result, Finished):
                    return _with(tried, result.outcome)
                if result.refused is not None:
                    tried.append(result.refused.outcome.attempt)
                    best = _better(best, result.refused.outcome)
        return _with(tried, best or _LATER)

    async def _addresses(self, host: Host, sources: Sources) -> tuple[str, ...] | Failed | Deferred:
        """Give a host's addresses that the sources reach.

        A host that only an address we lack would reach is no reason to give a message up.
        """
        found = await self._router.addresses(host, sources.versions)
        if isinstance(found, Failed) and 4 not in sources.versions:
            others = await self._router.addresses(host, (4,))
            if isinstance(others, tuple):
                why = f"4.3.5 Pool {sources.pool} has no IPv4 address to reach {host.name} from"
                return Deferred(Reply(451, why, "4.3.5"))
        return found

    async def _try(self, endpoint: Endpoint, mail: _Mail) -> Finished | Opened:
        """Deliver over one endpoint; in plain text after a failed handshake, if that may be."""
        result = await self._pool.deliver(endpoint, mail.envelope, mail.content)
        if isinstance(result, Opened) and result.tls_failed and endpoint.tls is Tls.OFFERED:
            self._remember_plain(endpoint)
            plain = replace(endpoint, tls=Tls.NEVER)
            return await self._pool.deliver(plain, mail.envelope, mail.content)
        return result

    def _tell(self, endpoint: Endpoint, result: Finished | Opened) -> None:
        """Take note of whether somebody answered."""
        refused = result.refused.outcome if isinstance(result, Opened) and result.refused else None
        self._way_out.tried(endpoint.host, endpoint.port, refused)
        if refused is not None and endpoint.patience and refused.reply.enhanced == "4.4.1":
            self._fallback.was_silent(endpoint.address)

    def _is_ours(self, addresses: tuple[str, ...]) -> bool:
        port = self._settings.smtp_port
        return any((address, port) in self._settings.own_endpoints for address in addresses)

    def _endpoint(self, host: Host, address: str, mail: _Mail) -> Endpoint:
        port = self._settings.smtp_port
        source = mail.sources.to(address)
        if mail.envelope.tls_required:
            tls = Tls.REQUIRED
        elif self._plain.get((address, port), 0.0) > asyncio.get_running_loop().time():
            tls = Tls.NEVER
        else:
            tls = Tls.OFFERED
        return Endpoint(host.name, address, port, tls, source.hello, source.bind)

    def _remember_plain(self, endpoint: Endpoint) -> None:
        """Spare a server with broken TLS a failing handshake before each message, for a while."""
        if len(self._plain) >= 10_000:
            self._plain.clear()
        until = asyncio.get_running_loop().time() + _REMEMBER_PLAIN_S
        self._plain[endpoint.address, endpoint.port] = until


def _now() -> float:
    return asyncio.get_running_loop().time()


def _with(passed_over: Sequence[Attempt], outcome: Outcome) -> Outcome:
    """Give an outcome that also tells of the hosts that did not decide it."""
    others = tuple(one for one in passed_over if one is not outcome.attempt)
    if not others:
        return outcome
    return replace(outcome, attempt=replace(outcome.attempt, passed_over=others))


def _better(known: Outcome | None, new: Outcome) -> Outcome:
    """Keep the outcome that leaves hope: one host that may work later is enough to try again."""
    return known if isinstance(known, Deferred) and not isinstance(new, Deferred) else new
