"""Whatever form is posted to the Query API gets a modelled answer in XML, and never a 5xx."""

import random
from typing import Any
from urllib.parse import quote_plus
from xml.etree import ElementTree as ET

import botocore.loaders
import pytest

from pillarbox.base.clock import now_ms
from pillarbox.store.store import Store
from pillarbox.wire.ses.operations import actions
from pillarbox.wire.ses.protocol import NAMESPACE, VERSION
from tests.unit.signing import sign
from tests.wire.api import Answer
from tests.wire.random_requests import RandomRequests
from tests.wire.server import WireServer

REQUESTS = 3_000
MODEL = botocore.loaders.Loader().load_service_model("ses", "service-2", VERSION)
NAMES = [action.name for action in actions(None)]
#: What the HTTP side and every action may say (docs/errors.md).
COMMON = {
    "InvalidAction",
    "InvalidParameterValue",
    "InvalidQueryParameter",
    "LimitExceeded",
    "MalformedInput",
    "MessageRejected",
    "MissingAction",
    "Throttling",
    "ValidationError",
}
#: Sends are the work of other tests; here they would only fill the store.
RARE = {"SendEmail": 0.2, "SendRawEmail": 0.2}


@pytest.fixture
async def server(migrated_url):
    store = Store(migrated_url)
    store.start()
    yield WireServer(store, everything_verified=True)
    store.close()


class RandomForms(RandomRequests):
    """Makes forms for actions."""

    def form(self, name: str) -> bytes:
        """Give the form of a request: mostly what the model allows, then damaged."""
        found = MODEL["operations"][name].get("input")
        members = self._structure(MODEL, MODEL["shapes"][found["shape"]], 0) if found else {}
        given = [("Action", name), ("Version", VERSION), *flattened(members)]
        form = "&".join(f"{quote_plus(key)}={quote_plus(value)}" for key, value in given).encode()
        if self._chance.random() < 0.1:
            at = self._chance.randrange(len(form))
            form = form[:at] + self._chance.choice((b"%", b"&", b".x=", b"\xff", b"")) + form[at:]
        return form


def flattened(value: Any, name: str = "") -> list[tuple[str, str]]:
    if isinstance(value, dict):
        below = [(f"{name}.{key}" if name else key, one) for key, one in value.items()]
    elif isinstance(value, list) and value:
        below = [(f"{name}.member.{n}", one) for n, one in enumerate(value, 1)]
    else:
        return [] if value is None else [(name, "" if value == [] else str(value))]
    return [pair for key, one in below for pair in flattened(one, key)]


async def post(app, key_id, form):
    headers = {"content-type": "application/x-www-form-urlencoded"}
    method, path, query, wire, body = sign(
        "POST", "/", form, at=now_ms(), key_id=key_id, secret="secret", headers=headers
    )
    sent = []

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": "/",
        "raw_path": path,
        "query_string": query,
        "headers": [*wire, (b"content-length", str(len(body)).encode())],
        "client": ("127.0.0.9", 5),
    }
    await app(scope, receive, send)
    return Answer(sent)


@pytest.mark.timeout(240)
async def test_no_form_is_answered_5xx(server):
    server.new_account(max_24h=-1.0)
    (key_id,) = server.keys
    forms = RandomForms(random.Random(20261122))
    chance = random.Random(1)
    app = server.app()
    statuses = {200: 0, 400: 0}
    for name in chance.choices(NAMES, [RARE.get(one, 1.0) for one in NAMES], k=REQUESTS):
        form = forms.form(name)
        answer = await post(app, key_id, form)
        told = (form, answer.status, answer.body)
        assert answer.status in statuses, told
        root = ET.fromstring(answer.body)
        if answer.status == 200:
            assert root.tag == f"{{{NAMESPACE}}}{name}Response", told
        else:
            code = root.findtext("{*}Error/{*}Code")
            shapes = [one["shape"] for one in MODEL["operations"][name].get("errors", ())]
            modelled = {MODEL["shapes"][shape]["error"]["code"] for shape in shapes}
            assert code in modelled | COMMON, told
        statuses[answer.status] += 1
    # The generator is worth nothing if it never gets past the door.
    assert min(statuses.values()) > REQUESTS / 10, statuses
