"""Whatever is asked of whatever is served gets a modelled answer, and never a 5xx."""

import json
import random

import pytest

from pillarbox.base.clock import now_ms
from pillarbox.store.store import Store
from pillarbox.wire.http.api_app import ApiApp
from pillarbox.wire.pinpoint.operations import operations as v1_operations
from pillarbox.wire.sesv2.operations import operations as v2_operations
from tests.unit.signing import sign
from tests.wire.api import Answer
from tests.wire.random_requests import MODELS, RARE, RandomRequests
from tests.wire.server import WireServer

#: By engine: what the handlers do is the same on both, and PostgreSQL takes longer.
REQUESTS = {"sqlite": 10_000, "postgresql": 2_000}
#: What the HTTP side may say to any request (docs/errors.md).
COMMON = {
    "BadRequestException",
    "NotFoundException",
    "SerializationException",
    "TooManyRequestsException",
    # An empty label is another path, where there is nothing.
    "InvalidAction",
    "UnknownOperationException",
    "InvalidQueryParameter",
}
OPERATIONS = [*v1_operations(None), *v2_operations(None)]


@pytest.fixture
async def server(migrated_url):
    store = Store(migrated_url)
    store.start()
    yield WireServer(store, everything_verified=True)
    store.close()


async def call(app: ApiApp, key_id: str, method: str, path: str, body: bytes, **more) -> Answer:
    headers = {"content-type": "application/json"} if body else {}
    method, raw_path, query, wire, body = sign(
        method, path, body, at=now_ms(), key_id=key_id, secret="secret", headers=headers, **more
    )
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": raw_path.decode("latin-1"),
        "raw_path": raw_path,
        "query_string": query,
        "headers": [*wire, (b"content-length", str(len(body)).encode())],
        "client": ("127.0.0.9", 5),
    }
    await app(scope, receive, send)
    return Answer(sent)


def modelled_codes(operation) -> set[str]:
    model = MODELS[operation.api]
    shapes = [
        model["shapes"][one["shape"]] for one in model["operations"][operation.name]["errors"]
    ]
    names = [one["shape"] for one in model["operations"][operation.name]["errors"]]
    return {
        shape.get("error", {}).get("code", name) for shape, name in zip(shapes, names, strict=True)
    }


@pytest.mark.timeout(240)
async def test_no_request_is_answered_5xx(server):
    key_id = next(k.access_key_id for k in _keys(server))
    chance = random.Random(20261121)
    requests = RandomRequests(chance)
    app = server.app()
    count = REQUESTS[server.store.engine.dialect.name]
    weights = [RARE.get(one.name, 1.0) for one in OPERATIONS]
    statuses: dict[int, int] = {}
    for number, operation in enumerate(chance.choices(OPERATIONS, weights, k=count)):
        method, path, body = requests.make(operation)
        answer = await call(app, key_id, method, path, body)
        told = (number, method, path, body, answer.status, answer.body)
        assert answer.status in {200, 400, 404, 409, 429}, told
        if answer.status != 200:
            assert isinstance(json.loads(answer.body)["message"], str | None), told
            assert answer.code in modelled_codes(operation) | COMMON, told
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
    # The generator is worth nothing if it never gets past the door.
    assert statuses[200] > count / 10, statuses
    assert statuses[400] > count / 10, statuses


async def test_every_operation_works_by_presigned_url_too(server):
    key_id = next(k.access_key_id for k in _keys(server))
    app = server.app()
    for operation in OPERATIONS:
        method, path, body = RandomRequests(random.Random(7)).make(operation)
        presigned = await call(app, key_id, method, path, body, expires=60)
        by_header = await call(app, key_id, method, path, body)
        told = (operation.name, presigned.status, presigned.code, presigned.body)
        assert presigned.status in {200, 400, 404}, told
        assert presigned.code not in {"SignatureDoesNotMatch", "InvalidSignatureException"}, told
        if method == "GET":
            assert (presigned.status, presigned.code) == (by_header.status, by_header.code), told


def _keys(server: WireServer):
    server.new_account(max_24h=-1.0)
    return server.keys.values()
