"""Opens SMTP submission for one worker: settings -> policy, certificate, listener."""

import logging
from collections.abc import Callable

from pillarbox.base.settings import Settings
from pillarbox.base.sockets import Sockets, is_loopback
from pillarbox.observe.log import log_values
from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.proto.smtp_server.policy import ServerPolicy
from pillarbox.wire.http.admission import BodyBudget
from pillarbox.wire.smtp.access_log import SubmissionRecord
from pillarbox.wire.smtp.authentication import FindKey, SmtpAuthenticator
from pillarbox.wire.smtp.certificates import open_certificates
from pillarbox.wire.smtp.listener import SmtpListener
from pillarbox.wire.smtp.session import SessionLimits
from pillarbox.wire.smtp.submission import Accept, Submission

_access = logging.getLogger("pillarbox.access")
_log = logging.getLogger("pillarbox")
NO_CERTIFICATE = (
    "SMTP submission has no certificate: it offers no STARTTLS and takes no passwords; "
    "set [tls] cert_file"
)
IN_CLEAR = "SMTP submission has no certificate: it takes passwords in the clear, on loopback only"


async def open_submission(
    settings: Settings,
    sockets: Sockets,
    slot: int,
    *,
    find_key: FindKey,
    accept: Accept,
    clock: Callable[[], int],
    budget: BodyBudget,
    metrics: WorkerMetrics,
) -> SmtpListener:
    """Listen on the worker's submission sockets."""
    certificates = open_certificates(settings)
    authenticator = SmtpAuthenticator(find_key, clock, settings.service.region)

    def new_owner() -> Submission:
        return Submission(
            authenticator,
            accept,
            lambda record: _log_message(metrics, record),
            lambda source_ip, why: _log_refused_login(metrics, source_ip, why),
        )

    listener = SmtpListener(
        new_owner=new_owner,
        context=certificates.context if certificates else None,
        budget=budget,
        limits=SessionLimits(idle=max(1.0, settings.submission.idle_seconds)),
        max_sessions=settings.submission.max_sessions,
        metrics=metrics,
    )
    plain = sockets.tcp["submission"][slot]
    loopback = settings.submission.allow_plain_auth_on_loopback and is_loopback(plain)
    if certificates is None:
        _log.warning(IN_CLEAR if loopback else NO_CERTIFICATE)
    policy = ServerPolicy(
        host=f"smtp.{settings.service.domain}",
        tls=certificates is not None,
        authenticate=True,
        auth_in_clear=loopback,
        bare_line_ends="keep",  # what stands alone becomes CR LF in `accept`, and ends nothing
        max_size=settings.limits.message_bytes,
    )
    await listener.listen(plain, policy)
    if certificates is not None and "submission over TLS" in sockets.tcp:
        over_tls = sockets.tcp["submission over TLS"][slot]
        await listener.listen(over_tls, policy, implicit_tls=certificates.renewing_context())
    return listener


def _log_refused_login(metrics: WorkerMetrics, source_ip: str, why: str) -> None:
    """Log who was refused. Not the user name: people type passwords in its place."""
    metrics.add("pillarbox_smtp_logins_refused_total")
    log_values(_access, logging.INFO, "SMTP login refused", source_ip=source_ip, reason=why)


def _log_message(metrics: WorkerMetrics, record: SubmissionRecord) -> None:
    kind = "accepted" if record.message_id else ("deferred" if record.code < 500 else "refused")
    metrics.add("pillarbox_smtp_messages_total", kind)
    level = logging.DEBUG if record.message_id else logging.INFO
    if _access.isEnabledFor(level):
        fields = {name: getattr(record, name) for name in SubmissionRecord.__dataclass_fields__}
        log_values(_access, level, "message over SMTP", **fields)
