"""A small API over the generic HTTP side, called in-process; a test may replace its handlers."""

import json
from typing import Annotated, Literal

import msgspec

from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.http.api_app import ApiApp
from pillarbox.wire.http.limits import Limits
from pillarbox.wire.http.operation import Operation
from tests.unit.signing import KEY, NOW, sign


class SendEmail(Shape, kw_only=True):
    data: bytes
    charset: str | None = None


class CreateIdentity(Shape, kw_only=True):
    email_identity: Annotated[str, msgspec.Meta(min_length=1, max_length=64)]
    mode: Literal["REQUIRE", "OPTIONAL"] | None = None


class Identity(Shape, kw_only=True):
    email_identity: str


class ListIdentities(Shape, kw_only=True):
    page_size: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    next_token: str | None = None


class Echo(Shape, kw_only=True):
    identity: str | None = None
    page_size: int | None = None
    bytes_taken: int | None = None
    account: str | None = None
    source_ip: str | None = None


async def get_identity(call):
    return Echo(
        identity=call.request.email_identity,
        account=call.caller.account_id,
        source_ip=call.caller.source_ip,
    )


async def list_identities(call):
    return Echo(page_size=call.request.page_size)


async def send_email(call):
    return Echo(bytes_taken=len(call.request.data))


async def nothing(call):
    return None


def operations(**handlers):
    """The operations of v1 and, under /v2/, the same; handlers may be replaced by name."""
    one = "/identities/{EmailIdentity}"
    table = [
        ("GetEmailIdentity", "GET", one, Identity, get_identity, (), False),
        ("DeleteEmailIdentity", "DELETE", one, Identity, nothing, (), False),
        (
            "ListEmailIdentities",
            "GET",
            "/identities",
            ListIdentities,
            list_identities,
            ("PageSize", "NextToken"),
            True,
        ),
        ("CreateEmailIdentity", "POST", "/identities", CreateIdentity, nothing, (), False),
        ("SendEmail", "POST", "/outbound-emails", SendEmail, send_email, (), False),
    ]
    return [
        Operation(
            name=name,
            method=method,
            path=f"/{api}/email{path}",
            request=shape,
            handler=handlers.get(name, handler),
            query=query,
            body_without_query=flag,
            resource="identity/{EmailIdentity}" if "{" in path else "*",
        )
        for api in ("v1", "v2")
        for name, method, path, shape, handler, query, flag in table
    ]


class Answer:
    """What came back: status, headers, body; `code` and `message` of an error."""

    def __init__(self, messages):
        start, *bodies = messages
        self.status = start["status"]
        self.headers = {name.decode(): value.decode() for name, value in start["headers"]}
        self.body = b"".join(one["body"] for one in bodies)
        self.code = self.headers.get("x-amzn-errortype")

    @property
    def message(self):
        return json.loads(self.body)["message"]


class Api:
    """An ApiApp with one known key (unless `keys` says otherwise) and its access log.

    `served`: the operations, in place of the small API.
    """

    def __init__(
        self,
        *,
        keys=(KEY,),
        limits=None,
        now=NOW,
        find_key=None,
        handlers=None,
        served=None,
        **more,
    ):
        self.keys = {key.access_key_id: key for key in keys}
        self.log = []

        async def known(access_key_id):
            return self.keys.get(access_key_id)

        self.app = ApiApp(
            operations(**(handlers or {})) if served is None else served,
            find_key=find_key or known,
            clock=lambda: now,
            region="us-east-1",
            access_log=self.log.append,
            limits=limits or Limits(),
            **more,
        )

    async def __call__(self, *request, **signing):
        """Sign a request and send it."""
        return await self.raw(sign(*request, **signing))

    async def raw(self, request, pieces=None):
        """Send (method, path, query, headers, body); `pieces`: what `receive` gives instead."""
        method, path, query, headers, body = request
        if pieces is None:
            headers = [*headers, (b"content-length", str(len(body)).encode())]
            pieces = [{"type": "http.request", "body": body, "more_body": False}]
        left = list(pieces)
        sent = []

        async def receive():
            return left.pop(0) if left else {"type": "http.disconnect"}

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path.decode("latin-1"),
            "raw_path": path,
            "query_string": query,
            "headers": headers,
            "client": ("127.0.0.9", 5),
        }
        await self.app(scope, receive, send)
        return Answer(sent) if sent else None
