"""One request on the tracking listener, as far as anybody looks at it. Pure.

Takes what the HTTP parser found; hands on path, host and the few headers that matter. A target in
absolute form names the host itself (RFC 9112 §3.2.2).
"""

from collections.abc import Mapping

import msgspec

HOST, USER_AGENT, FORWARDED_FOR, FORWARDED_HOST = range(4)
PREFETCH = 4
#: The headers that matter, in lower case, and what each is kept as.
WANTED = {
    b"host": HOST,
    b"user-agent": USER_AGENT,
    b"x-forwarded-for": FORWARDED_FOR,
    b"x-forwarded-host": FORWARDED_HOST,
    b"purpose": PREFETCH,
    b"x-purpose": PREFETCH,
    b"sec-purpose": PREFETCH,
    b"x-moz": PREFETCH,
}
_PREFETCH_WORDS = (b"prefetch", b"prerender", b"preview")

Headers = Mapping[int, bytes]


class Request(msgspec.Struct, frozen=True, gc=False):
    """What is asked. `path`: raw; `host`: lower case, with the port where one is given;
    `forwarded_*`: as received, for those who trust the peer; `keep`: the connection stays open.
    """

    method: str
    path: str
    query: str
    host: str
    peer_ip: str
    user_agent: str
    forwarded_for: str
    forwarded_host: str
    prefetch: bool
    keep: bool
    body: bytes


def read_request(
    method: bytes, target: bytes, headers: Headers, *, peer_ip: str, keep: bool, body: bytes
) -> Request | None:
    """Make a request of what was parsed; None for a target that no path follows from."""
    text = target.decode("latin-1")
    host = headers.get(HOST, b"").decode("latin-1").strip().lower()
    if not text.startswith("/"):
        scheme, separator, rest = text.partition("://")
        if not separator or scheme.lower() not in {"http", "https"}:
            return None
        authority, slash, rest = rest.partition("/")
        host, text = authority.rpartition("@")[2].lower(), slash + rest or "/"
    path, _, query = text.partition("?")
    return Request(
        method.decode("latin-1"),
        path,
        query,
        host,
        peer_ip,
        headers.get(USER_AGENT, b"").decode("latin-1"),
        headers.get(FORWARDED_FOR, b"").decode("latin-1"),
        headers.get(FORWARDED_HOST, b"").decode("latin-1"),
        PREFETCH in headers and _nobody_looks(headers[PREFETCH]),
        keep,
        body,
    )


def _nobody_looks(value: bytes) -> bool:
    lower = value.lower()
    return any(word in lower for word in _PREFETCH_WORDS)
