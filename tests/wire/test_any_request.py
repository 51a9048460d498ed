"""Any request of any operation, right or wrong, gets an answer that the model knows; never a 5xx.

The requests are made from the shapes, with a fixed seed: names that exist and names that don't,
bounds and what lies past them, wrong types, missing members. ANY_REQUESTS says how many.
"""

import asyncio
import json
import os
import random
from typing import Any
from urllib.parse import quote, urlencode

import botocore.loaders
import pytest
from msgspec import inspect

from pillarbox.base.clock import now_ms
from pillarbox.proto.json_refusal import plain_type
from pillarbox.wire.http.asgi import AsgiApp
from pillarbox.wire.http.operation import Operation
from pillarbox.wire.pinpoint.operations import operations as v1_operations
from pillarbox.wire.sesv2.operations import operations as v2_operations
from tests.unit.signing import sign
from tests.wire.api import Answer
from tests.wire.server import WireServer

REQUESTS = int(os.environ.get("ANY_REQUESTS", "2000"))
LOADER = botocore.loaders.Loader()
MODELS = {
    "v1": LOADER.load_service_model("pinpoint-email", "service-2", "2018-07-26"),
    "v2": LOADER.load_service_model("sesv2", "service-2", "2019-09-27"),
}
#: What every operation may answer besides its modelled errors (docs/errors.md).
ALWAYS = {"", "BadRequestException", "SerializationException", "InvalidQueryParameter"}
TEXTS = (
    "spring",
    "spring",
    "a",
    "example.com",
    "click.example.com",
    "me@example.com",
    "Me <me@example.com>",
    "none",
    "",
    " ",
    "\t\r\n",
    "x" * 65,
    "ü.example",
    "日本語",
    "a/b?c=d&e%2F",
    "arn:aws:sns:us-east-1:123456789012:events",
    "arn:aws:iam::123456789012:role/ses",
    "arn:aws:ses:us-east-1:123456789012:configuration-set/spring",
    "\ud83d\ude00",
    "\ud800",
)
NUMBERS = (0, 1, 2, 299, 300, 50_400, 50_401, 1000, 1001, -1, 2**53, 2**70)
WRONG = ("x", 1, 1.5, True, None, [], {}, [None], {"a": None}, [[]])


class Maker:
    """Makes members from the description of a shape."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def members(self, info: inspect.StructType) -> dict[str, Any]:
        """Some members of a structure: required ones nearly always."""
        return {
            one.encode_name: self.value(one.type)
            for one in info.fields
            if self.random.random() < (0.97 if one.required else 0.6)
        }

    def value(self, kind: inspect.Type) -> Any:
        """A value of a type; one in twenty is of another."""
        if self.random.random() < 0.05:
            return self.random.choice(WRONG)
        kind = plain_type(kind)
        if isinstance(kind, inspect.StructType):
            return self.members(kind)
        if isinstance(kind, inspect.VarTupleType | inspect.ListType):
            return [self.value(kind.item_type) for _ in range(self.random.randrange(3))]
        if isinstance(kind, inspect.DictType):
            return {str(self.value(kind.key_type)): self.value(kind.value_type)}
        return self._scalar(kind)

    def _scalar(self, kind: inspect.Type) -> Any:
        if isinstance(kind, inspect.LiteralType):
            return self.random.choice([*kind.values, *kind.values, "OTHER"])
        if isinstance(kind, inspect.BoolType):
            return self.random.random() < 0.5
        if isinstance(kind, inspect.IntType | inspect.FloatType):
            return self.random.choice(NUMBERS)
        if isinstance(kind, inspect.BytesType):
            return "RnJvbTogbWVAZXhhbXBsZS5jb20NClRvOiBhQGIub3JnDQoNCmhpDQo="
        return self.random.choice(TEXTS)


def request(operation: Operation[Any], maker: Maker) -> tuple[str, str, bytes]:
    """A method, a path with its query, and a body."""
    info = inspect.type_info(operation.request)
    assert isinstance(info, inspect.StructType)
    members = maker.members(info)
    path = operation.path
    for label in operation.labels:
        text = str(members.pop(label, "") or "x")
        path = path.replace("{" + label + "}", quote(text, safe="", errors="replace"))
    query = {name: members.pop(name) for name in operation.query if name in members}
    if query:
        path += "?" + urlencode(query, doseq=True, errors="replace", quote_via=quote)
    body = json.dumps(members).encode() if operation.method in {"POST", "PUT"} else b""
    return operation.method, path, body


async def answer(app: AsgiApp, asked: tuple[str, str, bytes], **signing: Any) -> Answer:
    """Ask in-process."""
    method, path, query, headers, body = sign(*asked, **signing)
    headers = [*headers, (b"content-length", str(len(body)).encode())]
    sent: list[Any] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path.decode("latin-1"),
        "raw_path": path,
        "query_string": query,
        "headers": headers,
    }
    await app(scope, receive, send)
    return Answer(sent)


@pytest.mark.parametrize("api", MODELS)
async def test_any_request_gets_an_answer_that_the_model_knows(
    accepting_server: WireServer, api: str
) -> None:
    account = accepting_server.new_account()
    client = accepting_server.client("sesv2", account)
    await asyncio.to_thread(client.create_email_identity, EmailIdentity="example.com")
    await asyncio.to_thread(client.create_configuration_set, ConfigurationSetName="spring")
    (key,) = [one for one in accepting_server.keys.values() if one.account_id == account]
    services: Any = None
    served = v1_operations(services) if api == "v1" else v2_operations(services)
    app, maker = accepting_server.app(), Maker(20260101)
    taken = 0
    for number in range(REQUESTS // 2):
        operation = served[number % len(served)]
        asked = request(operation, maker)
        got = await answer(app, asked, at=now_ms(), key_id=key.access_key_id, secret=key.secret)
        taken += got.status == 200
        assert got.status < 500, (asked, got.body)
        assert (got.code or "") in ALWAYS | modelled(api, operation.name), (asked, got.body)
    assert taken > REQUESTS // 20, "most of what is asked is refused at once"


def modelled(api: str, name: str) -> set[str]:
    """The codes of an operation's modelled errors."""
    model = MODELS[api]
    shapes = [one["shape"] for one in model["operations"][name]["errors"]]
    return {model["shapes"][one].get("error", {}).get("code", one) for one in shapes}
