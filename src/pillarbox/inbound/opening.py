"""Opens what comes back in one worker: settings -> intake, simulator, feedback forwarding."""

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass

from pillarbox.accept.identity_match import Verified
from pillarbox.accept.prepare import Stamp
from pillarbox.base.clock import now_ms
from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import Settings
from pillarbox.deliver.last_hop import LastHop
from pillarbox.inbound.addresses import InboundAddresses
from pillarbox.inbound.feedback_mail import FeedbackMails
from pillarbox.inbound.forwarding import Forwarder
from pillarbox.inbound.intake import Intake, IntakeRules
from pillarbox.inbound.keeping import KeptReports
from pillarbox.inbound.proof import FindKey
from pillarbox.inbound.simulator import SimulatedHop
from pillarbox.model.simulator import Simulator
from pillarbox.observe.metrics import WorkerMetrics
from pillarbox.store.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class ComingBack:
    """What one worker's intake, simulator and forwarding share.

    `stamp` makes a fresh one; `queued` says that there is mail to deliver; `find_key` gives the
    secret of a tracking key's id.
    """

    settings: Settings
    sealer: Sealer
    store: Store
    owner: str
    threads: Executor
    metrics: WorkerMetrics
    find_key: FindKey
    stamp: Callable[[], Stamp]
    queued: Callable[[], None]

    def intake(self, bounce_domain: str) -> Intake:
        """Open the intake of mail for the return paths of the deployment."""
        settings = self.settings
        rules = IntakeRules(
            region=settings.service.region,
            find_key=self.find_key,
            simulator=Simulator.of(settings.service.domain),
            kept=KeptReports(
                most=settings.inbound.kept_reports, days=settings.store.retention_days
            ),
        )
        return Intake(
            self.store,
            InboundAddresses([self.sealer.derive("verp")], bounce_domain),
            rules,
            clock=now_ms,
            threads=self.threads,
            metrics=self.metrics,
        )

    def simulated(self, inner: LastHop, intake: Intake) -> LastHop:
        """Put the mailbox simulator before a last hop."""
        return SimulatedHop(
            inner=inner,
            captures=self.settings.capturing,
            simulator=Simulator.of(self.settings.service.domain),
            intake=intake,
            store=self.store,
            stamp=self.stamp,
            queued=self.queued,
        )

    def forwarder(self, mta: str, signing: tuple[str, str] | None, verified: Verified) -> Forwarder:
        """Open feedback forwarding; `signing`: the service's own key."""
        service = self.settings.service.domain
        return Forwarder(
            store=self.store,
            owner=self.owner,
            mails=FeedbackMails(service=service, mta=mta, signing=signing),
            verified=verified,
            stamp=self.stamp,
            queued=self.queued,
            metrics=self.metrics,
        )
