"""DNS look-ups for delivery and identity checks: a name and a type in, an answer as a value out.

A resolver that says no, or nothing, is no exception (style 14): `Answer.status` tells the four
cases apart. Answers are cached by their time to live, negative ones too (RFC 2308), and callers who
ask the same at the same time share one query. dnspython speaks the protocol: EDNS0, TCP after
truncation, the next server after a failure.
"""

import asyncio
import ipaddress
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import dns.asyncresolver
import dns.exception
import dns.flags
import dns.message
import dns.name
import dns.nameserver
import dns.rdata
import dns.rdatatype
import dns.resolver
from dns.rdtypes.txtbase import TXTBase

from pillarbox.base.dns_cache import DnsCache

Status = Literal["ok", "nxdomain", "nodata", "trouble"]
EDNS_SIZE = 1232  # what passes without fragments (DNS flag day 2020)
# long enough to spare a broken zone a flood of queries (RFC 2308 §7), short enough for a retry
TROUBLE_TTL_S = 5


@dataclass(frozen=True, slots=True)
class Answer:
    """What the DNS says about one name and type.

    `records`: in presentation form, names without the last dot: A and AAAA `192.0.2.1`; MX `10
    mx.example.com` (the null MX is `0 .`); CNAME the target; TXT its strings joined, as latin-1;
    others as dnspython writes them. `status`: `ok` (there are records), `nxdomain` (no such name),
    `nodata` (the name has no such records), `trouble` (no usable answer: time-out, SERVFAIL; try
    later). `ttl`: seconds. `authenticated`: the AD bit, from a resolver on loopback only (RFC 6840
    §5.8). `detail`: what went wrong, fit to be shown. `canonical`: the name at the end of the
    chain of CNAMEs, where there is one.
    """

    status: Status
    records: tuple[str, ...] = ()
    ttl: int = 0
    authenticated: bool = False
    detail: str = ""
    canonical: str = ""


class Resolver:
    """Asks one resolver at `host:port`, or the system's when None; one per event loop."""

    def __init__(
        self,
        server: str | None = None,
        *,
        timeout_s: float = 8.0,
        cache: DnsCache[Answer] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._stub = _stub(server, timeout_s)
        self._cache = cache if cache is not None else DnsCache()
        self._monotonic = monotonic
        self._under_way: dict[tuple[str, str], asyncio.Task[Answer]] = {}

    async def query(self, name: str, rdtype: str, *, fresh: bool = False) -> Answer:
        """Look a name up; never raises for what the DNS says. `fresh`: pass the cache by.

        Names are absolute, with or without the last dot, in A-label form (RFC 5890); any other name
        does not exist.
        """
        key = (name.rstrip(".").lower(), rdtype.upper())
        if not fresh and (known := self._cache.find(*key, self._monotonic())) is not None:
            return known
        task = self._under_way.get(key)
        if task is None:
            task = asyncio.create_task(self._ask(*key), name=f"dns {key[1]} {key[0]}")
            self._under_way[key] = task
            task.add_done_callback(lambda _: self._under_way.pop(key, None))
        return await asyncio.shield(task)  # one caller who gives up takes nothing from the others

    async def close(self) -> None:
        """Give up the queries under way."""
        tasks = list(self._under_way.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    async def _ask(self, name: str, rdtype: str) -> Answer:
        if not name.isascii():
            return Answer("nxdomain", detail="the name is not in A-label form")
        try:
            qname = dns.name.from_text(name + ".")
        except dns.exception.DNSException:
            return Answer("nxdomain", detail="the name is malformed")
        try:
            found = await self._stub.resolve(
                qname, rdtype, raise_on_no_answer=False, search=False, lifetime=self._stub.lifetime
            )
            answer = _read(found.response, rdtype, found.nameserver)
        except dns.resolver.NXDOMAIN as error:
            answer = _read(error.responses()[qname], rdtype, None)  # type: ignore[no-untyped-call]
        except (dns.exception.DNSException, OSError) as error:
            answer = Answer("trouble", ttl=TROUBLE_TTL_S, detail=_reason(error))
        self._cache.keep(name, rdtype, answer, ttl_s=answer.ttl, now_s=self._monotonic())
        return answer


def _stub(server: str | None, timeout_s: float) -> dns.asyncresolver.Resolver:
    stub = dns.asyncresolver.Resolver(configure=False)
    if server is not None:
        host, _, port = server.rpartition(":")
        stub.nameservers = [dns.nameserver.Do53Nameserver(host.strip("[]"), int(port))]
    else:
        try:
            stub = dns.asyncresolver.Resolver()
        except (dns.resolver.NoResolverConfiguration, OSError):
            stub.nameservers = []  # a machine without DNS: every look-up is `trouble`, and says so
    stub.use_edns(0, 0, EDNS_SIZE)
    stub.flags = (
        dns.flags.RD | dns.flags.AD
    )  # AD asks for the AD bit without the signatures (RFC 6840 §5.7)
    stub.lifetime = timeout_s
    stub.timeout = timeout_s / 3
    return stub


def _read(response: dns.message.QueryMessage, rdtype: str, server: str | None) -> Answer:
    chain = response.resolve_chaining()
    authenticated = bool(response.flags & dns.flags.AD) and _is_loopback(server)
    canonical = chain.canonical_name.to_text(omit_final_dot=True).lower() if chain.cnames else ""
    if chain.answer is None:
        status: Status = "nxdomain" if response.rcode() == 3 else "nodata"  # RFC 1035 §4.1.1
        return Answer(status, (), chain.minimum_ttl, authenticated, canonical=canonical)
    records = tuple(_text(rdata, rdtype) for rdata in chain.answer)
    return Answer("ok", records, chain.minimum_ttl, authenticated, canonical=canonical)


def _text(rdata: dns.rdata.Rdata, rdtype: str) -> str:
    if isinstance(rdata, TXTBase):
        return b"".join(rdata.strings).decode("latin-1")
    text = rdata.to_text()
    if rdtype in {"CNAME", "NS", "PTR", "MX"} and not text.endswith(" ."):
        return text.removesuffix(".")
    return text


def _is_loopback(server: str | None) -> bool:
    try:
        return server is not None and ipaddress.ip_address(server).is_loopback
    except ValueError:
        return False


def _reason(error: Exception) -> str:
    if isinstance(error, dns.resolver.NoNameservers):
        return "no DNS server gave a usable answer"
    if isinstance(error, dns.exception.Timeout):
        return "the DNS servers did not answer in time"
    return f"the DNS answer was unusable ({type(error).__name__})"
