"""A plain page for people on the tracking host: a verification link, later an unsubscribe one.

The tracking listener hands a request to whoever owns its path and writes the answer; it knows
neither what is asked nor what is said.
"""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class PageRequest:
    """A request for a page. `path`: raw, without the query; `body`: what a POST brought, bounded
    by the listener.
    """

    method: str
    path: str
    query: str = ""
    body: bytes = b""
    host: str = ""
    client_ip: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageAnswer:
    """What is answered: never cached, never framed, no script."""

    status: int = 200
    content_type: str = "text/html; charset=utf-8"
    body: bytes = b""
    location: str | None = None


#: Serves the paths below one prefix, such as `/verify/`.
Page = Callable[[PageRequest], Awaitable[PageAnswer]]
