"""Accounts judged by what their mail led to, once a minute by one worker for all, under a lease.

Takes what was counted (`store/coming_back/reputation.py`); hands on the status that each account
should have (`model/enforcement.py` decides), written with the mail to the operator in one
transaction, and the rates as gauges. What the operator decides meanwhile stands: a status is
changed only from the one that was judged.
"""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.accept.system_mail import keep_system_mail
from pillarbox.base.clock import now_ms
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.manage.reputation.mail import EnforcementMails
from pillarbox.manage.reputation.rates import Standing, account_standing, scope_standings
from pillarbox.model.account import Account
from pillarbox.model.enforcement import SHUTDOWN, Judgement, Thresholds, judge
from pillarbox.model.queued import AcceptedMessage
from pillarbox.model.reputation import HOUR_MS, SPAN_MS, Representative, Scope
from pillarbox.observe.gauges import Gauge
from pillarbox.observe.log import log_values
from pillarbox.store.coming_back.reputation import delete_old_counts
from pillarbox.store.generations import bump_generation
from pillarbox.store.leases import take_lease
from pillarbox.store.people.accounts import find_account, list_accounts, update_account
from pillarbox.store.store import Store

LEASE_NAME = "reputation"
EVERY_SECONDS = 60.0
LEASE_MS = 90_000
#: Gauges that one node shows, and sets of one account among them.
MOST_GAUGES, MOST_SETS = 1000, 20
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What was seen of an account, and what follows; None: its status stays."""

    account: Account
    seen: Representative
    judgement: Judgement | None


class Enforcement:
    """The loop; it does nothing while another worker holds the lease.

    `enforce`: whether statuses are changed; rates are shown in any case. `show`: takes the gauges.
    """

    def __init__(
        self,
        store: Store,
        owner: str,
        *,
        limits: Thresholds,
        enforce: bool,
        mails: EnforcementMails,
        show: Callable[[Sequence[Gauge]], None],
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._store = store
        self._owner = owner
        self._limits = limits
        self._enforce = enforce
        self._mails = mails
        self._show = show
        self._clock = clock
        self._cleaned_at = 0

    async def run(self) -> None:
        """Judge all accounts now and once a minute."""
        while True:
            try:
                await self.turn()
            except ServiceUnavailable:
                _log.warning("reputation waits: the store does not answer")
            except Exception:  # noqa: BLE001 - the stage's loop: recorded, and tried again
                _log.exception("judging reputation has failed")
            await asyncio.sleep(EVERY_SECONDS)

    async def turn(self) -> None:
        """Judge all accounts once, unless another worker does."""
        now = self._clock()
        if not await self._store.write(
            lambda conn: take_lease(conn, LEASE_NAME, self._owner, now, now + LEASE_MS)
        ):
            return
        gauges: list[Gauge] = []
        for account in await self._store.read(list_accounts):
            gauges += await self._look_at(account, now)
        self._show(gauges[:MOST_GAUGES])
        if now - self._cleaned_at >= HOUR_MS:  # it reads all counts
            self._cleaned_at = now
            await self._store.write(lambda conn: delete_old_counts(conn, now - 2 * SPAN_MS))

    async def _look_at(self, account: Account, now: int) -> list[Gauge]:
        """Judge one account; give its gauges."""

        def read(conn: Connection) -> tuple[Representative, list[Standing]]:
            seen = account_standing(conn, account, self._limits, now=now)
            sets = scope_standings(
                conn, account.id, Scope.SET, self._limits, now=now, most=MOST_SETS
            )
            return seen, sets

        seen, sets = await self._store.read(read)
        verdict = self._verdict(account, seen)
        if verdict.judgement is not None:
            await self._change(verdict, verdict.judgement, now)
        return gauges_of(account, seen, sets)

    def _verdict(self, account: Account, seen: Representative) -> Verdict:
        if not self._enforce or account.status != "active":
            return Verdict(account, seen, None)
        judgement = judge(account.enforcement, seen, self._limits)
        changes = judgement.status != account.enforcement
        return Verdict(account, seen, judgement if changes else None)

    async def _change(self, verdict: Verdict, judgement: Judgement, now: int) -> None:
        """Write a new status and the mail that tells of it."""
        account = verdict.account
        mails = self._mails.make(account, judgement, verdict.seen, now)
        if await self._store.write(
            lambda conn: change_status(conn, account, judgement, mails, now=now)
        ):
            level = logging.WARNING if judgement.status == SHUTDOWN else logging.INFO
            values = {"account": account.id, "status": judgement.status, "why": judgement.reason}
            log_values(_log, level, "an account's reputation changed its status", **values)


def change_status(
    conn: Connection,
    judged: Account,
    judgement: Judgement,
    mails: Sequence[AcceptedMessage],
    *,
    now: int,
) -> bool:
    """Give an account its new status, unless somebody changed what was judged; tell whether."""
    bump_generation(conn, judged.id)  # first: it holds the row until the commit
    account = find_account(conn, judged.id)
    if account is None or _judged_by(account) != _judged_by(judged):
        return False
    changes = {
        "enforcement": judgement.status,
        "enforcement_since": now,
        "enforcement_reason": judgement.reason,
    }
    update_account(conn, judged.id, changes)
    keep_system_mail(conn, mails)
    return True


def gauges_of(account: Account, seen: Representative, sets: Sequence[Standing]) -> list[Gauge]:
    """Give the rates of an account and its sets as CloudWatch has them (facts §5.6)."""
    labels = (("account_id", account.id),)
    found = _gauges(labels, seen) if seen.volume.sent else []
    for one in sets:
        found += _gauges((*labels, ("ses_configuration_set", one.name)), one.seen)
    return found


def _gauges(labels: tuple[tuple[str, str], ...], seen: Representative) -> list[Gauge]:
    return [
        Gauge("aws_ses_reputation_bounce_rate", labels, seen.volume.bounce_rate),
        Gauge("aws_ses_reputation_complaint_rate", labels, seen.volume.complaint_rate),
    ]


def _judged_by(account: Account) -> tuple[str, str, int | None]:
    return account.status, account.enforcement, account.reputation_from
