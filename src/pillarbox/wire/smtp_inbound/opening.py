"""Opens the inbound listener of one worker: settings -> policy, certificate, listener."""

import socket

from pillarbox.base.settings import Settings
from pillarbox.inbound.intake import Intake
from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.proto.smtp_server.policy import ServerPolicy
from pillarbox.wire.http.admission import BodyBudget
from pillarbox.wire.http.limits import Limits
from pillarbox.wire.smtp.certificates import open_certificates
from pillarbox.wire.smtp.listener import SmtpListener
from pillarbox.wire.smtp.session import SessionLimits
from pillarbox.wire.smtp_inbound.owner import InboundOwner

#: A report may return a whole message of ours, and says something besides.
AROUND_ORIGINAL = 1024 * 1024
MAX_RECIPIENTS = 10
MAX_COMMANDS = 100
MAX_SESSIONS = 200
IDLE_SECONDS = 60.0


async def open_inbound(
    settings: Settings,
    listener: socket.socket,
    intake: Intake,
    *,
    host: str,
    metrics: WorkerMetrics,
) -> SmtpListener:
    """Listen on the worker's inbound socket; `host`: what we greet as.

    Anybody may write here: its mail has room in memory of its own, and takes none from the API's.
    """
    certificates = open_certificates(settings)
    inbound = SmtpListener(
        new_owner=lambda: InboundOwner(intake),
        context=certificates.context if certificates else None,
        budget=BodyBudget(Limits(budget=settings.limits.body_memory_bytes)),
        limits=SessionLimits(idle=IDLE_SECONDS),
        max_sessions=MAX_SESSIONS,
        metrics=metrics,
        counted_as="pillarbox_inbound_sessions",
    )
    policy = ServerPolicy(
        host=host,
        tls=certificates is not None,
        enhanced=True,
        bare_line_ends="refuse",
        max_size=settings.limits.message_bytes + AROUND_ORIGINAL,
        max_recipients=MAX_RECIPIENTS,
        max_commands=MAX_COMMANDS,
    )
    await inbound.listen(listener, policy)
    return inbound
