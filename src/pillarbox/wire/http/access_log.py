"""One record for each API call: who, what, how it ended, how long it took.

Takes what is known of a call when it ends; hands a record on to the log that `app` injects. No
bodies and no secrets: signatures and session tokens in the query string are blotted out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import unquote

_SECRET = frozenset({"x-amz-signature", "x-amz-security-token"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessRecord:
    """How one call went. Sizes in bytes; `code` is the error code or empty; unknown callers are
    empty.
    """

    request_id: str
    source_ip: str
    method: str
    path: str
    query: str
    status: int
    code: str
    operation: str
    account_id: str
    access_key_id: str
    bytes_in: int
    bytes_out: int
    milliseconds: float


AccessLog = Callable[[AccessRecord], None]


def redact(query: bytes) -> str:
    """Write a query string for the log, without what could be used to sign."""
    return "&".join(map(_blot, query.decode("latin-1").split("&"))) if query else ""


def _blot(pair: str) -> str:
    name, equals, _ = pair.partition("=")
    return f"{name}{equals}REDACTED" if unquote(name).lower() in _SECRET else pair
