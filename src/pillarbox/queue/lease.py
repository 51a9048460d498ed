"""Whether an attempt still holds its lease: asked right before the final dot (design §4).

A worker that was slow, or stopped for a while, may have lost the recipient to another one, and both
would deliver it. In the first half of a lease nobody can have taken it, so that nothing is asked
while the store is well; after that the lease is renewed, and what can't be renewed is not sent.
"""

from collections.abc import Awaitable, Callable

from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.model.queued import Claim
from pillarbox.store.mail.recipients import renew_claim
from pillarbox.store.store import Store

LEASE_MS = 10 * 60_000
#: Before the end of a lease, asking begins: more than clocks of two nodes differ by.
UNSURE_MS = LEASE_MS // 2


class Lease:
    """The lease of one claim; calling it says whether it still holds."""

    def __init__(self, store: Store, claim: Claim, clock: Callable[[], int] = now_ms) -> None:
        self._store = store
        self._claim = claim
        self._clock = clock

    def __call__(self) -> Awaitable[bool] | None:
        """Give None when it surely holds, else what finds out."""
        if self._store.healthy and self._clock() < self._claim.lease_until - UNSURE_MS:
            return None
        return self._renewed()

    async def _renewed(self) -> bool:
        """Renew it; False when it is lost, or when nobody can tell."""
        until = self._clock() + LEASE_MS
        try:
            return await self._store.write(lambda conn: renew_claim(conn, self._claim, until))
        except ServiceUnavailable:
            return False
