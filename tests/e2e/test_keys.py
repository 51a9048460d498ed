"""Access keys on a running node: made and revoked on the command line, used by boto3 or a URL."""

import json

import pytest
from botocore.auth import SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials

from tests.peers.node import KEY_ID, SECRET, Node
from tests.wire.calls import refused

BOTH = pytest.mark.parametrize("service", ["pinpoint-email", "sesv2"])
INVALID = "The security token included in the request is invalid."


def new_key(node: Node, *options: str) -> dict[str, str]:
    """A fresh key, as boto3 wants it."""
    made = node.run("keys", "create", "--json", *options)
    names = {
        "AccessKeyId": "aws_access_key_id",
        "SecretAccessKey": "aws_secret_access_key",
        "SessionToken": "aws_session_token",
    }
    return {names[name]: value for name, value in made.items() if name in names}


def test_a_revoked_key_is_refused_at_once_by_every_worker(capture: Node) -> None:
    key = new_key(capture)
    client = capture.client("sesv2", **key)
    for _ in range(10):
        client.get_account()
    capture.run("keys", "revoke", key["aws_access_key_id"])
    answers = [refused(capture.client("sesv2", **key).get_account) for _ in range(10)]
    assert answers == [("UnrecognizedClientException", 403, INVALID)] * 10


def test_a_temporary_key_needs_its_token(capture: Node) -> None:
    key = new_key(capture, "--session", "900")
    capture.client("pinpoint-email", **key).get_account()
    for token in (None, "x" + key["aws_session_token"]):
        changed = capture.client("pinpoint-email", **key | {"aws_session_token": token})
        assert refused(changed.get_account) == ("InvalidClientTokenId", 403, INVALID)


@BOTH
def test_a_key_limited_to_operations_does_no_others(capture: Node, service: str) -> None:
    client = capture.client(service, **new_key(capture, "--allow", "GetAccount"))
    client.get_account()
    code, status, text = refused(client.create_email_identity, EmailIdentity="limited.example")
    assert (code, status) == ("AccessDeniedException", 400 if service != "sesv2" else 403)
    assert "is not authorized to perform `ses:CreateEmailIdentity'" in text
    nothing = refused(capture.client(service).get_email_identity, EmailIdentity="limited.example")
    assert nothing[0] == "NotFoundException"


def presigned(node: Node, path: str) -> str:
    """The path with a query that carries the signature."""
    request = AWSRequest("GET", node.url + path)
    SigV4QueryAuth(Credentials(KEY_ID, SECRET), "ses", "us-east-1", 900).add_auth(request)
    signed = str(request.url)
    assert "X-Amz-Signature=" in signed
    return signed.removeprefix(node.url)


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_presigned_request_is_answered(capture: Node, api: str) -> None:
    status, _, body = capture.get(presigned(capture, f"/{api}/email/account"))
    assert (status, json.loads(body)["ProductionAccessEnabled"]) == (200, True)


def test_a_presigned_request_holds_for_its_own_path_only(capture: Node) -> None:
    other = presigned(capture, "/v2/email/account").replace("/account", "/identities")
    status, headers, _ = capture.get(other)
    assert (status, headers["x-amzn-ErrorType"]) == (403, "InvalidSignatureException")


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_request_without_a_signature_is_refused(capture: Node, api: str) -> None:
    status, headers, body = capture.get(f"/{api}/email/account")
    assert status == 403
    assert headers["x-amzn-ErrorType"].startswith("MissingAuthenticationToken")
    assert json.loads(body)["message"] == "Request is missing Authentication Token"
