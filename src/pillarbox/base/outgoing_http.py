"""Asking web servers that others name: one bounded GET or POST, its answer as a value.

Whoever names a host must not make us a tool against others: redirects are not followed, addresses
that are not public are refused unless allowed, times and sizes are bounded, no cookie is kept and
no proxy of the environment is used. A server that does not answer is no exception (style 14).
"""

import asyncio
import ipaddress
import socket
import ssl
from collections.abc import Awaitable, Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from pillarbox.base.public_address import is_public
from pillarbox.base.resolver import Answer

Scheme = Literal["http", "https"]
MAX_BODY = 4096
MAX_HEADER = 8190
SECONDS = 10.0
CONNECTIONS = 50
USER_AGENT = "Pillarbox"


class Lookup(Protocol):
    """A resolver."""

    def query(self, name: str, rdtype: str, *, fresh: bool = False) -> Awaitable[Answer]:
        """Look a name up."""


@dataclass(frozen=True, slots=True)
class Fetched:
    """An answer, its body cut at the client's bound; `content_type`: as the server said."""

    status: int
    body: bytes
    content_type: str = ""


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No answer came. `reason`: why, fit to be shown. `trouble`: DNS gave no usable answer, which
    says nothing of the server.
    """

    reason: str
    trouble: bool = False


class OutgoingHttp:
    """One client for one event loop. `ca_file`: authorities to believe in place of the system's.

    `keep_alive`: connections are kept for the next request to the same server; a new one is made to
    an address that was looked up and checked for it.
    """

    def __init__(
        self,
        resolver: Lookup,
        *,
        allow_private: bool = False,
        ca_file: str = "",
        http_port: int = 80,
        https_port: int = 443,
        seconds: float = SECONDS,
        keep_alive: bool = False,
        connections: int = CONNECTIONS,
        max_body: int = MAX_BODY,
    ) -> None:
        self._max_body = max_body
        self._connections = connections
        self._keep_alive = keep_alive
        self._resolver = resolver
        self._allow_private = allow_private
        self._ca_file = ca_file
        self._ports: dict[Scheme, int] = {"http": http_port, "https": https_port}
        self._seconds = seconds
        self._session: aiohttp.ClientSession | None = None

    async def get(
        self, scheme: Scheme, host: str, path: str, query: str = ""
    ) -> Fetched | Unreachable:
        """Ask `scheme://host/path?query`; `host` is a domain name in A-label form."""
        url = URL.build(
            scheme=scheme,
            host=host,
            port=self._ports[scheme],
            path=path,
            query_string=query,
            encoded=True,
        )
        return await self._ask("GET", url)

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str]
    ) -> Fetched | Unreachable:
        """Post a body to a URL as it was given: with its own port, and maybe an address as host."""
        try:
            parsed = URL(url)
        except ValueError:
            return Unreachable("its URL is not valid")
        if parsed.scheme not in {"http", "https"} or not parsed.host:
            return Unreachable("its URL is not valid")
        if not self._allow_private and _is_private_literal(parsed.host):
            return Unreachable("it has no public address")
        return await self._ask("POST", parsed, body, headers)

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def _ask(
        self,
        method: str,
        url: URL,
        body: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Fetched | Unreachable:
        try:
            return await self._exchange(method, url, body, headers)
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            return _unreachable(error)

    async def _exchange(
        self, method: str, url: URL, content: bytes | None, headers: Mapping[str, str] | None
    ) -> Fetched:
        session = self._open()
        async with session.request(
            method, url, data=content, headers=headers, allow_redirects=False
        ) as response:
            body = b""
            while len(body) < self._max_body and (
                more := await response.content.read(self._max_body - len(body))
            ):
                body += more
            return Fetched(response.status, body, response.headers.get("Content-Type", ""))

    def _open(self) -> aiohttp.ClientSession:
        """Give the session, made at first use, since it belongs to the running loop."""
        if self._session is None:
            context = ssl.create_default_context(cafile=self._ca_file or None)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    resolver=_Addresses(self._resolver, allow_private=self._allow_private),
                    ssl=context,
                    use_dns_cache=False,
                    force_close=not self._keep_alive,
                    limit=self._connections,
                ),
                timeout=aiohttp.ClientTimeout(total=self._seconds),
                headers={"User-Agent": USER_AGENT, "Accept": "*/*"},
                cookie_jar=aiohttp.DummyCookieJar(),
                auto_decompress=False,
                trust_env=False,
                max_line_size=MAX_HEADER,
                max_field_size=MAX_HEADER,
            )
        return self._session


class _NoAddressError(OSError):
    """A host has no address that we may talk to."""

    def __init__(self, reason: str, *, trouble: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.trouble = trouble


class _Addresses(AbstractResolver):
    """The addresses of a host by our own resolver, without those that are not public."""

    def __init__(self, resolver: Lookup, *, allow_private: bool) -> None:
        self._resolver = resolver
        self._allow_private = allow_private

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[ResolveResult]:
        """Look a host up. Raises OSError when there is no address to use."""
        answers = await asyncio.gather(
            *(self._resolver.query(host, rdtype, fresh=True) for rdtype in _types(family))
        )
        found = [record for one in answers if one.status == "ok" for record in one.records]
        allowed = [one for one in found if self._allow_private or is_public(one)]
        if not allowed:
            raise _no_address(found, answers)
        return [_result(host, one, port) for one in allowed]

    async def close(self) -> None:
        """Leave the resolver open: it is not ours."""


def _is_private_literal(host: str) -> bool:
    """Tell whether a host is an address that is not public; no resolver is asked about those."""
    try:
        ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return "%" in host or not is_public(host)


def _types(family: socket.AddressFamily) -> tuple[str, ...]:
    if family == socket.AF_INET:
        return ("A",)
    return ("AAAA",) if family == socket.AF_INET6 else ("A", "AAAA")


def _no_address(found: list[str], answers: list[Answer]) -> _NoAddressError:
    if found:
        return _NoAddressError("it has no public address")
    trouble = next((one for one in answers if one.status == "trouble"), None)
    if trouble is not None:
        return _NoAddressError(trouble.detail or "DNS gave no usable answer", trouble=True)
    return _NoAddressError("it has no address in DNS")


def _result(host: str, address: str, port: int) -> ResolveResult:
    return ResolveResult(
        hostname=host,
        host=address,
        port=port,
        family=socket.AF_INET6 if ":" in address else socket.AF_INET,
        proto=socket.IPPROTO_TCP,
        flags=socket.AI_NUMERICHOST,
    )


def _unreachable(error: Exception) -> Unreachable:
    inner = getattr(error, "os_error", None)
    for one in (error, inner):
        if isinstance(one, _NoAddressError):
            return Unreachable(one.reason, trouble=one.trouble)
    if isinstance(error, TimeoutError):
        return Unreachable("it did not answer in time")
    if isinstance(error, aiohttp.ClientConnectorCertificateError):
        problem = error.certificate_error
        return Unreachable(f"its certificate is not valid: {_verify_message(problem)}")
    if isinstance(error, (aiohttp.ClientSSLError, ssl.SSLError)):
        return Unreachable("it does not speak TLS as it should")
    if isinstance(error, aiohttp.ClientConnectorError):
        return Unreachable("nobody answers there")
    return Unreachable("it did not answer as a web server does")


def _verify_message(problem: Exception) -> str:
    return str(getattr(problem, "verify_message", "") or problem)
