"""The ways in, wired: the door, and the APIs, the console and submission in front of it."""

import asyncio
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Connection

from pillarbox.accept.door import Door
from pillarbox.accept.sending_rate import SendingRate
from pillarbox.app.audit import new_recorder
from pillarbox.app.console import new_console
from pillarbox.app.policies import limits_of, new_acceptance, new_stamp, quotas_of
from pillarbox.base.clock import now_ms
from pillarbox.base.resolver import Resolver
from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import Settings
from pillarbox.base.sockets import Sockets, is_loopback
from pillarbox.destinations.publishing import Publishing
from pillarbox.identity.dkim_keys import DkimKeys
from pillarbox.identity.names import ServiceNames
from pillarbox.identity.tracking_checks import HostChecks
from pillarbox.manage.deployment import DEFAULT_ACCOUNT
from pillarbox.manage.identities.verification_mail import VerificationMails
from pillarbox.manage.people.keyring import KeyRing
from pillarbox.manage.people.keys import open_key
from pillarbox.model.credentials import AccessKey
from pillarbox.observe.health import health_routes
from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.store.portion_keeper import PortionKeeper
from pillarbox.store.store import Store
from pillarbox.wire.http.access_writer import AccessWriter
from pillarbox.wire.http.admission import BodyBudget
from pillarbox.wire.http.api_app import ApiApp
from pillarbox.wire.http.asgi import AsgiApp
from pillarbox.wire.http.server import ApiServer
from pillarbox.wire.own import OwnCalls, local_caller
from pillarbox.wire.own_tracking import open_tracking_calls
from pillarbox.wire.pinpoint.operations import operations as pinpoint_operations
from pillarbox.wire.ses.operations import actions as ses_actions
from pillarbox.wire.ses.protocol import QueryProtocol
from pillarbox.wire.sesv2.operations import operations as sesv2_operations
from pillarbox.wire.sesv2.services import Services
from pillarbox.wire.smtp.opening import open_submission
from pillarbox.wire.sns_routes import sns_routes


@dataclass(frozen=True, slots=True, kw_only=True)
class Behind:
    """What lies behind the ways in of one worker. `slot`: which of `workers` it is."""

    settings: Settings
    sealer: Sealer
    node: str
    owner: str
    slot: int
    workers: int
    store: Store
    threads: ThreadPoolExecutor
    metrics: WorkerMetrics
    metrics_folder: Path
    names: ServiceNames
    resolver: Resolver
    portions: PortionKeeper
    dkim_keys: DkimKeys
    verification_mails: VerificationMails
    host_checks: HostChecks
    publishing: Publishing
    accepted: Callable[[], None]


class Front:
    """What callers reach. All ways in share the door, the keys and the room for what comes in."""

    def __init__(self, behind: Behind) -> None:
        self._behind = behind
        settings = behind.settings
        acceptance = new_acceptance(settings, behind.owner)
        behind.store.on_rollback(acceptance.cache.clear)
        self._door = Door(
            behind.store,
            acceptance,
            rate=SendingRate(behind.store, behind.portions, lambda: acceptance.rates),
            stamp=lambda: new_stamp(settings, now_ms()),
            threads=behind.threads,
            accepted=behind.accepted,
        )
        self._keys = KeyRing(behind.store, self._find_key)
        self._limits = limits_of(settings, behind.workers)
        self._budget = BodyBudget(self._limits)

    async def listen(self, sockets: Sockets, grace_seconds: float) -> None:
        """Answer requests and SMTP sessions; `grace_seconds`: what a request gets at the end."""
        behind = self._behind
        listener = sockets.tcp["API"][behind.slot]
        self._server = ApiServer(self._api(listener), listener, grace_seconds)
        self._submission = await open_submission(
            behind.settings,
            sockets,
            behind.slot,
            find_key=self._keys.find,
            accept=self._door.accept,
            clock=now_ms,
            budget=self._budget,
            metrics=behind.metrics,
        )

    async def stop(self, grace_seconds: float) -> None:
        """Take no more, finish what is under way."""
        await asyncio.gather(self._server.stop(), self._submission.stop(grace_seconds))

    def _api(self, listener: socket.socket) -> ApiApp:
        behind, services = self._behind, self._services()
        settings, store = behind.settings, behind.store
        mailbox = settings.captured_folder if settings.capturing else None
        return ApiApp(
            (
                *sesv2_operations(services),
                *pinpoint_operations(services),
                *OwnCalls(store, mailbox).operations(),
                *open_tracking_calls(settings, store, behind.host_checks.check).operations(),
            ),
            query=QueryProtocol(ses_actions(services)),
            find_key=self._keys.find,
            clock=now_ms,
            region=settings.service.region,
            access_log=AccessWriter(behind.metrics).write,
            limits=self._limits,
            budget=self._budget,
            console=self._console(),
            extra=health_routes(behind.metrics_folder, self._is_ready)
            | sns_routes(store, behind.sealer, now_ms, behind.publishing.tell_left),
            local_caller=partial(local_caller, DEFAULT_ACCOUNT, is_loopback(listener)),
            record=new_recorder(store, now_ms),
        )

    def _console(self) -> AsgiApp | None:
        behind = self._behind
        return new_console(
            behind.settings,
            behind.sealer,
            store=behind.store,
            accept=self._door.accept,
            new_tokens=behind.dkim_keys.new_tokens,
            verification_mail=behind.verification_mails.make,
            check_host=None if behind.settings.presume_verified else behind.host_checks.check,
            ask_subscriber=behind.publishing.ask,
            resolver=behind.resolver,
            threads=behind.threads,
            metrics_folder=behind.metrics_folder,
            node=behind.node,
        )

    def _services(self) -> Services:
        behind, settings = self._behind, self._behind.settings
        return Services(
            store=behind.store,
            accept=self._door.accept,
            accept_bulk=self._door.accept_bulk,
            stamp=lambda: new_stamp(settings, now_ms()),
            new_tokens=behind.dkim_keys.new_tokens,
            next_key=behind.dkim_keys.next_key,
            own_key=behind.dkim_keys.own_key,
            verification_mail=behind.verification_mails.make,
            verification_link=behind.verification_mails.link,
            now=now_ms,
            region=settings.service.region,
            paging_key=behind.sealer.derive("page tokens"),
            signing_zone=behind.names.dkim_zone,
            everything_verified=settings.presume_verified,
            quotas=quotas_of(settings),
        )

    def _find_key(self, conn: Connection, access_key_id: str) -> AccessKey | None:
        return open_key(conn, self._behind.sealer, access_key_id)

    async def _is_ready(self) -> str | None:
        """Say what keeps this worker from serving; None when nothing does."""
        store = self._behind.store
        if not store.healthy:
            return "the store can't be written"
        await store.read(lambda conn: conn.exec_driver_sql("SELECT 1").scalar())
        return None
