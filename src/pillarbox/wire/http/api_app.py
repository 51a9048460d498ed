"""The HTTP side of the APIs as one ASGI application: auth, route, parse, call, serialise.

Takes operations and what authentication needs, all injected by `app`; hands each call on to its
handler. Which operation a request means and how answers look is for its wire protocol to say:
REST-JSON below `/v1/` and `/v2/`, Query at `/`. Bare ASGI, without Starlette's Request or
middleware: this is the path of every message (facts, measurements).
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from pillarbox.base.errors import ApiError, InternalFailure, ServiceUnavailable
from pillarbox.model.credentials import Caller
from pillarbox.proto.aws.query_string import Pairs, parse_query
from pillarbox.wire.http.access_log import AccessLog
from pillarbox.wire.http.admission import BodyBudget
from pillarbox.wire.http.asgi import AsgiApp, Receive, Scope, Send
from pillarbox.wire.http.authenticate import Authenticator, Claim, FindKey
from pillarbox.wire.http.body import Disconnected, declared_size, discard, read_body
from pillarbox.wire.http.call_rates import CallRates
from pillarbox.wire.http.change_record import ChangeRecord, Recorder, is_change, subject_of
from pillarbox.wire.http.errors import (
    APIS,
    Api,
    InvalidAction,
    MissingAuthentication,
    RequestTimeout,
    Throttling,
)
from pillarbox.wire.http.exchange import Exchange
from pillarbox.wire.http.json_protocol import JsonProtocol
from pillarbox.wire.http.limits import Limits
from pillarbox.wire.http.operation import AnyOperation, Call
from pillarbox.wire.http.protocol import Body, Match, Served, WireProtocol
from pillarbox.wire.http.respond import Response, send_head, send_response
from pillarbox.wire.http.router import Router

STORE_DOWN = (OperationalError, InterfaceError, PoolTimeout)

# So much unread body the server takes in and forgets by itself; with more, we close.
_HARMLESS = 1024 * 1024
_API_PATHS = (b"/v1/", b"/v2/", b"/_pillarbox/")
_EMPTY_SHA256 = sha256().hexdigest()

_log = logging.getLogger(__name__)


class ApiApp:
    """The ASGI application of the API listener.

    `query`: the protocol at `/`, when there is one. `budget`: room for bodies, shared with other
    ways in. `extra`: unsigned routes by exact path
    (`/healthz`). `console`: what answers `GET /` without a query and below `/console`.
    `local_caller`: who calls when an operation may go unsigned on loopback (design §6). `record`:
    notes who changed what, after each change that succeeded.
    """

    def __init__(
        self,
        operations: Iterable[AnyOperation],
        *,
        query: WireProtocol | None = None,
        find_key: FindKey,
        clock: Callable[[], int],
        region: str,
        access_log: AccessLog,
        limits: Limits | None = None,
        budget: BodyBudget | None = None,
        extra: Mapping[str, AsgiApp] | None = None,
        console: AsgiApp | None = None,
        local_caller: Callable[[Scope], Caller | None] | None = None,
        record: Recorder | None = None,
    ) -> None:
        router = Router(operations)
        self._json: dict[Api, WireProtocol] = {api: JsonProtocol(router, api) for api in APIS}
        self._query = query
        self._authenticator = Authenticator(find_key, clock, region)
        self._access_log = access_log
        self._limits = limits or Limits()
        self._budget = budget or BodyBudget(self._limits)
        self._rates = CallRates(self._limits.calls_per_second)
        self._extra = dict(extra or {})
        self._console = console
        self._local_caller = local_caller
        self._record = record
        self._calls: Counter[str] = Counter()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request (ASGI)."""
        if scope["type"] != "http":
            await _other_scope(scope, receive, send)
        elif extra := self._extra.get(scope["path"]):
            await extra(scope, receive, send)
        elif self._console and _is_visit(scope):
            await self._console(scope, receive, send)
        else:
            await self._exchange(Exchange(scope), receive, send)

    def _protocol(self, exchange: Exchange) -> WireProtocol:
        if self._query is not None and exchange.raw_path == b"/":
            return self._query
        return self._json[exchange.api]

    async def _exchange(self, exchange: Exchange, receive: Receive, send: Send) -> None:
        try:
            response = await self._attempt(exchange, self._protocol(exchange), receive)
        except Disconnected:
            self._access_log(exchange.record(Response(499, b"", "Disconnected")))
            return
        if exchange.unread > _HARMLESS or response.status == RequestTimeout.status:
            await send_head(send, response, exchange.request_id, close=True)
            await send({"type": "http.response.body", "body": response.body, "more_body": True})
            await discard(receive, self._limits)
            await send({"type": "http.response.body", "body": b""})
        else:
            await send_response(send, response, exchange.request_id)
        self._access_log(exchange.record(response))

    async def _attempt(
        self, exchange: Exchange, protocol: WireProtocol, receive: Receive
    ) -> Response:
        try:
            return await self._serve(exchange, protocol, receive)
        except ApiError as error:
            return protocol.failure(error, exchange.request_id)
        except STORE_DOWN as error:
            _log.warning("the store does not answer: %s %s", type(error).__name__, error.args[:1])
            return protocol.failure(ServiceUnavailable(), exchange.request_id)
        except Disconnected:
            raise
        except Exception:  # noqa: BLE001  # the one loop around all handlers (style 13)
            _log.exception("request %s failed", exchange.request_id)
            return protocol.failure(InternalFailure(), exchange.request_id)

    async def _serve(
        self, exchange: Exchange, protocol: WireProtocol, receive: Receive
    ) -> Response:
        if protocol is not self._query and not exchange.raw_path.startswith(_API_PATHS):
            raise InvalidAction
        exchange.unread = _announced(exchange)
        announced = protocol.announced(exchange.method, exchange.raw_path)
        exchange.operation = announced[0].name if announced else ""
        claim = await self._claim(exchange, announced[0] if announced else None)
        size = declared_size(exchange.headers, self._limits.body)
        async with self._budget.room(size):
            body = await read_body(receive, size, self._limits) if size else b""
            exchange.received, exchange.unread = len(body), 0
            if isinstance(claim, Claim):
                self._authenticator.prove(claim, await self._digest(body))
            query = claim.signed.query if isinstance(claim, Claim) else parse_query(exchange.query)
            found = protocol.identify(announced, query, body)
            exchange.operation = found[0].name
            if found[0].metered:
                self._rates.take(exchange.account_id, found[0].name)
            self._enter(exchange.account_id)
            try:
                call = await self._call(exchange, claim, protocol, found, query, body)
                del body  # a large one must not live beside what was decoded from it
                answer = await found[0].handler(call)
                await self._note(call, found)
            finally:
                self._leave(exchange.account_id)
        return protocol.success(found, answer, exchange.request_id)

    async def _claim(self, exchange: Exchange, operation: Served | None) -> Claim | Caller:
        try:
            claim = await self._authenticator.claim(
                exchange.method, exchange.raw_path, exchange.query, exchange.headers
            )
        except MissingAuthentication:
            caller = self._unsigned_caller(exchange.scope, operation)
            if caller is None:
                raise
            exchange.account_id = caller.account_id
            return caller
        exchange.access_key_id, exchange.account_id = claim.key.access_key_id, claim.key.account_id
        return claim

    def _unsigned_caller(self, scope: Scope, operation: Served | None) -> Caller | None:
        if operation is None or not operation.unsigned_locally or self._local_caller is None:
            return None
        return self._local_caller(scope)

    async def _call(
        self,
        exchange: Exchange,
        claim: Claim | Caller,
        protocol: WireProtocol,
        found: Match,
        query: Pairs,
        body: Body,
    ) -> Call[Any]:
        operation, labels = found
        if isinstance(claim, Claim):
            resource = operation.resource.format(**labels)
            self._authenticator.authorise(claim.key, operation.name, resource)
        caller = Caller(
            account_id=exchange.account_id,
            access_key_id=exchange.access_key_id,
            source_ip=exchange.source_ip,
        )
        if len(body) > self._limits.threaded:
            request = await asyncio.to_thread(protocol.decode, found, query, body)
        else:
            request = protocol.decode(found, query, body)
        return Call(
            caller=caller, request=request, api=exchange.api, request_id=exchange.request_id
        )

    async def _note(self, call: Call[Any], found: Match) -> None:
        """Note a change that was made. It stands whether or not it could be noted."""
        operation, labels = found
        if self._record is None or not is_change(operation.name):
            return
        subject = subject_of(call.request, labels)
        try:
            await self._record(ChangeRecord(call.caller, operation.name, subject))
        except ServiceUnavailable:
            _log.warning(
                "%s of %s is not in the audit log: the store does not answer",
                operation.name,
                call.caller.access_key_id,
            )

    async def _digest(self, body: Body) -> str:
        if not body:
            return _EMPTY_SHA256
        if len(body) > self._limits.threaded:
            return await asyncio.to_thread(lambda: sha256(body).hexdigest())
        return sha256(body).hexdigest()

    def _enter(self, account_id: str) -> None:
        if self._calls[account_id] >= self._limits.concurrent:
            raise Throttling
        self._calls[account_id] += 1

    def _leave(self, account_id: str) -> None:
        self._calls[account_id] -= 1
        if not self._calls[account_id]:
            del self._calls[account_id]


def _announced(exchange: Exchange) -> int:
    """Tell how much body may be on its way: its Content-Length, or a lot for one in chunks."""
    for name, value in exchange.headers:
        if name == b"transfer-encoding":
            return _HARMLESS + 1
        if name == b"content-length":
            return int(value) if value.isdigit() and len(value) < 16 else _HARMLESS + 1
    return 0


def _is_visit(scope: Scope) -> bool:
    """Tell visits to the console from calls: `GET /` without parameters is a browser's."""
    path: str = scope["path"]
    if path == "/":
        return scope["method"] in {"GET", "HEAD"} and not scope.get("query_string")
    return path == "/console" or path.startswith("/console/")


async def _other_scope(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer the lifespan protocol; refuse WebSockets."""
    if scope["type"] == "websocket":
        await send({"type": "websocket.close"})
        return
    while scope["type"] == "lifespan":
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
