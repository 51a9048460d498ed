"""Delivery to the recipient's own servers: route, then the hosts in order, until one decides.

Takes an envelope and its content, hands on an `Outcome`. A host that can't be reached or greets
with a refusal is passed over; what a server says to the message itself (MAIL, RCPT, DATA, content)
is final for the attempt, and so is `Unknown` (design §2).
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pillarbox.deliver.connection import Endpoint, Opened
from pillarbox.deliver.fallback import Fallback
from pillarbox.deliver.groups import Group, load_groups
from pillarbox.deliver.handshake import TlsContexts
from pillarbox.deliver.pool import Pool, Retried, never_retried
from pillarbox.deliver.route import Host, Resolver, Router, domain_of, unroutable
from pillarbox.deliver.settings import DeliverSettings, Sources
from pillarbox.deliver.shaping import Shaping
from pillarbox.deliver.tls_choice import TlsChoice, fall_back
from pillarbox.deliver.tls_policies import TlsPolicies
from pillarbox.deliver.way_out import WayOut
from pillarbox.deliver.weak_points import WeakPoints
from pillarbox.model.envelope import Envelope
from pillarbox.model.outcome import Attempt, Deferred, Failed, Outcome, OwnDelay, Reply
from pillarbox.proto.smtp.events import Finished, Refused

_LOOP = Failed(Reply(554, "5.4.6 Mail for the domain loops back to this server", "5.4.6"))
_LATER = Deferred(Reply(451, "4.4.1 No host could be tried in time", "4.4.1"))
#: A message whose group is sent too much waits at least so long in the queue.
LEAST_PUT_BACK_MS = 500


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
        tls: TlsContexts | None = None,
        policies: TlsPolicies | None = None,
        shaping: Shaping | None = None,
        way_out: WayOut | None = None,
        retried: Retried = never_retried,
    ) -> None:
        self._settings = settings
        self._shaping = shaping or Shaping(load_groups(settings.connections_per_destination))
        self._router = Router(resolver, allow_private=settings.allow_private_destinations)
        self._policies = policies or TlsPolicies(resolver, settings.smtp_port)
        self.pool = Pool(settings, tls or TlsContexts(), self._shaping, retried)
        self._weak = WeakPoints()
        self._way_out = way_out or WayOut()
        self._fallback = Fallback(settings.fallback_s, _now)

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

    async def group(self, envelope: Envelope) -> Group | None:
        """Give the group that a recipient's first host belongs to; None: there is no host."""
        if unroutable(envelope.recipient) is not None:
            return None
        hosts = await self._router.hosts(domain_of(envelope.recipient))
        return self._shaping.groups.of(hosts[0].name) if isinstance(hosts, tuple) else None

    async def close(self) -> None:
        """Close the kept connections."""
        await self.pool.close()
        await self._policies.close()

    async def _try_hosts(self, hosts: tuple[Host, ...], mail: _Mail) -> Outcome:
        clock = asyncio.get_running_loop().time
        until = clock() + self._settings.attempt_s
        best: Outcome | None = None
        tried: list[Attempt] = []
        addresses_tried = 0
        domain = domain_of(mail.envelope.recipient)
        sts = await self._policies.of_domain(domain)
        for host in hosts:
            addresses = await self._addresses(host, mail.sources)
            if not isinstance(addresses, tuple):
                best = _better(best, addresses)
                continue
            if self._is_ours(addresses):
                # This host and those after it would send it back to us (RFC 5321 §5.1).
                return best or _LOOP
            choice = await self._policies.of_host(
                host, domain, sts, required=mail.envelope.tls_required
            )
            if isinstance(choice, Deferred):
                best = _better(best, choice)
                continue
            for address, patience in self._fallback.plan(addresses):
                if addresses_tried >= self._settings.max_hosts or clock() >= until:
                    return _with(tried, best or _LATER)
                addresses_tried += 1
                endpoint = self._endpoint(host, address, mail, choice)
                result = await self._try(replace(endpoint, patience=patience), mail, tried)
                if isinstance(result, Finished):
                    return _with(tried, result.outcome)
                if result.refused is not None:
                    if _is_put_back(result.refused.outcome):
                        return result.refused.outcome
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

    async def _try(
        self, endpoint: Endpoint, mail: _Mail, tried: list[Attempt]
    ) -> Finished | Opened:
        """Deliver over one endpoint; with less security after a failed handshake, if it may be.

        The conversation in which the handshake failed is added to `tried`.
        """
        wait_s = self._shaping.wait_s(self._shaping.groups.of(endpoint.host))
        if wait_s:
            return _too_soon(endpoint, wait_s)
        clock = asyncio.get_running_loop().time
        at = self._weak.as_known(endpoint, clock())
        result = await self.pool.deliver(at, mail.envelope, mail.content)
        while isinstance(result, Opened) and result.tls_failed:
            less = fall_back(at.tls, at.choice)
            if less is None:
                break
            self._policies.judge(at.host, at.choice, result)
            self._weak.note_tls(at, clock())
            if result.refused is not None:
                tried.append(result.refused.outcome.attempt)
            at = replace(at, tls=less[0], choice=less[1])
            result = await self.pool.deliver(at, mail.envelope, mail.content)
        self._policies.judge(at.host, at.choice, result)
        self._tell(at, result)
        return result

    def _tell(self, endpoint: Endpoint, result: Finished | Opened) -> None:
        """Take note of whether somebody answered."""
        refused = result.refused.outcome if isinstance(result, Opened) and result.refused else None
        self._way_out.tried(endpoint.host, endpoint.port, refused)
        if isinstance(result, Opened) and result.silent:
            self._fallback.was_silent(endpoint.address)

    def _is_ours(self, addresses: tuple[str, ...]) -> bool:
        port = self._settings.smtp_port
        return any((address, port) in self._settings.own_endpoints for address in addresses)

    def _endpoint(self, host: Host, address: str, mail: _Mail, choice: TlsChoice) -> Endpoint:
        port = self._settings.smtp_port
        source = mail.sources.to(address)
        return Endpoint(host.name, address, port, choice.tls, source.hello, source.bind, choice)


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


def _is_put_back(outcome: Outcome) -> bool:
    """Tell whether a message is to wait in the queue: another host of the group is no way out."""
    return isinstance(outcome, Deferred) and outcome.own_delay is not None


def _too_soon(endpoint: Endpoint, wait_s: float) -> Opened:
    """Put a message back until the group may be sent the next one."""
    own_delay = OwnDelay(at_most_ms=max(LEAST_PUT_BACK_MS, int(wait_s * 1000)), counts=False)
    text = f"4.4.5 {endpoint.host} is sent no more messages for a moment"
    return Opened(Refused(Deferred(Reply(421, text, "4.4.5"), own_delay=own_delay)))
