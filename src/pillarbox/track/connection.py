"""One connection to the tracking listener: bytes in, requests one after the other, answers out.

An asyncio protocol around llhttp (httptools), without a task for each request: answering waits only
for the journal, which calls back. What a client may do is bounded: the request line, the headers,
a page's body, requests sent ahead, and the time for each (`listener.py` looks at `deadline`).
"""

import asyncio
from collections import deque
from functools import partial
from typing import Any, Protocol, cast

import httptools

from pillarbox.proto.smtp.proxy_protocol import ProxyHeader, read_proxy_header
from pillarbox.track import answers
from pillarbox.track.answers import Answer
from pillarbox.track.request import FORWARDED_FOR, HOST, WANTED, Request, read_request
from pillarbox.track.site import Site

MAX_TARGET = 8 * 1024
MAX_HEAD = 32 * 1024
MAX_HEADERS = 100
MAX_BODY = 64 * 1024
#: Requests that one connection may send ahead of their answers.
MAX_AHEAD = 16
HEAD_SECONDS = 15.0
IDLE_SECONDS = 30.0
#: While an answer is made nobody is hurried, but nobody stays for ever.
ANSWER_SECONDS = 60.0
#: How long a refused client is heard out (RFC 9112 §9.6): closing while its bytes lie unread resets
#: the connection, and the reset takes the answer from a client that has not read it yet.
LINGER_SECONDS = 5.0


class Around(Protocol):
    """What a connection needs of its listener."""

    site: Site
    date: bytes
    proxy_protocol: bool

    def count(self, kind: str) -> None:
        """Count an answer."""

    def add(self, connection: "Connection") -> None:
        """Watch over a connection."""

    def forget(self, connection: "Connection") -> None:
        """Watch over it no more."""


class Connection(asyncio.Protocol):
    """One client; httptools calls the `on_…` methods."""

    def __init__(self, around: Around) -> None:
        self._around = around
        self._loop = asyncio.get_running_loop()
        self._parser: Any = httptools.HttpRequestParser(self)
        self._proxy: bytes | None = b"" if around.proxy_protocol else None
        self._ahead: deque[Request | Answer] = deque()
        self._busy = self._closing = self._full = self._serving = self._ended = False
        self._refused = False
        self._peer_ip = ""
        self._head_bytes = 0
        self.deadline = 0.0
        self.on_message_begin()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take a client in."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass of it
        peer = transport.get_extra_info("peername")
        self._peer_ip = str(peer[0]) if peer else ""
        self.deadline = self._loop.time() + HEAD_SECONDS
        self._around.add(self)

    def connection_lost(self, _error: Exception | None) -> None:
        """Forget a client; what it asked for and was received counts all the same."""
        self._closing = True
        self._ahead.clear()
        self._around.forget(self)

    def close(self) -> None:
        """End an idle connection now, a busy one with its answer."""
        self._closing = True
        if not self._busy:
            self._transport.close()

    def abort(self) -> None:
        """End it without a word: the client's time is over."""
        self._transport.abort()

    def eof_received(self) -> bool:
        """Hear no more; who still waits for an answer gets it."""
        self._closing = True
        return self._busy

    def pause_writing(self) -> None:
        """Answer nothing more to a client that does not read."""
        self._full = True

    def resume_writing(self) -> None:
        """Go on."""
        self._full = False
        self._next()

    def data_received(self, data: bytes) -> None:
        """Take bytes in."""
        if self._closing:
            return
        if self._proxy is not None:
            rest = self._read_proxy_header(data)
            if rest is None:
                return
            data = rest
        self._head_bytes += len(data)
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self.close()  # the request stands; no other protocol is spoken here
        except httptools.HttpParserError:
            self._refuse(answers.BAD_REQUEST)
        if self._ended or not self._in_head:
            self._ended, self._head_bytes = False, 0  # at most this read more than the limit
        elif self._head_bytes > MAX_HEAD:
            self._refuse(answers.HEAD_TOO_LARGE)

    def _read_proxy_header(self, data: bytes) -> bytes | None:
        """Take the PROXY header; give what follows it, None while it is not whole, or wrong."""
        self._proxy = (self._proxy or b"") + data
        header = read_proxy_header(self._proxy)
        if header is None:
            return None
        if not isinstance(header, ProxyHeader):
            self.abort()
            return None
        rest, self._proxy = self._proxy[header.length :], None
        self._peer_ip = header.client_ip or self._peer_ip
        return rest

    def on_message_begin(self) -> None:
        """Begin a request."""
        self._target = b""
        self._headers: dict[int, bytes] = {}
        self._header_count = self._hosts = 0
        self._body = b""
        self._in_head = True

    def on_url(self, part: bytes) -> None:
        """Take a part of the request's target."""
        self._target += part
        if len(self._target) > MAX_TARGET:
            self._refuse(answers.TARGET_TOO_LONG)

    def on_header(self, name: bytes, value: bytes) -> None:
        """Take a header; most are of no interest."""
        self._header_count += 1
        if self._header_count > MAX_HEADERS:
            self._refuse(answers.HEAD_TOO_LARGE)
            return
        kind = WANTED.get(name.lower())
        if kind is None:
            return
        if kind == HOST:
            self._hosts += 1
        elif kind == FORWARDED_FOR and kind in self._headers:
            value = self._headers[kind] + b"," + value
        self._headers[kind] = value

    def on_headers_complete(self) -> None:
        """Expect a body, if anything."""
        self._in_head = False

    def on_body(self, part: bytes) -> None:
        """Take a part of the body."""
        self._body += part
        if len(self._body) > MAX_BODY:
            self._refuse(answers.BODY_TOO_LARGE)

    def on_message_complete(self) -> None:
        """Take a whole request, to answer when it is its turn."""
        self._ended = True
        if self._closing:
            return
        parser = self._parser
        keep = parser.should_keep_alive()
        if self._hosts != 1 and (self._hosts or parser.get_http_version() != "1.0"):
            self._refuse(answers.BAD_REQUEST)  # RFC 9112 §3.2
            return
        request = read_request(
            parser.get_method(),
            self._target,
            self._headers,
            peer_ip=self._peer_ip,
            keep=keep,
            body=self._body,
        )
        if request is None:
            self._refuse(answers.BAD_REQUEST)
            return
        self._closing = not keep
        self._ahead.append(request)
        self._next()
        if len(self._ahead) > MAX_AHEAD:
            self._transport.pause_reading()

    def _refuse(self, answer: Answer) -> None:
        """Say what is wrong, after what was asked before, and take in no more."""
        if not self._closing:
            self._closing = self._refused = True
            self._ahead.append(answer)
            self._next()

    def _next(self) -> None:
        """Answer in order, one at a time. A loop: answers that need not wait would nest."""
        if self._serving:
            return
        self._serving = True
        while self._ahead and not (self._busy or self._full):
            self._serve(self._ahead.popleft())
        self._serving = False

    def _serve(self, first: Request | Answer) -> None:
        self._busy = True
        if isinstance(first, Answer):
            self._send(first, with_body=True, keep=False)
            return
        self.deadline = self._loop.time() + ANSWER_SECONDS
        reply = partial(self._send, with_body=first.method != "HEAD", keep=first.keep)
        self._around.site.respond(first, reply)

    def _send(self, answer: Answer, *, with_body: bool, keep: bool) -> None:
        around, transport = self._around, self._transport
        around.count(answer.kind)
        self._busy = False
        if transport.is_closing():
            return
        keep = keep and (not self._closing or bool(self._ahead))
        connection = b"keep-alive" if keep else b"close"
        head = b"%bDate: %b\r\nConnection: %b\r\n\r\n" % (answer.head, around.date, connection)
        transport.write(head + answer.body if with_body else head)
        self.deadline = self._loop.time() + IDLE_SECONDS
        if not keep:
            self._hang_up()
        elif self._ahead:
            transport.resume_reading()
            self._next()

    def _hang_up(self) -> None:
        """Say no more; what a refused client still sends is read, and thrown away."""
        if not self._refused:
            self._transport.close()
            return
        self.deadline = self._loop.time() + LINGER_SECONDS
        try:
            self._transport.write_eof()
        except OSError:  # the client is gone already
            self._transport.abort()
        else:
            self._transport.resume_reading()
