"""How many recipients a second an account may hand in, over all workers of all nodes (facts §9).

Takes the account and the number of recipients before the message goes to the store: who is too fast
costs no transaction. Each worker asks its own portion of the account's rate (`base/portions.py`,
which states what holds over all workers), and knows the rate itself from the account's last batch.
A call that comes a moment too early waits that moment, which is also how long a portion takes to
come from another worker.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence

from pillarbox.base.errors import TooManyRequests
from pillarbox.store.portion_keeper import PortionKeeper
from pillarbox.store.sets.sender import read_accounts
from pillarbox.store.store import Store

#: So long an account's rate may be used up at once: "short bursts".
BURST_S = 1.0
#: So long a call waits for its turn before it is refused: for four recipients of the rate, within
#: bounds. A worker that has a part of a small rate may need that for one.
LEAST_PATIENCE_S, MOST_PATIENCE_S = 1.0, 2.0
TOO_FAST = "Maximum sending rate exceeded."


class SendingRate:
    """The rates of all accounts, as one worker sees them.

    `known`: gives what the worker last read of accounts' rates. `patience_s`: how long a call
    waits; None: as its account's rate says.
    """

    def __init__(
        self,
        store: Store,
        keeper: PortionKeeper,
        known: Callable[[], Mapping[str, float]],
        *,
        patience_s: float | None = None,
    ) -> None:
        self.patience_s = patience_s
        self._store = store
        self._keeper = keeper
        self._known = known

    async def take(self, account_id: str, recipients: int) -> None:
        """Take a message's recipients out of the account's rate.

        A message of more recipients than the burst goes through when nothing of it is used up, and
        those after it wait the longer. Raises TooManyRequests, and ServiceUnavailable when an
        account that is new here can't be looked up.
        """
        (error,) = await self.take_each(account_id, [recipients])
        if error is not None:
            raise error

    async def take_each(
        self, account_id: str, recipients: Sequence[int]
    ) -> list[TooManyRequests | None]:
        """Take the recipients of the messages of one call, in order, each by itself.

        The call waits no longer than one message would. Gives for each the error that refuses it.
        Raises ServiceUnavailable when an account that is new here can't be looked up.
        """
        per_second = await self._rate(account_id)
        if per_second <= 0.0:
            return [None] * len(recipients)
        loop = asyncio.get_running_loop()
        patience_s = _patience(per_second) if self.patience_s is None else self.patience_s
        until = loop.time() + patience_s
        errors: list[TooManyRequests | None] = []
        for number in recipients:
            wait = await self._keeper.take(
                _name(account_id),
                per_second,
                float(number),
                burst_s=BURST_S,
                patience_s=until - loop.time(),
            )
            errors.append(TooManyRequests(TOO_FAST) if wait else None)
        return errors

    def put_back(self, account_id: str, recipients: int) -> None:
        """Give back what a message took that was refused after all."""
        self._keeper.portions.put_back(_name(account_id), float(recipients))

    async def _rate(self, account_id: str) -> float:
        """Give an account's recipients a second; 0 for one without a limit or that is not there."""
        known = self._known().get(account_id)
        if known is not None:
            return known
        found = await self._store.read(lambda conn: read_accounts(conn, [account_id]))
        return found[account_id].max_rate if account_id in found else 0.0


def _patience(per_second: float) -> float:
    return min(MOST_PATIENCE_S, max(LEAST_PATIENCE_S, 4.0 / per_second))


def _name(account_id: str) -> str:
    return f"sending {account_id}"
