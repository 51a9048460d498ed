"""The real door of `accept` behind the wire server: what a worker does, without delivering."""

import itertools
from concurrent.futures import ThreadPoolExecutor

from pillarbox.accept.commit import Acceptance
from pillarbox.accept.decision import Policy
from pillarbox.accept.door import Door
from pillarbox.accept.prepare import Stamp
from pillarbox.base.clock import now_ms
from pillarbox.base.ids import uuid7
from pillarbox.manage.identities.identities import VERIFIED_STATES
from pillarbox.store.store import Store

MAX_BYTES = 100_000


def open_door(store: Store, threads: ThreadPoolExecutor) -> Door:
    """Open the door over a store."""
    policy = Policy(
        region="us-east-1",
        return_path_domain="bounce.mail.test",
        max_message_bytes=MAX_BYTES,
        verified=lambda identity: identity.status in VERIFIED_STATES,
    )
    acceptance = Acceptance(policy, "worker")
    store.on_rollback(acceptance.cache.clear)
    numbers = itertools.count()

    def stamp() -> Stamp:
        now = now_ms()
        return Stamp(
            id=uuid7(now),
            now=now,
            boundary=f"----=_Part_{next(numbers)}",
            region="us-east-1",
            message_id_domain="mail.test",
        )

    return Door(store, acceptance, stamp=stamp, threads=threads, accepted=lambda: None)
