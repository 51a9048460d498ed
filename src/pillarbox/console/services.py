"""What the pages stand on, injected by `app`."""

from collections.abc import Awaitable, Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from pathlib import Path

from pillarbox.base.secrets import Sealer
from pillarbox.base.settings import Settings
from pillarbox.identity.finding import Lookup
from pillarbox.identity.names import ServiceNames
from pillarbox.manage.quotas import Quotas
from pillarbox.model.publishing import Outcome
from pillarbox.model.queued import AcceptedMessage
from pillarbox.model.send import SendRequest
from pillarbox.model.topic import Subscription
from pillarbox.store.identity.identities import TokenRow
from pillarbox.store.store import Store
from pillarbox.store.tracking.hosts import TrackingHostRow


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleServices:
    """Everything the pages need.

    `accept`: the door for messages; gives the message id. `new_tokens`: makes the DKIM tokens of a
    new domain with keys of so many bits. `verification_mail`: makes the mail to an account's new
    address. `resolver`: looks names up. `check_host`: looks at a tracking host now; None in capture
    mode. `ask_subscriber`: asks a webhook whether it wants its topic. `threads`: where slow work
    runs. `now`: milliseconds since the epoch. `metrics_folder`: the node's counters. `node`: its
    name.
    """

    settings: Settings
    store: Store
    sealer: Sealer
    names: ServiceNames
    accept: Callable[[SendRequest], Awaitable[str]]
    new_tokens: Callable[[int], Awaitable[Sequence[TokenRow]]]
    verification_mail: Callable[[str, str, int], AcceptedMessage]
    check_host: Callable[[TrackingHostRow], Awaitable[None]] | None
    ask_subscriber: Callable[[Subscription], Awaitable[Outcome]]
    resolver: Lookup
    threads: Executor
    now: Callable[[], int]
    metrics_folder: Path
    node: str = ""
    quotas: Quotas = field(default_factory=Quotas)

    @property
    def paging_key(self) -> bytes:
        """The secret that the pages of lists are signed with."""
        return self.sealer.derive("page tokens")

    @property
    def everything_verified(self) -> bool:
        """Whether identities count as verified because nothing leaves the machine."""
        return self.settings.presume_verified
