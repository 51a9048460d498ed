"""What the owners of domains and hosts, and the sender, ask of TLS: asked for, and counted.

Takes a recipient's domain and an MX host, hands on the choice for that host (`tls_choice.py`
decides). Failures of policies that are only being tested are told in the log and in a metric.
"""

import logging
from collections.abc import Callable
from typing import Protocol

from pillarbox.base.outgoing_http import OutgoingHttp
from pillarbox.base.resolver import Resolver as DnsResolver
from pillarbox.base.settings import Settings
from pillarbox.deliver.connection import Opened
from pillarbox.deliver.dane_lookup import look_up_dane
from pillarbox.deliver.route import Host, Resolver
from pillarbox.deliver.sts_policies import FETCH_SECONDS, FETCHES_AT_ONCE, StsPolicies
from pillarbox.deliver.sts_renewal import StsRenewal
from pillarbox.deliver.tls_choice import (
    DANE,
    MTA_STS,
    DaneFound,
    StsFound,
    TlsChoice,
    choose,
)
from pillarbox.model.outcome import Deferred
from pillarbox.observe.log import log_values
from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.proto.dns.mta_sts import MAX_POLICY
from pillarbox.proto.smtp.events import Finished
from pillarbox.store.store import Store

NO_TLS = "the server offers no TLS"
METRIC = "pillarbox_tls_policies_total"
_log = logging.getLogger(__name__)


class Policies(Protocol):
    """Where the MTA-STS policies of domains are had from."""

    async def of_domain(self, domain: str) -> StsFound | None:
        """Give the policy to go by for mail to a domain."""

    async def close(self) -> None:
        """Give up what is under way."""


class TlsPolicies:
    """All that decides over TLS; `sts` None: MTA-STS is off. `dane`: whether DANE is on."""

    def __init__(
        self,
        resolver: Resolver,
        port: int,
        *,
        sts: Policies | None = None,
        dane: bool = True,
        count: Callable[[str], None] = lambda _: None,
        renewal: StsRenewal | None = None,
    ) -> None:
        self._renewal = renewal
        self._resolver = resolver
        self._port = port
        self._sts = sts
        self._dane = dane
        self._count = count

    async def run(self) -> None:
        """Renew what is kept, for as long as the worker runs."""
        if self._renewal is not None:
            await self._renewal.run()

    async def of_domain(self, domain: str) -> StsFound | None:
        """Give the MTA-STS policy to go by for mail to a domain; None: there is none."""
        return await self._sts.of_domain(domain) if self._sts is not None else None

    async def of_host(
        self, host: Host, domain: str, sts: StsFound | None, *, required: bool
    ) -> TlsChoice | Deferred:
        """Choose for one host; Deferred: it must not be used."""
        dane = DaneFound()
        if self._dane:
            dane = await look_up_dane(self._resolver, host, domain, self._port)
        choice = choose(host.name, dane, sts, required=required)
        if isinstance(choice, Deferred):
            self._count("not_usable")
        elif choice.objection:
            self._tell(host.name, choice, choice.objection)
        return choice

    def judge(self, host: str, choice: TlsChoice, result: Finished | Opened) -> None:
        """Tell of a session that fell short of a policy, or would have, were it not in testing."""
        why = shortfall(choice, result)
        if why:
            self._tell(host, choice, why)

    def _tell(self, host: str, choice: TlsChoice, why: str) -> None:
        if not choice.reports:
            self._count("failed")
            return
        self._count("testing_failed")
        text = "an MTA-STS policy in testing would have failed"
        log_values(_log, logging.WARNING, text, domain=choice.reports, host=host, why=why)

    async def close(self) -> None:
        """Give up what is under way."""
        if self._sts is not None:
            await self._sts.close()


def shortfall(choice: TlsChoice, result: Finished | Opened) -> str:
    """Say how a session fell short of what DANE or MTA-STS ask; empty when it did not. Pure."""
    if not choice.reports and choice.policy not in {DANE, MTA_STS}:
        return ""
    if isinstance(result, Finished):
        return "" if result.outcome.attempt.tls else NO_TLS
    if result.tls_failed:
        return result.tls_failed
    status = result.refused.outcome.reply.enhanced if result.refused is not None else ""
    return NO_TLS if status in {"4.7.5", "4.7.10"} and choice.required_by else ""


def open_tls_policies(
    settings: Settings, resolver: DnsResolver, store: Store, owner: str, metrics: WorkerMetrics
) -> TlsPolicies:
    """Open what the settings ask for; in capture mode nobody is asked for anything."""

    def count(result: str) -> None:
        metrics.add(METRIC, result)

    http = OutgoingHttp(
        resolver,
        allow_private=settings.network.allow_private_destinations,
        ca_file=settings.tls.ca_file,
        https_port=settings.network.https_port,
        seconds=FETCH_SECONDS,
        connections=FETCHES_AT_ONCE,
        max_body=MAX_POLICY + 1,
    )
    deliver = settings.deliver
    if settings.capturing or not deliver.mta_sts:
        return TlsPolicies(resolver, deliver.smtp_port, dane=deliver.dane, count=count)
    sts = StsPolicies(resolver, http, store, count=count)
    return TlsPolicies(
        resolver,
        deliver.smtp_port,
        sts=sts,
        dane=deliver.dane,
        count=count,
        renewal=StsRenewal(store, sts, owner),
    )
