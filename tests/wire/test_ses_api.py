"""The Query protocol over HTTP, in-process: where parameters stand, how errors look."""

import re
from xml.etree import ElementTree as ET

import pytest
from sqlalchemy.exc import OperationalError

from pillarbox.base import errors
from pillarbox.proto.aws.rest_json import Shape
from pillarbox.wire.http.limits import Limits
from pillarbox.wire.ses.action import Action
from pillarbox.wire.ses.protocol import NAMESPACE, QueryProtocol
from tests.unit.signing import KEY, TEMPORARY, TOKEN
from tests.wire.api import Api

FORM = {"content-type": "application/x-www-form-urlencoded; charset=utf-8"}


class Asked(Shape, kw_only=True):
    name: str | None = None
    data: bytes | None = None


class Told(Shape, kw_only=True):
    name: str | None = None
    account: str | None = None


async def tell(call):
    return Told(name=call.request.name, account=call.caller.account_id)


def api(handler=tell, **more):
    action = Action(name="Tell", request=Asked, handler=handler)
    return Api(query=QueryProtocol([action]), **more)


def text(answer, name):
    return ET.fromstring(answer.body).findtext(f".//{{{NAMESPACE}}}{name}")


def error(answer):
    """The status, code and message of an error, whose frame is looked at too."""
    root = ET.fromstring(answer.body)
    assert root.tag == f"{{{NAMESPACE}}}ErrorResponse"
    assert answer.headers["content-type"] == "text/xml"
    assert "x-amzn-errortype" not in answer.headers
    assert text(answer, "RequestId") == answer.headers["x-amzn-requestid"]
    assert text(answer, "Type") == ("Sender" if answer.status < 500 else "Receiver")
    return answer.status, text(answer, "Code"), text(answer, "Message")


async def post(form, **more):
    return await api(**more)("POST", "/", form, headers=FORM)


async def test_a_form_is_answered_in_xml():
    answer = await post(b"Action=Tell&Version=2010-12-01&Name=a+b")
    assert (answer.status, answer.headers["content-type"]) == (200, "text/xml")
    assert (text(answer, "Name"), text(answer, "Account")) == ("a b", KEY.account_id)
    assert text(answer, "RequestId") == answer.headers["x-amzn-requestid"]


@pytest.mark.parametrize(
    ("method", "path", "body", "expires"),
    [
        ("GET", "/?Action=Tell&Name=a%20b", b"", None),
        ("GET", "/?Action=Tell&Version=2010-12-01&Name=a%20b", b"", 60),
        ("POST", "/?Action=Tell", b"Name=a+b", None),
        ("POST", "/?Name=a%20b", b"Version=2010-12-01&Action=Tell", 60),
    ],
)
async def test_parameters_may_stand_in_the_query_string_signed_or_presigned(
    method, path, body, expires
):
    answer = await api()(method, path, body, expires=expires)
    assert (answer.status, text(answer, "Name")) == (200, "a b"), answer.body


REFUSED = [
    (b"", 400, "MissingAction", None),
    (b"Action=", 400, "MissingAction", None),
    (b"Name=Action%3DTell", 400, "MissingAction", None),
    (b"Action=Other", 400, "InvalidAction",
     "Could not find operation Other for version 2010-12-01"),
    (b"Action=%3Ca%26b%3E", 400, "InvalidAction",
     "Could not find operation <a&b> for version 2010-12-01"),
    (b"Action=CreateReceiptRule&Version=2010-12-01", 400, "InvalidAction",
     "Could not find operation CreateReceiptRule for version 2010-12-01"),
    (b"Action=Tell&Version=2019-09-27", 400, "InvalidAction",
     "Could not find operation Tell for version 2019-09-27"),
    (b"Action=Tell&Name=1&Action=Tell", 400, "InvalidQueryParameter",
     "The parameter Action is given more than once."),
    (b"Action=Tell&Name=1&Name=2", 400, "InvalidQueryParameter",
     "The parameter Name is given more than once."),
    (b"Action=Tell&Name=%zz", 400, "MalformedInput", None),
    (b"Action=Tell&Name.x=1", 400, "MalformedInput", "Unexpected complex element at 'Name'."),
    (b'{"Action": "Tell"}', 400, "MissingAction", None),
]  # fmt: skip


@pytest.mark.parametrize(("form", "status", "code", "message"), REFUSED)
async def test_what_is_no_request_is_refused_in_xml(form, status, code, message):
    told = error(await post(form))
    assert told[:2] == (status, code)
    assert told[2] == message if message else told[2]


RAISED = [
    (errors.NotFound("x", query_code="ConfigurationSetDoesNotExist"), 400,
     "ConfigurationSetDoesNotExist"),
    (errors.BadRequest("x"), 400, "InvalidParameterValue"),
    (errors.AlreadyExists("x"), 400, "AlreadyExists"),
    (errors.LimitExceeded("x"), 400, "LimitExceeded"),
    (errors.TooManyRequests("x"), 400, "Throttling"),
    (errors.MessageRejected("x"), 400, "MessageRejected"),
    (errors.SendingPaused("x"), 400, "AccountSendingPausedException"),
    (errors.MailFromNotVerified("x"), 400, "MailFromDomainNotVerifiedException"),
    (errors.InternalFailure("x"), 500, "InternalFailure"),
    (errors.ServiceUnavailable("x"), 503, "ServiceUnavailable"),
]  # fmt: skip


@pytest.mark.parametrize(("raised", "status", "code"), RAISED)
async def test_each_error_has_the_code_of_query(raised, status, code):
    async def handler(call):
        raise raised

    assert error(await post(b"Action=Tell", handler=handler)) == (status, code, "x")


@pytest.mark.parametrize(
    ("raised", "told"),
    [(RuntimeError("secret"), (500, "InternalFailure")),
     (OperationalError("", {}, Exception()), (503, "ServiceUnavailable"))],
)  # fmt: skip
async def test_what_breaks_on_our_side_is_told_in_xml_without_details(raised, told):
    async def handler(call):
        raise raised

    answer = await post(b"Action=Tell", handler=handler)
    assert error(answer)[:2] == told
    assert b"secret" not in answer.body


SIGNED = [
    ({"secret": "other"}, {}, 403, "SignatureDoesNotMatch"),
    ({"key_id": "AKIDUNKNOWN"}, {}, 403, "InvalidClientTokenId"),
    ({"token": "x"}, {}, 403, "InvalidClientTokenId"),
    ({"service": "email"}, {}, 403, "SignatureDoesNotMatch"),
    ({"at": 0}, {}, 400, "RequestExpired"),
]


@pytest.mark.parametrize(("signing", "setup", "status", "code"), SIGNED)
async def test_who_is_not_known_hears_so_in_xml(signing, setup, status, code):
    answer = await api(**setup)("POST", "/", b"Action=Other", headers=FORM, **signing)
    assert error(answer)[:2] == (status, code)


async def test_an_unsigned_request_is_refused_in_xml():
    request = ("POST", b"/", b"", [], b"Action=Tell")
    assert error(await api().raw(request)) == (
        403,
        "MissingAuthenticationToken",
        "Request is missing Authentication Token",
    )


async def test_a_session_token_opens_a_temporary_key():
    answer = await api(keys=[TEMPORARY])("POST", "/", b"Action=Tell", token=TOKEN)
    assert answer.status == 200


async def test_a_key_limited_to_other_actions_is_denied():
    key = type(KEY)(
        access_key_id=KEY.access_key_id,
        account_id=KEY.account_id,
        secret=KEY.secret,
        operations=frozenset({"SendEmail"}),
    )
    status, code, message = error(await post(b"Action=Tell&Name=%zz", keys=[key]))
    assert (status, code) == (403, "AccessDenied"), "before the parameters are looked at"
    assert "is not authorized to perform `ses:Tell' on resource" in message


async def test_limits_hold_here_too():
    answer = await post(b"Action=Tell&Data=" + b"A" * 1_000, limits=Limits(body=500))
    assert error(answer)[:2] == (413, "RequestEntityTooLarge")


async def test_the_access_log_names_the_action_and_the_code():
    server = api()
    await server("POST", "/", b"Action=Tell&Name.x=1")
    (record,) = server.log
    assert (record.operation, record.code, record.path) == ("Tell", "MalformedInput", "/")
    assert record.account_id == KEY.account_id
    assert record.bytes_in == len(b"Action=Tell&Name.x=1")


async def test_a_browser_at_the_front_door_is_no_call():
    visits = []

    async def console(scope, receive, send):
        visits.append(scope["path"])
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"console"})

    server = api(console=console)
    assert (await server.raw(("GET", b"/", b"", [], b""))).body == b"console"
    assert (await server("GET", "/?Action=Tell&Name=x")).status == 200
    assert error(await server.raw(("POST", b"/", b"", [], b"")))[0] == 403
    assert visits == ["/"]


def test_two_actions_of_one_name_are_a_mistake():
    action = Action(name="Tell", request=Asked, handler=tell)
    with pytest.raises(ValueError, match=re.escape("Tell is there twice")):
        QueryProtocol([action, action])


async def test_the_rate_of_calls_holds_for_each_metered_action():
    server = api(limits=Limits(calls_per_second=0.001))
    first = await server("POST", "/", b"Action=Tell", headers=FORM)
    assert first.status == 200
    assert error(await server("POST", "/", b"Action=Tell", headers=FORM)) == (
        400,
        "Throttling",
        "Rate exceeded",
    )
