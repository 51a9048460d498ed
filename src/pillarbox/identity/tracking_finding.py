"""Looking a tracking host up: does its CNAME or a signed path lead to us, and over HTTPS too?"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from pillarbox.base.outgoing_http import Fetched, Scheme, Unreachable
from pillarbox.identity.finding import Lookup
from pillarbox.identity.tracking_probe import Challenge, read_answer


class Fetch(Protocol):
    """A client that asks web servers."""

    def get(
        self, scheme: Scheme, host: str, path: str, query: str = ""
    ) -> Awaitable[Fetched | Unreachable]:
        """Ask once."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HostFinding:
    """What was found. `reason`, `https_reason`: why something is not so; empty where it is.

    `trouble`, `https_trouble`: DNS gave no usable answer, which says nothing either way.
    """

    works: bool
    https: bool
    trouble: bool = False
    https_trouble: bool = False
    reason: str = ""
    https_reason: str = ""


@dataclass(frozen=True, slots=True)
class _Probe:
    """Empty `problem`: the signed path was answered rightly."""

    problem: str = ""
    trouble: bool = False


class HostLookup:
    """Looks hosts up. `targets`: our own tracking names, the one CNAMEs should point to first."""

    def __init__(
        self,
        resolver: Lookup,
        fetch: Fetch,
        key: bytes,
        targets: tuple[str, ...],
        challenge: Callable[[], Challenge] = Challenge.make,
    ) -> None:
        self._resolver = resolver
        self._fetch = fetch
        self._key = key
        self._targets = targets
        self._challenge = challenge

    async def look_up(self, host: str) -> HostFinding:
        """Look one host up, past any cache."""
        cname = await self._resolver.query(host, "CNAME", fresh=True)
        seen = [one.rstrip(".").lower() for one in cname.records] if cname.status == "ok" else []
        pointing = any(one in self._targets for one in seen)
        https = await self._probe("https", host)
        http = _Probe() if pointing or not https.problem else await self._probe("http", host)
        works = pointing or not (https.problem and http.problem)
        trouble = cname.status == "trouble" or http.trouble
        return HostFinding(
            works=works,
            https=works and not https.problem,
            trouble=not works and trouble,
            https_trouble=https.trouble,
            reason="" if works else f"{self._about_cname(seen)}, and over http {http.problem}",
            https_reason=https.problem,
        )

    def _about_cname(self, seen: list[str]) -> str:
        if not seen:
            return f"it has no CNAME to {self._targets[0]}"
        return f"its CNAME points to {seen[0]}, not to {self._targets[0]}"

    async def _probe(self, scheme: Scheme, host: str) -> _Probe:
        """Ask for a signed path twice: an answer that comes again was kept on the way."""
        challenge = self._challenge()
        nonces = set()
        for _ in range(2):
            answer = await self._fetch.get(scheme, host, challenge.path, challenge.query)
            if isinstance(answer, Unreachable):
                return _Probe(answer.reason, trouble=answer.trouble)
            if 300 <= answer.status < 400:
                return _Probe("it redirects elsewhere")
            reading = read_answer(self._key, challenge, host, answer.body, self._targets)
            if reading.problem:
                return _Probe(reading.problem)
            nonces.add(reading.nonce)
        return _Probe() if len(nonces) > 1 else _Probe("its answers are cached: switch that off")
