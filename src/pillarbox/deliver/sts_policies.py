"""MTA-STS policies of recipients' domains: found in DNS, fetched over HTTPS, kept (RFC 8461).

Takes a domain, hands on the policy to go by, or None. What was fetched is kept in the store, for
all nodes and over restarts, and a bounded part of it in memory. Deliveries to the same domain share
one fetch; a domain whose policy host is slow keeps nobody else waiting, and after a failure it is
left alone for a while.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from typing import Any, Protocol, cast

from sqlalchemy import Connection

from pillarbox.base.clock import now_ms
from pillarbox.base.dns_cache import DnsCache
from pillarbox.base.errors import ServiceUnavailable
from pillarbox.base.outgoing_http import Fetched, OutgoingHttp, Unreachable
from pillarbox.base.resolver import Answer
from pillarbox.deliver.sts_cache import KnownPolicy, in_force, next_step
from pillarbox.deliver.tls_choice import StsFound
from pillarbox.observe.log import log_values
from pillarbox.proto.dns.mta_sts import MAX_POLICY, Mode, StsPolicy, parse_policy, policy_id
from pillarbox.store.addresses.sts_policies import find_sts_policy, keep_sts_policy
from pillarbox.store.store import Store

PATH = "/.well-known/mta-sts.txt"
FETCH_SECONDS = 15.0
FETCHES_AT_ONCE = 100
#: Domains that are remembered; a policy has 64 KB at most.
MEMORY_ENTRIES = 2000
#: Seconds that the store's word on a domain is taken for, and that a failed fetch is left alone.
REMEMBER_S, LEAVE_ALONE_S = 600.0, 300.0
_log = logging.getLogger(__name__)


class Txt(Protocol):
    """A resolver."""

    async def query(self, name: str, rdtype: str, /) -> Answer:
        """Look a name up."""


class StsPolicies:
    """The policies as one worker knows them; one per event loop."""

    def __init__(
        self,
        resolver: Txt,
        http: OutgoingHttp,
        store: Store,
        *,
        count: Callable[[str], None] = lambda _: None,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._resolver = resolver
        self._http = http
        self._store = store
        self._count = count
        self._clock = clock
        self._memory: DnsCache[KnownPolicy | None] = DnsCache(max_entries=MEMORY_ENTRIES)
        self._failed: DnsCache[str] = DnsCache(max_entries=MEMORY_ENTRIES)
        self._under_way: dict[str, asyncio.Task[KnownPolicy | None]] = {}

    async def of_domain(self, domain: str) -> StsFound | None:
        """Give the policy to go by for mail to a domain; None: there is none.

        Raises ServiceUnavailable when the store can't be asked: it may hold one.
        """
        answer = await self._resolver.query(f"_mta-sts.{domain}", "TXT")
        announced_id = policy_id(answer.records) if answer.status == "ok" else None
        known = await self._known(domain)
        step = next_step(known, announced_id, self._clock())
        if step != "use" and announced_id is not None:
            task = self._fetching(domain, announced_id, known)
            if task is not None and step == "fetch":
                known = await asyncio.shield(task)  # the others wait for it too
        policy = in_force(known, self._clock())
        return None if policy is None else StsFound(domain, policy)

    async def renew(self, domain: str, row: Any) -> None:
        """Fetch a policy that mail may need before it runs out (RFC 8461 §10.2)."""
        answer = await self._resolver.query(f"_mta-sts.{domain}", "TXT")
        announced_id = policy_id(answer.records) if answer.status == "ok" else None
        if announced_id is None:
            return
        task = self._fetching(domain, announced_id, _from_row(row), used_at=row.used_at)
        if task is not None:
            await asyncio.shield(task)

    async def close(self) -> None:
        """Give up what is under way."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._http.close()

    async def _known(self, domain: str) -> KnownPolicy | None:
        """Give what was fetched before, by any worker of any node."""
        remembered = self._memory.find(domain, "known", self._seconds())
        if remembered is not None:
            return remembered
        if self._memory.find(domain, "absent", self._seconds()) is not None:
            return None
        row = await self._store.read(lambda conn: find_sts_policy(conn, domain))
        known = None if row is None else _from_row(row)
        self._remember(domain, known)
        return known

    def _fetching(
        self,
        domain: str,
        announced_id: str,
        known: KnownPolicy | None,
        used_at: int | None = None,
    ) -> "asyncio.Task[KnownPolicy | None] | None":
        """Begin a fetch, or join the one under way; None: the last one failed a short while ago."""
        task = self._under_way.get(domain)
        if task is None:
            if self._failed.find(domain, announced_id, self._seconds()) is not None:
                return None
            work = self._fetch(domain, announced_id, known, used_at)
            task = asyncio.create_task(work, name=f"mta-sts {domain}")
            self._under_way[domain] = task
            task.add_done_callback(lambda done: self._ended(domain, done))
        return task

    def _ended(self, domain: str, task: "asyncio.Task[KnownPolicy | None]") -> None:
        self._under_way.pop(domain, None)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.error("keeping the MTA-STS policy of %s failed", domain, exc_info=error)

    async def _fetch(
        self, domain: str, announced_id: str, known: KnownPolicy | None, used_at: int | None
    ) -> KnownPolicy | None:
        """Fetch a domain's policy and keep it; where that fails, what was known stays.

        `used_at`: when mail last asked for it; None: it does now.
        """
        answer = await self._http.get("https", f"mta-sts.{domain}", PATH)
        policy, why = read_answer(answer)
        if policy is None:
            self._failed.keep(domain, announced_id, why, ttl_s=LEAVE_ALONE_S, now_s=self._seconds())
            self._count("unfetchable")
            level = logging.WARNING if in_force(known, self._clock()) else logging.INFO
            log_values(_log, level, "no MTA-STS policy could be fetched", domain=domain, why=why)
            return known
        fresh = KnownPolicy(policy, announced_id, self._clock())
        self._count("fetched")
        self._remember(domain, fresh)
        with contextlib.suppress(ServiceUnavailable):  # the next fetch keeps it
            used = fresh.fetched_at if used_at is None else used_at
            await self._store.write(lambda conn: _keep(conn, domain, fresh, used))
        return fresh

    def _remember(self, domain: str, known: KnownPolicy | None) -> None:
        kind, other = ("absent", "known") if known is None else ("known", "absent")
        now = self._seconds()
        self._memory.keep(domain, other, None, ttl_s=0, now_s=now)
        self._memory.keep(domain, kind, known or _ABSENT, ttl_s=REMEMBER_S, now_s=now)

    def _seconds(self) -> float:
        return asyncio.get_running_loop().time()


_ABSENT = KnownPolicy(StsPolicy("none", (), 0), "", 0)


def read_answer(answer: Fetched | Unreachable) -> tuple[StsPolicy | None, str]:
    """Read what a policy host said (RFC 8461 §3.3): the policy, or why there is none. Pure."""
    if isinstance(answer, Unreachable):
        return None, answer.reason
    if answer.status != 200:
        return None, f"it answered {answer.status}"
    if answer.content_type.partition(";")[0].strip().lower() != "text/plain":
        return None, "its policy is not of type text/plain"
    if len(answer.body) > MAX_POLICY:
        return None, "its policy is too long"
    policy = parse_policy(answer.body)
    return (policy, "") if policy is not None else (None, "its policy is malformed")


def _from_row(row: Any) -> KnownPolicy:
    policy = StsPolicy(cast("Mode", row.mode), tuple(row.mx.split("\n")), row.max_age)
    return KnownPolicy(policy, row.announced_id, row.fetched_at)


def _keep(conn: Connection, domain: str, known: KnownPolicy, used_at: int) -> None:
    policy = known.policy
    values = {
        "announced_id": known.announced_id,
        "mode": policy.mode,
        "mx": "\n".join(policy.mx),
        "max_age": policy.max_age,
        "fetched_at": known.fetched_at,
        "used_at": used_at,
        "expires_at": known.expires_at,
    }
    keep_sts_policy(conn, domain, values)
