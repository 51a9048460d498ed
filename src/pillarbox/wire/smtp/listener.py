"""Listens for SMTP sessions, counts them, and ends them when the worker stops."""

import asyncio
import socket
import ssl
from collections.abc import Callable
from functools import partial
from typing import Any

from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.proto.smtp_server.policy import ServerPolicy
from pillarbox.wire.http.admission import BodyBudget
from pillarbox.wire.smtp.session import Owner, SessionLimits, SmtpSession


class SmtpListener:
    """The sessions of one worker. `context`: gives the TLS context of now; None: no TLS."""

    def __init__(
        self,
        *,
        new_owner: Callable[[], Owner],
        context: Callable[[], ssl.SSLContext] | None,
        budget: BodyBudget,
        limits: SessionLimits,
        max_sessions: int,
        metrics: WorkerMetrics,
        counted_as: str = "pillarbox_smtp_sessions",
    ) -> None:
        self._new_owner = new_owner
        self._context = context
        self._budget = budget
        self._limits = limits
        self._max_sessions = max_sessions
        self._metrics = metrics
        self._gauge = counted_as
        self._sessions: set[SmtpSession] = set()
        self._servers: list[asyncio.Server] = []
        self._empty = asyncio.Event()
        self._empty.set()

    async def listen(
        self,
        listener: socket.socket,
        policy: ServerPolicy,
        *,
        implicit_tls: ssl.SSLContext | None = None,
    ) -> None:
        """Take sessions from a bound socket; `implicit_tls`: TLS comes before the greeting."""
        loop = asyncio.get_running_loop()
        new_session = partial(self._new_session, policy, implicit_tls is not None)
        tls: dict[str, Any] = {}
        if implicit_tls is not None:
            seconds = self._limits.handshake
            tls = {"ssl": implicit_tls, "ssl_handshake_timeout": seconds}
        self._servers.append(await loop.create_server(new_session, sock=listener, **tls))

    async def stop(self, seconds: float) -> None:
        """Take no new sessions; end the idle ones now, the others after their transaction."""
        for server in self._servers:
            server.close()
        for session in list(self._sessions):
            session.stop()
        try:
            async with asyncio.timeout(seconds):
                await self._empty.wait()
        except TimeoutError:
            for session in list(self._sessions):
                session.abort()

    def _new_session(self, policy: ServerPolicy, implicit_tls: bool) -> SmtpSession:
        return SmtpSession(
            policy=policy,
            owner=self._new_owner(),
            context=self._context,
            implicit_tls=implicit_tls,
            budget=self._budget,
            limits=self._limits,
            enter=self._enter,
            leave=self._leave,
        )

    def _enter(self, session: SmtpSession) -> bool:
        if len(self._sessions) >= self._max_sessions:
            return False
        self._sessions.add(session)
        self._empty.clear()
        self._metrics.add(f"{self._gauge}_total")
        self._metrics.set(self._gauge, len(self._sessions))
        return True

    def _leave(self, session: SmtpSession) -> None:
        self._sessions.discard(session)
        self._metrics.set(self._gauge, len(self._sessions))
        if not self._sessions:
            self._empty.set()
