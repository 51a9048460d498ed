"""ALL wiring of one worker: settings -> store -> stages -> listeners. Nothing here decides.

`Worker.start` is the table of contents; `Worker.stop` undoes it in the other order.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from pillarbox.app.account_metrics import count_account_events
from pillarbox.app.front import Behind, Front
from pillarbox.app.outgoing import new_rendering, new_return_path
from pillarbox.app.policies import (
    VERIFY_KEY,
    new_stamp,
    new_verification_mails,
    verified_by,
)
from pillarbox.app.reputation import open_enforcement
from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.base.resolver import Resolver
from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import Settings
from pillarbox.base.sockets import Sockets
from pillarbox.deliver.address_book import AddressBook
from pillarbox.deliver.last_hop import elsewhere_of, open_last_hop
from pillarbox.deliver.pipeline import Pipeline
from pillarbox.deliver.shaping_keeper import keep_shaping
from pillarbox.deliver.tls_policies import open_tls_policies
from pillarbox.deliver.way_out import WayOut
from pillarbox.destinations.publishing import Named, Publishing
from pillarbox.identity.checking import IdentityChecks
from pillarbox.identity.dkim_keys import DkimKeys
from pillarbox.identity.dns_listener import DnsListener
from pillarbox.identity.key_rotation import KeyRotation
from pillarbox.identity.names import ServiceNames
from pillarbox.identity.tracking_checks import open_host_checks
from pillarbox.identity.tracking_probe import PROBE_KEY, PROBE_PREFIX, probe_page
from pillarbox.inbound.opening import ComingBack
from pillarbox.manage.identities.verification_mail import PREFIX as VERIFY_PREFIX
from pillarbox.manage.maintenance import Maintenance
from pillarbox.model.queued import BOUNCED, DELIVERED, UNRENDERABLE, Settlement
from pillarbox.observe.log import log_values
from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.proto.links.unsubscribe_token import UNSUBSCRIBE_PATH
from pillarbox.queue.dispatcher import Dispatcher, Room
from pillarbox.queue.recovery import take_back_worker
from pillarbox.render.links import all_link_tags
from pillarbox.render.list_copy import UNSUBSCRIBE_KEY
from pillarbox.render.templated import open_templates
from pillarbox.scan.scanning import open_inspection
from pillarbox.store.generations import RETRIED
from pillarbox.store.portion_keeper import PortionKeeper
from pillarbox.store.shared_generation import SharedGeneration
from pillarbox.store.store import Store
from pillarbox.track.tracking import Tracking
from pillarbox.wire.smtp_inbound.opening import open_inbound
from pillarbox.wire.unsubscribe_page import UnsubscribePage, not_yet
from pillarbox.wire.verification_page import VerificationPage

GRACE_SECONDS = 10.0
_log = logging.getLogger("pillarbox")
_OUTCOMES = {DELIVERED: "delivered", BOUNCED: "bounced", UNRENDERABLE: "unrenderable"}


class Worker:
    """One worker with everything it runs, in one event loop."""

    def __init__(self, settings: Settings, sealer: Sealer, node: str, slot: int) -> None:
        self._settings = settings
        self._sealer = sealer
        self._node = node
        self._owner = f"{node}/{slot}"
        self._slot = slot
        self._names = ServiceNames(settings.service.domain)
        self._threads = ThreadPoolExecutor(2, thread_name_prefix="worker")
        self._metrics_folder = settings.data / "run" / "metrics"
        self._metrics = WorkerMetrics(self._metrics_folder, slot)
        self._tasks: list[asyncio.Task[None]] = []

    async def track(self, sockets: Sockets) -> Callable[[], Coroutine[Any, Any, None]]:
        """Answer opens and clicks, which needs no store; give what stops it, after all else."""
        listeners = sockets.tcp["tracking"]
        self._tracking = Tracking(
            self._settings, self._sealer, self._slot, len(listeners), self._metrics
        )
        self._tracking.add_pages({UNSUBSCRIBE_PATH: not_yet})
        await self._tracking.listen(listeners[self._slot])
        return partial(self._tracking.close, GRACE_SECONDS)

    async def start(self, sockets: Sockets) -> Callable[[], Coroutine[Any, Any, None]]:
        """Open the store, start the stages, listen; give what stops it all."""
        self._workers = len(sockets.tcp["API"])
        self._open_store()
        await self._tracking.attach(self._store, all_link_tags)
        self._serve_pages()
        self._start_delivery()
        self._start_publishing()
        self._start_identities()
        await self._start_dns(sockets)
        await self._make_service_key()
        self._open_front()
        await self._front.listen(sockets, GRACE_SECONDS)
        await self._start_inbound(sockets.tcp["inbound"][self._slot])
        log_values(_log, logging.INFO, "worker is up", worker=self._owner)
        return self.stop

    async def stop(self) -> None:
        """Take no more requests, finish what is under way, close."""
        await asyncio.gather(*(one.stop(GRACE_SECONDS) for one in (self._front, self._inbound)))
        await self._dispatcher.stop(GRACE_SECONDS)
        await self._give_back()
        await self._tracking.detach()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._publishing.close()
        self._dns.close()
        await self._last_hop.close()
        await self._host_checks.close()
        await self._resolver.close()
        self._store.close()
        self._threads.shutdown()

    async def _give_back(self) -> None:
        """Free what this worker still holds, so that another need not wait for its leases."""
        with contextlib.suppress(ServiceUnavailable):
            await self._store.write(lambda conn: take_back_worker(conn, self._owner, now_ms()))

    def _open_store(self) -> None:
        self._store = Store(self._settings.store_url, self._owner)
        with self._store.transaction() as conn:
            take_back_worker(conn, self._owner, now_ms())
        counting = count_account_events(self._store, self._metrics_folder, self._slot)
        self._run(counting, "account metrics")
        self._store.start()
        self._portions = PortionKeeper(self._store, self._owner)
        self._run(self._portions.run(), "portions")
        self._maintenance = Maintenance(self._store, self._owner, self._settings)
        self._run(self._maintenance.run(), "maintenance")

    def _start_delivery(self) -> None:
        settings = self._settings
        self._resolver = Resolver(settings.dns.resolver or None)
        self._dkim_keys = DkimKeys(self._store, self._sealer, self._threads)
        addresses = AddressBook(self._store, self._node)
        policies = open_tls_policies(
            settings, self._resolver, self._store, self._owner, self._metrics
        )
        self._run(policies.run(), "MTA-STS renewal")
        way_out = WayOut(partial(self._metrics.set_kind, "pillarbox_way_out_troubles"))
        hop = open_last_hop(
            settings,
            self._resolver,
            self._names.helo,
            addresses,
            keeper=self._portions,
            policies=policies,
            way_out=way_out,
            retried=SharedGeneration(self._store, RETRIED).current,
        )
        self._run(keep_shaping(self._store, hop, self._metrics), "shaping")
        self._open_coming_back()
        self._last_hop = self._coming_back.simulated(hop, self._intake)
        pipeline = Pipeline(
            store=self._store,
            compose=open_templates(self._store, self._threads).compose,
            render=new_rendering(
                settings, self._sealer, self._dkim_keys, self._threads, self._tracking.current_key
            ).render,
            last_hop=self._last_hop,
            return_path=new_return_path(self._sealer),
            reporting_mta=self._names.helo,
            region=settings.service.region,
            settled=self._count_settlement,
            inspect=open_inspection(settings, self._store, self._metrics),
        )
        room = Room(rows=settings.deliver.max_in_flight)
        self._dispatcher = Dispatcher(
            self._store, self._owner, pipeline.process, room, elsewhere_of(settings, addresses)
        )
        self._run(self._dispatcher.run(), "dispatcher")

    def _start_publishing(self) -> None:
        worker = Named(self._owner, self._slot, self._metrics)
        self._publishing = Publishing(
            self._store, self._settings, self._sealer, self._resolver, worker
        )
        self._run(self._publishing.run(), "publishing")

    def _start_identities(self) -> None:
        self._run(KeyRotation(self._store).run(), "key rotation")
        checks = IdentityChecks(self._store, self._resolver, self._names, self._owner)
        key = self._sealer.derive(PROBE_KEY)
        self._host_checks = open_host_checks(
            self._store, self._resolver, self._settings, key, self._owner
        )
        if not self._settings.presume_verified:
            self._run(checks.run(), "identity checks")
            self._run(self._host_checks.run(), "tracking host checks")

    async def _make_service_key(self) -> None:
        signing = await self._dkim_keys.service_signing(self._names.domain)
        self._verification_mails = new_verification_mails(self._settings, self._sealer, signing)
        verified = verified_by(self._settings)
        forwarder = self._coming_back.forwarder(self._names.helo, signing, verified)
        self._run(forwarder.run(), "feedback forwarding")
        enforcement = open_enforcement(
            self._store, self._settings, self._owner, signing, self._metrics_folder
        )
        self._run(enforcement.run(), "reputation")

    async def _start_dns(self, sockets: Sockets) -> None:
        self._dns = DnsListener(self._names, self._dkim_keys.find_public_record)
        await self._dns.start(sockets.dns_udp, sockets.dns_tcp)

    def _serve_pages(self) -> None:
        key = self._sealer.derive(VERIFY_KEY)
        page = VerificationPage(store=self._store, key=key, now=now_ms)
        key = self._sealer.derive(UNSUBSCRIBE_KEY)
        leave = UnsubscribePage(store=self._store, key=key, now=now_ms).serve
        probe = probe_page(self._sealer.derive(PROBE_KEY))
        self._tracking.add_pages(
            {VERIFY_PREFIX: page.serve, UNSUBSCRIBE_PATH: leave, PROBE_PREFIX: probe}
        )

    async def _start_inbound(self, listener: socket.socket) -> None:
        self._inbound = await open_inbound(
            self._settings,
            listener,
            self._intake,
            host=self._names.helo,
            metrics=self._metrics,
        )

    def _open_front(self) -> None:
        self._front = Front(
            Behind(
                settings=self._settings,
                sealer=self._sealer,
                node=self._node,
                owner=self._owner,
                slot=self._slot,
                workers=self._workers,
                store=self._store,
                threads=self._threads,
                metrics=self._metrics,
                metrics_folder=self._metrics_folder,
                names=self._names,
                resolver=self._resolver,
                portions=self._portions,
                dkim_keys=self._dkim_keys,
                verification_mails=self._verification_mails,
                host_checks=self._host_checks,
                publishing=self._publishing,
                accepted=self._count_accepted,
            )
        )

    def _open_coming_back(self) -> None:
        self._coming_back = ComingBack(
            settings=self._settings,
            sealer=self._sealer,
            store=self._store,
            owner=self._owner,
            threads=self._threads,
            metrics=self._metrics,
            find_key=self._tracking.find_key,
            stamp=lambda: new_stamp(self._settings, now_ms()),
            queued=self._deliver_soon,
        )
        self._intake = self._coming_back.intake(self._names.bounce_domain)

    def _deliver_soon(self) -> None:
        self._dispatcher.wake()

    def _count_accepted(self) -> None:
        self._metrics.add("pillarbox_messages_accepted_total")
        self._dispatcher.wake()

    def _count_settlement(self, settlement: Settlement) -> None:
        outcome = _OUTCOMES.get(settlement.state, "deferred")
        self._metrics.add("pillarbox_recipients_settled_total", outcome)
        self._dispatcher.settled(settlement)
        self._metrics.set("pillarbox_recipients_in_flight", self._dispatcher.in_flight)

    def _run(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(_report_failure)
        self._tasks.append(task)


def _report_failure(task: "asyncio.Task[None]") -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        _log.error("%s has stopped", task.get_name(), exc_info=error)
