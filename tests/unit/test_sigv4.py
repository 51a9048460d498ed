"""Signature Version 4: botocore signs, we verify; and what was changed on the way is refused."""

import dataclasses
import hashlib

import pytest

from pillarbox.proto.aws import sigv4
from pillarbox.proto.aws.sigv4 import Kind, SignatureProblem
from tests.unit.signing import KEY, NOW, TEMPORARY, TOKEN, sign

MINUTE = 60_000
BODY = b'{"EmailIdentity":"example.com"}'
JSON = {"Content-Type": "application/json"}


def judge(request, key=KEY, now=NOW, region="us-east-1"):
    method, path, query, headers, body = request
    signed = sigv4.parse(method, path, query, headers)
    sigv4.verify(signed, key, hashlib.sha256(body).hexdigest(), now, region)


def refusal(request, **kwargs):
    with pytest.raises(SignatureProblem) as caught:
        judge(request, **kwargs)
    return caught.value


GOOD = {
    "a GET": ("GET", "/v1/email/account"),
    "a POST": ("POST", "/v1/email/identities", BODY),
    "an address in the path": ("GET", "/v1/email/identities/a%2Bb%40example.com"),
    "a slash in a label": ("GET", "/v1/email/identities/a%2Fb"),
    "UTF-8 in the path": ("GET", "/v2/email/identities/%C3%A9.example"),
    "a query": ("GET", "/v1/email/identities?PageSize=5&NextToken=a%2Bb%2F%3D"),
    "a parameter twice": ("DELETE", "/v1/email/tags?TagKeys=b&TagKeys=a%20c&ResourceArn=x%3Ay"),
    "an empty value": ("GET", "/v1/email/identities?NextToken="),
    "the root": ("POST", "/", b"Action=GetSendQuota"),
}


@pytest.mark.parametrize("expires", [None, 900])
@pytest.mark.parametrize("request_", GOOD.values(), ids=GOOD)
def test_what_botocore_signs_verifies(request_, expires):
    judge(sign(*request_, expires=expires))


@pytest.mark.parametrize("expires", [None, 900])
def test_a_temporary_key_works_with_its_token(expires):
    judge(sign(token=TOKEN, expires=expires), key=TEMPORARY)


@pytest.mark.parametrize(
    ("headers", "stamp"),
    [
        ({"X-Custom": "  a   b  "}, None),
        ({"Date": "Mon, 05 Jan 2026 10:00:00 GMT"}, None),
        ({"X-Amz-Content-SHA256": hashlib.sha256(BODY).hexdigest()}, None),
    ],
)
def test_further_headers_may_be_signed(headers, stamp):
    judge(sign("POST", "/v1/email/identities", BODY, headers=headers))


def without(name):
    def change(request):
        method, path, query, headers, body = request
        return method, path, query, [one for one in headers if one[0] != name], body

    return change


def header(name, old, new):
    def change(request):
        method, path, query, headers, body = request
        assert any(old in value for given, value in headers if given == name)
        changed = [(n, v.replace(old, new) if n == name else v) for n, v in headers]
        return method, path, query, changed, body

    return change


def add(name, value):
    def change(request):
        method, path, query, headers, body = request
        return method, path, query, [*headers, (name, value)], body

    return change


def part(index, value):
    def change(request):
        changed = list(request)
        changed[index] = value
        return tuple(changed)

    return change


A = b"authorization"
HEADER_MUTATIONS = {
    "no authentication": (without(A), Kind.MISSING, "Request is missing Authentication Token"),
    "an empty header": (header(A, b"AWS4", b""), Kind.INCOMPLETE, "Unsupported AWS 'algorithm'"),
    "basic authentication": (
        lambda r: add(A, b"Basic eDp5")(without(A)(r)),
        Kind.INCOMPLETE,
        (
            "Authorization header requires 'Credential' parameter. "
            "Authorization header requires 'Signature' parameter. "
            "Authorization header requires 'SignedHeaders' parameter. Authorization=Basic eDp5"
        ),
    ),
    "no Credential": (
        header(A, b"Credential=", b"Nothing="),
        Kind.INCOMPLETE,
        "Authorization header requires 'Credential' parameter. Authorization=AWS4",
    ),
    "no Signature": (
        header(A, b"Signature=", b"Nothing="),
        Kind.INCOMPLETE,
        "Authorization header requires 'Signature' parameter. Authorization=AWS4",
    ),
    "no SignedHeaders": (
        header(A, b"SignedHeaders=", b"Nothing="),
        Kind.INCOMPLETE,
        "Authorization header requires 'SignedHeaders' parameter. Authorization=AWS4",
    ),
    "a part twice": (header(A, b"Signature=", b"Signature=00, Signature="), Kind.INCOMPLETE, ""),
    "two headers": (add(A, b"AWS4-HMAC-SHA256 Credential=x"), Kind.INCOMPLETE, ""),
    "no date": (
        without(b"x-amz-date"),
        Kind.INCOMPLETE,
        "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
    ),
    "a date in words": (
        header(b"x-amz-date", b"20260105T100000Z", b"yesterday"),
        Kind.INCOMPLETE,
        "Date must be in ISO-8601 'basic format'. Got 'yesterday'.",
    ),
    "the 31st of February": (header(b"x-amz-date", b"0105T", b"0231T"), Kind.INCOMPLETE, "Date"),
    "two dates": (add(b"x-amz-date", b"20260105T100000Z"), Kind.DUPLICATE, "The header x-amz-date"),
    "another time of signing": (header(b"x-amz-date", b"T1000", b"T1001"), Kind.MISMATCH, "The re"),
    "four parts of scope": (
        header(A, b"/aws4_request", b""),
        Kind.INCOMPLETE,
        "Credential must have exactly 5 slash-delimited elements",
    ),
    "another day of scope": (
        header(A, b"/20260105/", b"/20260104/"),
        Kind.MISMATCH,
        "Date in Credential scope does not match",
    ),
    "another terminator": (header(A, b"/aws4_request", b"/aws5_request"), Kind.MISMATCH, "Cred"),
    "another signature": (header(A, b"Signature=", b"Signature=0"), Kind.MISMATCH, "The request s"),
    "a signature outside ASCII": (
        header(A, b"Signature=", b"Signature=\xff"),
        Kind.MISMATCH,
        (
            "The request signature we calculated does not match the signature you provided."
            " Check your AWS Secret Access Key and signing method."
            " Consult the service documentation for details."
        ),
    ),
    "host not signed": (
        header(A, b"host;", b""),
        Kind.MISMATCH,
        "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
    ),
    "unsorted headers": (header(A, b"host;x-amz-date", b"x-amz-date;host"), Kind.INCOMPLETE, "Sig"),
    "a header that is not there": (
        header(A, b"host;x-amz-date", b"host;x-amz-date;x-gone"),
        Kind.MISMATCH,
        "The request",
    ),
    "an unsigned x-amz header": (
        add(b"x-amz-target", b"x"),
        Kind.MISMATCH,
        "'x-amz-target' must be a 'SignedHeader' in the AWS Authorization.",
    ),
    "another host": (header(b"host", b"8025", b"8026"), Kind.MISMATCH, "The request"),
    "another method": (part(0, "PUT"), Kind.MISMATCH, "The request"),
    "another path": (part(1, b"/v1/email/identities/b%40c.d"), Kind.MISMATCH, "The request"),
    "the path decoded": (part(1, b"/v1/email/identities/a@c.d"), Kind.MISMATCH, "The request"),
    "a query added": (part(2, b"PageSize=1"), Kind.MISMATCH, "The request"),
    "a body changed": (part(4, b'{"EmailIdentity":"b"}'), Kind.MISMATCH, "The request"),
    "no body": (part(4, b""), Kind.MISMATCH, "The request"),
    "a broken query": (part(2, b"a=%zz"), Kind.SYNTAX, "The query string contains a syntax error."),
    "a nameless parameter": (part(2, b"=1"), Kind.SYNTAX, "The query string"),
    "an empty parameter": (part(2, b"a=1&&b=2"), Kind.SYNTAX, "The query string"),
    "a query outside ASCII": (part(2, b"a=\xff"), Kind.SYNTAX, "The query string"),
    "a query not in UTF-8": (part(2, b"a=%ff"), Kind.SYNTAX, "The query string"),
    "both ways": (part(2, b"X-Amz-Signature=0"), Kind.CONFLICT, "The request is signed both"),
}


@pytest.mark.parametrize(
    ("change", "kind", "text"), HEADER_MUTATIONS.values(), ids=HEADER_MUTATIONS
)
def test_a_changed_request_is_refused(change, kind, text):
    problem = refusal(change(sign("POST", "/v1/email/identities/a%40c.d", BODY)))
    assert problem.kind is kind
    assert problem.text.startswith(text)


def query(old, new):
    def change(request):
        assert old in request[2]
        return part(2, request[2].replace(old, new))(request)

    return change


QUERY_MUTATIONS = {
    "only a signature": (part(2, b"X-Amz-Signature=0"), Kind.INCOMPLETE, "AWS query-string param"),
    "no algorithm": (
        query(b"X-Amz-Algorithm=AWS4-HMAC-SHA256&", b""),
        Kind.INCOMPLETE,
        "AWS query-string parameters must include 'X-Amz-Algorithm'. Re-examine",
    ),
    "another algorithm": (query(b"SHA256", b"SHA512"), Kind.VALUE, "X-Amz-Algorithm must be"),
    "no date": (query(b"X-Amz-Date=", b"X-Amz-Day="), Kind.INCOMPLETE, "AWS query-string"),
    "expiry changed": (query(b"Expires=900", b"Expires=901"), Kind.MISMATCH, "The request"),
    "expiry dropped": (query(b"X-Amz-Expires=900&", b""), Kind.MISMATCH, "The request"),
    "expiry in words": (query(b"Expires=900", b"Expires=soon"), Kind.VALUE, "X-Amz-Expires"),
    "expiry of none": (query(b"Expires=900", b"Expires=0"), Kind.VALUE, "X-Amz-Expires"),
    "over a week": (query(b"Expires=900", b"Expires=604801"), Kind.VALUE, "X-Amz-Expires"),
    "expiry twice": (
        lambda r: part(2, r[2] + b"&X-Amz-Expires=900")(r),
        Kind.DUPLICATE,
        "The parameter X-Amz-Expires is given more than once.",
    ),
    "a parameter added": (lambda r: part(2, r[2] + b"&A=1")(r), Kind.MISMATCH, "The request"),
    "signature changed": (query(b"Signature=", b"Signature=0"), Kind.MISMATCH, "The request"),
    "host not signed": (query(b"SignedHeaders=host", b"SignedHeaders=x"), Kind.MISMATCH, "'Host'"),
    "another path": (part(1, b"/v1/email/identities"), Kind.MISMATCH, "The request"),
    "a body added": (part(4, b"{}"), Kind.MISMATCH, "The request"),
    "an unsigned x-amz header": (add(b"x-amz-date", b"x"), Kind.MISMATCH, "'x-amz-date'"),
}


@pytest.mark.parametrize(("change", "kind", "text"), QUERY_MUTATIONS.values(), ids=QUERY_MUTATIONS)
def test_a_changed_presigned_request_is_refused(change, kind, text):
    problem = refusal(change(sign(expires=900)))
    assert problem.kind is kind
    assert problem.text.startswith(text)


@pytest.mark.parametrize(
    ("expires", "offset", "text"),
    [
        (None, -15 * MINUTE, None),
        (None, 15 * MINUTE, None),
        (
            None,
            15 * MINUTE + 1000,
            (
                "Signature expired: 20260105T100000Z is now earlier than 20260105T100001Z"
                " (20260105T101501Z - 15 min.)"
            ),
        ),
        (
            None,
            -15 * MINUTE - 1000,
            (
                "Signature not yet current: 20260105T100000Z is still later than 20260105T095959Z"
                " (20260105T094459Z + 15 min.)"
            ),
        ),
        (3600, 60 * MINUTE, None),
        (
            3600,
            60 * MINUTE + 1000,
            "Signature expired: 20260105T110000Z is now earlier than 20260105T110001Z",
        ),
        (
            60,
            2 * MINUTE,
            "Signature expired: 20260105T100100Z is now earlier than 20260105T100200Z",
        ),
        (3600, -16 * MINUTE, "Signature not yet current: "),
    ],
)
def test_a_stamp_holds_15_minutes_both_ways_and_a_presigned_one_until_it_expires(
    expires, offset, text
):
    request = sign(expires=expires)
    if text is None:
        judge(request, now=NOW + offset)
        return
    problem = refusal(request, now=NOW + offset)
    assert problem.kind is Kind.CLOCK
    assert problem.text.startswith(text)


def test_a_presigned_request_without_expiry_holds_15_minutes():
    signed = sigv4.parse(*sign(expires=900)[:4])
    bare = dataclasses.replace(signed, expires=None)
    sigv4.check_clock(bare, NOW + 15 * MINUTE)
    with pytest.raises(SignatureProblem):
        sigv4.check_clock(bare, NOW + 16 * MINUTE)


def test_x_amz_date_wins_over_date():
    request = sign()
    judge(add(b"date", b"Mon, 05 Jan 2020 10:00:00 GMT")(request))


@pytest.mark.parametrize("date", ["Mon, 05 Jan 2026 10:00:00 GMT", "20260105T100000Z"])
def test_date_alone_is_enough(date):
    request = sign(headers={"Date": date})
    assert not any(name == b"x-amz-date" for name, _ in request[3])
    judge(request)


@pytest.mark.parametrize(
    ("signed", "text"),
    [
        (
            {"region": "eu-west-1"},
            "Credential should be scoped to a valid region, not 'eu-west-1'. ",
        ),
        ({"service": "email"}, "Credential should be scoped to correct service: 'ses'. "),
    ],
)
@pytest.mark.parametrize("expires", [None, 900])
def test_the_scope_is_this_region_and_ses(signed, text, expires):
    problem = refusal(sign(**signed, expires=expires))
    assert (problem.kind, problem.text) == (Kind.MISMATCH, text)


@pytest.mark.parametrize("expires", [None, 900])
@pytest.mark.parametrize(
    ("token", "key"),
    [(None, TEMPORARY), ("other", TEMPORARY), ("é", TEMPORARY), (TOKEN, KEY), ("", KEY)],
)
def test_a_token_goes_with_its_temporary_key_and_no_other(token, key, expires):
    request = sign(token=TOKEN if token else None, expires=expires)
    if token and expires:
        request = query(b"to%2Fken%3D%3D", token.encode().hex().encode())(request)
    elif token:
        request = header(b"x-amz-security-token", TOKEN.encode(), token.encode())(request)
    if token == "":
        request = add(b"x-amz-security-token", b"")(request)
    assert refusal(request, key=key).kind in {Kind.TOKEN, Kind.MISMATCH}


def test_a_token_that_is_over_is_refused():
    old = dataclasses.replace(TEMPORARY, expires_at=NOW)
    problem = refusal(sign(token=TOKEN), key=old)
    assert problem.kind is Kind.TOKEN_EXPIRED
    assert problem.text == "The security token included in the request is expired"


@pytest.mark.parametrize("claimed", ["UNSIGNED-PAYLOAD", "STREAMING-AWS4-HMAC-SHA256-PAYLOAD", "0"])
def test_a_body_is_signed_with_its_true_hash(claimed):
    request = sign("POST", "/v1/email/identities", BODY, headers={"X-Amz-Content-SHA256": claimed})
    problem = refusal(request)
    assert problem.kind is Kind.MISMATCH
    assert problem.text == (
        "The provided 'x-amz-content-sha256' header does not match what was computed."
    )


def test_another_secret_is_refused():
    assert refusal(sign(secret="other")).kind is Kind.MISMATCH
