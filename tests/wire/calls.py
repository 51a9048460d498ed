"""What the tests do with boto3 clients: read refusals, and send what boto3 would not."""

import json
from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError


def refused(call, /, **arguments):
    """The code, status and text a call is refused with."""
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    answer = caught.value.response
    error = answer["Error"]
    return error["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], error["Message"]


def without_metadata(answer):
    return {name: value for name, value in answer.items() if name != "ResponseMetadata"}


@contextmanager
def with_body(client, body, *, method=None, path=None, query=""):
    """Send this body in place of the client's own, on another path if so wanted; botocore signs."""

    def change(params, **_):
        params["body"] = b"" if body is None else json.dumps(body).encode()
        if body is not None:
            params["headers"]["Content-Type"] = "application/json"
        params["method"] = method or params["method"]
        if path is not None:
            start = params["url"].split("/v2/")[0]
            params["url"] = f"{start}{path}?{query}"

    client.meta.events.register("before-call", change)
    try:
        yield
    finally:
        client.meta.events.unregister("before-call", change)
