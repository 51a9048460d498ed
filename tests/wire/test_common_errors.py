"""The 17 errors that the reference lists as common to all actions: docs/errors.md, provoked."""

import dataclasses
import re
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError

from pillarbox.wire.http.limits import Limits
from tests.unit.signing import KEY, NOW, sign
from tests.wire.api import Api

ACCOUNT = "/email/identities/example.com"
LIMITED = dataclasses.replace(KEY, operations=frozenset({"SendEmail"}))
CLOSED = dataclasses.replace(KEY, account_closed=True)


async def broken(call):
    raise RuntimeError("a bug")


async def store_down(access_key_id):
    raise OperationalError("SELECT", {}, Exception("gone"))


def unsigned(api):
    method, path, query, headers, body = sign(path=f"/{api}{ACCOUNT}")
    return method, path, query, [one for one in headers if one[0] != b"authorization"], body


def incomplete(api):
    method, path, query, headers, body = sign(path=f"/{api}{ACCOUNT}")
    cut = [(n, v.split(b", Signature")[0] if n == b"authorization" else v) for n, v in headers]
    return method, path, query, cut, body


def both(api):
    method, path, _, headers, body = sign(path=f"/{api}{ACCOUNT}")
    return method, path, sign(expires=60)[2], headers, body


def twice(api):
    method, path, query, headers, body = sign(path=f"/{api}{ACCOUNT}", expires=60)
    return method, path, query + b"&X-Amz-Expires=60", headers, body


def get(query="", method="GET", path=ACCOUNT, **signing):
    return lambda api: sign(method, f"/{api}{path}{query}", **signing)


# name: the request, how the API under test is set up, v1's code and status, v2's
PROVOKED = {
    "AccessDeniedException": (
        get(),
        {"keys": [LIMITED]},
        ("AccessDeniedException", 400),
        ("AccessDeniedException", 403),
    ),
    "IncompleteSignature": (
        incomplete,
        {},
        ("IncompleteSignature", 400),
        ("IncompleteSignatureException", 403),
    ),
    "InternalFailure": (
        get(),
        {"handlers": {"GetEmailIdentity": broken}},
        ("InternalFailure", 500),
        ("InternalFailure", 500),
    ),
    "InvalidAction": (
        get("?Action=SendEmail"),
        {},
        ("InvalidAction", 400),
        ("UnknownOperationException", 404),
    ),
    "InvalidClientTokenId": (
        get(key_id="AKIDUNKNOWN"),
        {},
        ("InvalidClientTokenId", 403),
        ("UnrecognizedClientException", 403),
    ),
    "InvalidParameterCombination": (
        both,
        {},
        ("InvalidParameterCombination", 400),
        ("InvalidParameterCombination", 400),
    ),
    "InvalidParameterValue": (
        get("?Version=tomorrow"),
        {},
        ("InvalidParameterValue", 400),
        ("InvalidParameterValue", 400),
    ),
    "InvalidQueryParameter": (
        twice,
        {},
        ("InvalidQueryParameter", 400),
        ("InvalidQueryParameter", 400),
    ),
    "MalformedQueryString": (
        lambda api: (*sign(path=f"/{api}{ACCOUNT}")[:2], b"a=%zz", sign()[3], b""),
        {},
        ("MalformedQueryString", 404),
        ("MalformedQueryString", 404),
    ),
    "MissingAction": (
        get("?Action="),
        {},
        ("MissingAction", 400),
        ("MissingAction", 400),
    ),
    "MissingAuthenticationToken": (
        unsigned,
        {},
        ("MissingAuthenticationToken", 403),
        ("MissingAuthenticationTokenException", 403),
    ),
    "MissingParameter": (
        get("?Action=GetEmailIdentity&Version="),
        {},
        ("MissingParameter", 400),
        ("MissingParameter", 400),
    ),
    "OptInRequired": (
        get(),
        {"keys": [CLOSED]},
        ("OptInRequired", 403),
        ("OptInRequired", 403),
    ),
    "RequestExpired": (
        get(at=NOW - 16 * 60_000),
        {},
        ("RequestExpired", 400),
        ("InvalidSignatureException", 403),
    ),
    "ServiceUnavailable": (
        get(),
        {"find_key": store_down},
        ("ServiceUnavailable", 503),
        ("ServiceUnavailable", 503),
    ),
    "ThrottlingException": (
        get(),
        {"limits": Limits(concurrent=0)},
        ("ThrottlingException", 400),
        ("TooManyRequestsException", 429),
    ),
}
"""All but ValidationError: these APIs answer BadRequestException with the same text."""


@pytest.mark.parametrize("name", PROVOKED)
async def test_each_common_error_has_its_code_and_status_under_v1(name):
    request, setup, (code, status), _ = PROVOKED[name]
    answer = await Api(**setup).raw(request("v1"))
    assert (answer.code, answer.status) == (code, status)
    assert answer.message


@pytest.mark.parametrize("name", PROVOKED)
async def test_each_common_error_has_its_code_and_status_under_v2(name):
    request, setup, _, (code, status) = PROVOKED[name]
    answer = await Api(**setup).raw(request("v2"))
    assert (answer.code, answer.status) == (code, status)


async def test_what_a_constraint_refuses_is_bad_request_and_not_validation_error():
    answer = await Api()("POST", "/v1/email/identities", b"{}")
    assert (answer.code, answer.status) == ("BadRequestException", 400)
    assert answer.message == (
        "1 validation error detected: Value at 'emailIdentity' failed to satisfy constraint:"
        " Member must not be null"
    )


def test_the_page_lists_each_common_error_with_its_status():
    page = (Path(__file__).parents[2] / "docs" / "errors.md").read_text().split("## Further")[0]
    listed = dict(re.findall(r"^\| `(\w+)` \| (\d+) \|", page, re.MULTILINE))
    codes = {name: str(v1[1]) for name, (_, _, v1, _) in PROVOKED.items()}
    assert listed == codes | {"ValidationError": "400"}


async def test_access_denied_says_who_may_not_do_what():
    answer = await Api(keys=[LIMITED])(path="/v1/email/identities/example.com")
    assert answer.message == (
        "User `arn:aws:iam::123456789012:user/AKIDEXAMPLE' is not authorized to perform"
        " `ses:GetEmailIdentity' on resource"
        " `arn:aws:ses:us-east-1:123456789012:identity/example.com'"
    )


async def test_a_bug_is_logged_and_not_told(caplog):
    answer = await Api(handlers={"GetEmailIdentity": broken})(path=f"/v1{ACCOUNT}")
    assert "bug" not in answer.message
    assert "a bug" in caplog.text
