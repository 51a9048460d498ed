"""Does a tracking host reach us? A path on it that only we can answer rightly.

The prober asks `/.well-known/pillarbox/CHALLENGE?again=WORD` on the host; whoever stands in front
of us (a CDN, a reverse proxy) must pass it on to our tracking listener, which answers with a nonce
and an HMAC over all that it saw: host, path, query and nonce. So a wrong Host, a lost query and a
cached answer are told apart from a server that is not ours, and nobody can answer without our key.
An answer proves no more than that the path leads here: whose domain it is, is another question.
"""

import hmac
import re
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from hashlib import sha256

from pillarbox.model.page import Page, PageAnswer, PageRequest

#: What the key of the proofs is derived for.
PROBE_KEY = "tracking probe"
PROBE_PREFIX = "/.well-known/pillarbox/"
_PATH = re.compile(re.escape(PROBE_PREFIX) + r"[0-9a-f]{32}")
_QUERY = re.compile(r"(again=[0-9a-f]{16})?")
_ANSWER = re.compile(rb"pillarbox ([0-9a-f]{32}) ([0-9a-f]{64})\s*")


@dataclass(frozen=True, slots=True)
class Challenge:
    """What one probe asks for."""

    path: str
    query: str

    @classmethod
    def make(cls) -> "Challenge":
        """Make a fresh one."""
        return cls(PROBE_PREFIX + secrets.token_hex(16), f"again={secrets.token_hex(8)}")


def probe_page(key: bytes, nonce: Callable[[], str] = lambda: secrets.token_hex(16)) -> Page:
    """Make the page that the tracking listener serves below PROBE_PREFIX."""

    async def page(request: PageRequest) -> PageAnswer:
        asked_rightly = _PATH.fullmatch(request.path) and _QUERY.fullmatch(request.query)
        if not asked_rightly or request.method not in {"GET", "HEAD"}:
            return PageAnswer(status=404, content_type="text/plain", body=b"not found\n")
        word = nonce()
        proof = _proof(key, bare_host(request.host), request.path, request.query, word)
        return PageAnswer(content_type="text/plain", body=f"pillarbox {word} {proof}\n".encode())

    return page


@dataclass(frozen=True, slots=True)
class Reading:
    """What an answer to a challenge says. `nonce`: when it is right; `problem`: when not."""

    nonce: str = ""
    problem: str = ""


def read_answer(
    key: bytes, challenge: Challenge, host: str, body: bytes, other_hosts: Iterable[str] = ()
) -> Reading:
    """Read the answer that came from `host`. Pure, and never raises, whatever the bytes are.

    `other_hosts`: what a proxy may put in place of Host, to say so.
    """
    found = _ANSWER.fullmatch(body)
    if found is None:
        return Reading(problem="another server answers there")
    nonce, given = found[1].decode(), found[2].decode()

    def is_proof(of_host: str, query: str) -> bool:
        return hmac.compare_digest(given, _proof(key, of_host, challenge.path, query, nonce))

    if is_proof(host, challenge.query):
        return Reading(nonce=nonce)
    for one in other_hosts:
        if is_proof(one, challenge.query) or is_proof(one, ""):
            return Reading(problem=f"what stands in front of us sends the Host {one}: pass it on")
    if is_proof(host, ""):
        return Reading(problem="what stands in front of us drops the query: pass it on")
    return Reading(problem="the answer is not signed with this deployment's key")


def bare_host(host: str) -> str:
    """Give a Host header's name: lower case, without port and last dot."""
    name = host.strip().lower()
    if not name.startswith("["):
        name = name.partition(":")[0]
    return name.removesuffix(".")


def _proof(key: bytes, host: str, path: str, query: str, nonce: str) -> str:
    # No part can hold a newline, so that two different askings never read the same.
    text = f"tracking probe\n{host}\n{path}\n{query}\n{nonce}"
    return hmac.new(key, text.encode("utf-8", "surrogateescape"), sha256).hexdigest()
