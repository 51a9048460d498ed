"""The HTTP side of the JSON APIs, in-process: routing, answers, refusals, the access log."""

import asyncio
import json

import pytest
from sqlalchemy.exc import OperationalError

from pillarbox.base.errors import NotFound
from pillarbox.model.credentials import Caller
from pillarbox.wire.http.limits import Limits
from pillarbox.wire.http.operation import Operation
from pillarbox.wire.http.router import Router
from tests.unit.signing import KEY, TEMPORARY, TOKEN, sign
from tests.wire.api import Api, Identity, nothing

LABELS = {
    b"a%2Bb%40c.d": "a+b@c.d",
    b"a%2Fb": "a/b",
    b"a+b": "a+b",
    b"%25": "%",
    b"%2525": "%25",
    b"%C3%A9": "é",
    b"..": "..",
}


@pytest.mark.parametrize(("raw", "label"), LABELS.items())
async def test_a_label_is_decoded_once_and_a_slash_stays_inside(raw, label):
    answer = await Api()(path=f"/v1/email/identities/{raw.decode()}", expires=60)
    if raw == b"..":  # botocore signs the path without the dots, which is another path
        assert answer.status == 403
    else:
        assert json.loads(answer.body)["Identity"] == label


@pytest.mark.parametrize("raw", ["%zz", "%", "%ff", "%00"])
async def test_a_label_that_is_no_text_is_refused(raw):
    answer = await Api()(path=f"/v1/email/identities/{raw}")
    assert (answer.code, answer.status) == ("BadRequestException", 400)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/email/identity"),
        ("PATCH", "/v1/email/identities"),
        ("GET", "/v1/email/identities/"),
        ("GET", "/v1/email/identities/a/b"),
        ("POST", "/v1/"),
    ],
)
async def test_an_unknown_operation_is_told_to_a_known_caller_only(method, path):
    answer = await Api()(method, path)
    assert (answer.code, answer.status) == ("InvalidAction", 400)
    answer = await Api()(method, path, secret="other")
    assert answer.code == "SignatureDoesNotMatch"
    answer = await Api()(method, path.replace("v1", "v2"))
    assert (answer.code, answer.status) == ("UnknownOperationException", 404)


async def test_outside_the_apis_nothing_is_there():
    assert (await Api()(path="/favicon.ico")).status == 404


def test_two_operations_at_one_place_are_a_mistake():
    one = Operation(name="A", method="GET", path="/v1/a", request=Identity, handler=nothing)
    with pytest.raises(ValueError, match="twice"):
        Router([one, one])


def test_a_query_member_that_the_shape_lacks_is_a_mistake():
    with pytest.raises(TypeError, match="PageSize"):
        Operation(
            name="A",
            method="GET",
            path="/v1/a",
            request=Identity,
            handler=nothing,
            query=("PageSize",),
        )


@pytest.mark.parametrize(("api", "body"), [("v1", b""), ("v2", b"{}")])
async def test_an_empty_success_is_empty_under_v1_and_an_object_under_v2(api, body):
    answer = await Api()("DELETE", f"/{api}/email/identities/example.com")
    assert (answer.status, answer.body) == (200, body)


async def test_each_answer_has_its_own_request_id():
    api = Api()
    ids = {(await api()).headers["x-amzn-requestid"] for _ in range(2)}
    assert len(ids) == 2
    assert {len(one) for one in ids} == {36}


@pytest.mark.parametrize(
    ("query", "body", "size"),
    [
        ("?PageSize=5", b"", 5),
        ("", b'{"PageSize":7}', 7),
        ("?PageSize=5", b'{"PageSize":7}', 5),
        ("?Action=ListEmailIdentities&Version=2018-07-26", b'{"PageSize":7}', 7),
        ("", b"", 0),
    ],
)
@pytest.mark.parametrize("expires", [None, 60])
async def test_a_list_call_of_v1_reads_its_body_when_there_is_no_query(query, body, size, expires):
    answer = await Api()("GET", f"/v1/email/identities{query}", body, expires=expires)
    assert json.loads(answer.body) == {"PageSize": size}


async def test_other_gets_ignore_a_body():
    answer = await Api()("GET", "/v1/email/identities/a.b", b"not json")
    assert answer.status == 200


@pytest.mark.parametrize(
    ("query", "code", "text"),
    [
        ("?PageSize=x", "SerializationException", "'x' can not be converted to Integer"),
        ("?PageSize=", "SerializationException", "'' can not be converted to Integer"),
        (
            "?PageSize=1&PageSize=2",
            "InvalidQueryParameter",
            "The parameter PageSize is given more than once.",
        ),
        (
            "?PageSize=1001",
            "BadRequestException",
            (
                "1 validation error detected: Value at 'pageSize' failed to satisfy constraint:"
                " Member must have value less than or equal to 1000"
            ),
        ),
        ("?NextToken=%00", "BadRequestException", "The request contains a NUL character."),
        (
            "?Action=Nonsense",
            "InvalidAction",
            "Could not find operation Nonsense for version 2018-07-26",
        ),
        (
            "?Version=2010-12-01",
            "InvalidAction",
            "Could not find operation ListEmailIdentities for version 2010-12-01",
        ),
    ],
)
async def test_a_wrong_parameter_is_refused(query, code, text):
    answer = await Api()("GET", f"/v1/email/identities{query}")
    assert (answer.code, answer.message) == (code, text)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"{", "SerializationException"),
        (b'{"EmailIdentity":1}', "SerializationException"),
        (b'{"EmailIdentity":""}', "BadRequestException"),
        (b'{"EmailIdentity":"a\\u0000"}', "BadRequestException"),
        (b"", "BadRequestException"),
    ],
)
async def test_a_wrong_body_is_refused(body, code):
    answer = await Api()("POST", "/v2/email/identities", body)
    assert (answer.status, answer.code) == (400, code)


async def test_a_temporary_key_needs_its_token():
    api = Api(keys=[TEMPORARY])
    assert (await api(path="/v1/email/identities/a.b", token=TOKEN)).status == 200
    assert (await api(path="/v1/email/identities/a.b")).code == "InvalidClientTokenId"


async def test_the_handler_learns_who_calls_and_from_where():
    answer = await Api()(path="/v1/email/identities/a.b")
    told = json.loads(answer.body)
    assert (told["Account"], told["SourceIp"]) == ("123456789012", "127.0.0.9")


async def test_a_call_is_logged_without_its_secrets():
    api = Api(keys=[TEMPORARY])
    await api(path="/v1/email/identities/a.b?x=1", token=TOKEN, expires=60)
    (record,) = api.log
    assert record.operation == "GetEmailIdentity"
    assert record.access_key_id == KEY.access_key_id
    assert "X-Amz-Signature=REDACTED" in record.query
    assert "X-Amz-Security-Token=REDACTED" in record.query
    assert "x=1" in record.query
    assert TOKEN not in repr(record)


async def test_a_body_in_many_pieces_is_one_body():
    body = json.dumps({"Data": "AAAA" * 100_000}).encode()
    method, path, query, headers, _ = sign("POST", "/v1/email/outbound-emails", body)
    pieces = [
        {"type": "http.request", "body": body[at : at + 60_000], "more_body": True}
        for at in range(0, len(body), 60_000)
    ]
    pieces.append({"type": "http.request", "body": b"", "more_body": False})
    headers = [*headers, (b"transfer-encoding", b"chunked")]
    answer = await Api().raw((method, path, query, headers, b""), pieces)
    assert json.loads(answer.body) == {"BytesTaken": 300_000}


@pytest.mark.parametrize("declared", [b"99999999", None, b"-1", b"1_0"])
async def test_a_body_over_the_limit_is_cut_off_while_it_is_read(declared):
    limits = Limits(body=1000, grace=5000)
    api, taken, sent = Api(limits=limits), 0, []
    method, path, query, headers, _ = sign("POST", "/v1/email/outbound-emails", b"x")
    extra = (b"content-length", declared) if declared else (b"transfer-encoding", b"chunked")

    async def receive():
        nonlocal taken
        taken += 100
        return {"type": "http.request", "body": b"x" * 100, "more_body": True}

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path.decode(),
        "raw_path": path,
        "query_string": query,
        "headers": [*headers, extra],
        "client": None,
    }
    await api.app(scope, receive, send)
    assert sent[0]["status"] == 413
    assert (b"x-amzn-errortype", b"RequestEntityTooLarge") in sent[0]["headers"]
    assert (b"connection", b"close") in sent[0]["headers"]
    assert taken <= 1000 + 5000 + 200


async def test_a_stranger_uploads_nothing():
    headers = [(b"host", b"x"), (b"content-length", b"900000")]
    answer = await Api().raw(("POST", b"/v1/email/outbound-emails", b"", headers, b""), [])
    assert answer.code == "MissingAuthenticationToken"


async def test_a_body_that_does_not_come_is_timed_out():
    sent = []
    api = Api(limits=Limits(pause_seconds=0.01, grace_seconds=0.01))
    method, path, query, headers, _ = sign("POST", "/v1/email/outbound-emails", b"x")

    async def receive():
        await asyncio.Event().wait()

    async def send(message):
        sent.append(message)

    scope = {
        "type": "http",
        "method": method,
        "path": path.decode(),
        "raw_path": path,
        "query_string": query,
        "headers": [*headers, (b"content-length", b"1")],
        "client": None,
    }
    await api.app(scope, receive, send)
    assert sent[0]["status"] == 408


async def test_who_hangs_up_gets_no_answer_and_one_line_in_the_log():
    api = Api()
    method, path, query, headers, _ = sign("POST", "/v1/email/outbound-emails", b"x")
    headers = [*headers, (b"content-length", b"1")]
    assert await api.raw((method, path, query, headers, b""), []) is None
    assert [one.code for one in api.log] == ["Disconnected"]


async def test_extra_routes_need_no_signature_and_the_console_takes_its_own_paths():
    async def page(scope, receive, send):
        await send({"type": "http.response.start", "status": 201, "headers": []})
        await send({"type": "http.response.body", "body": scope["path"].encode()})

    api = Api(extra={"/healthz": page}, console=page)
    for path in (b"/healthz", b"/console/x"):
        answer = await api.raw(("GET", path, b"", [], b""))
        assert (answer.status, answer.body) == (201, path)
    assert (await api.raw(("GET", b"/v1/x", b"", [], b""))).status == 403
    assert (await api.raw(("GET", b"/_pillarbox/x", b"", [], b""))).status == 403


@pytest.mark.parametrize(("local", "status"), [(True, 200), (False, 403)])
async def test_an_operation_may_go_unsigned_where_the_listener_says_so(local, status):
    caller = Caller(account_id="1", access_key_id="", source_ip="127.0.0.1")

    async def tell(call):
        assert call.caller.account_id == "1"

    free = Operation(
        name="Captured",
        method="GET",
        path="/_pillarbox/captured",
        request=Identity.__base__,
        handler=tell,
        unsigned_locally=True,
    )
    api = Api(local_caller=lambda _: caller if local else None, served=[free])
    assert (await api.raw(("GET", b"/_pillarbox/captured", b"", [], b""))).status == status
    forged = await api("GET", "/_pillarbox/captured", secret="other")
    assert forged.code == "InvalidSignatureException"


async def test_the_lifespan_protocol_is_answered():
    messages = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent = []

    async def receive():
        return messages.pop(0)

    async def send(message):
        sent.append(message["type"])

    await Api().app({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_a_store_that_is_down_in_a_handler_is_503_and_logged(caplog):
    async def down(call):
        raise OperationalError("SELECT", {"secret": 1}, Exception("the database is gone"))

    api = Api(handlers={"GetEmailIdentity": down})
    assert (await api(path="/v1/email/identities/a.b")).status == 503
    assert "the database is gone" in caplog.text
    assert "secret" not in caplog.text


async def test_no_room_for_a_body_is_503_and_the_handler_never_runs():
    api = Api(limits=Limits(budget=1, patience=0.01))
    async with api.app._budget.room(1):
        answer = await api("POST", "/v2/email/identities", b'{"EmailIdentity":"a.b"}')
    assert (answer.code, answer.status) == ("ServiceUnavailable", 503)


async def test_calls_of_one_account_at_once_are_limited_and_counted_back():
    entered, release = asyncio.Event(), asyncio.Event()

    async def wait(call):
        entered.set()
        await release.wait()

    api = Api(limits=Limits(concurrent=1), handlers={"GetEmailIdentity": wait})
    first = asyncio.create_task(api(path="/v1/email/identities/a.b"))
    await entered.wait()
    assert (await api("DELETE", "/v1/email/identities/a.b")).code == "ThrottlingException"
    release.set()
    await first
    assert (await api("DELETE", "/v1/email/identities/a.b")).status == 200
    assert not api.app._calls


async def test_an_error_of_a_handler_is_told_with_its_code():
    async def missing(call):
        raise NotFound("Email identity a.b does not exist.")

    answer = await Api(handlers={"GetEmailIdentity": missing})(path="/v1/email/identities/a.b")
    assert (answer.status, answer.code) == (404, "NotFoundException")
    assert answer.body == b'{"message":"Email identity a.b does not exist."}'
