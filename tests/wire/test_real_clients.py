"""boto3 over a real socket: what its requests look like on the wire is what we verify."""

import asyncio
import contextlib
import dataclasses
import socket
import time

import boto3
import pytest
import uvicorn
from botocore.config import Config
from botocore.exceptions import ClientError

from pillarbox.wire.http.limits import Limits
from tests.unit.signing import KEY, KEY_ID, SECRET, TEMPORARY, TOKEN
from tests.wire.api import Api

MEGABYTE = 1024 * 1024


@contextlib.asynccontextmanager
async def serving(**setup):
    """Give the port of an Api that listens on loopback and goes by the real clock."""
    api = Api(now=time.time_ns() // 1_000_000, **setup)
    config = uvicorn.Config(
        api.app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        timeout_keep_alive=600,
    )
    server = uvicorn.Server(config)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        task = asyncio.create_task(server.serve([listener]))
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            await task


def client(service, port, **keys):
    return boto3.client(
        service,
        region_name="us-east-1",
        endpoint_url=f"http://127.0.0.1:{port}",
        config=Config(retries={"max_attempts": 0}),
        **({"aws_access_key_id": KEY_ID, "aws_secret_access_key": SECRET} | keys),
    )


IDENTITIES = ["example.com", "a+b@example.com", "ä@exämple.com", "a/b@c.d", "100%@c.d", "a b@c.d"]


@pytest.mark.parametrize("service", ["pinpoint-email", "sesv2"])
async def test_identities_come_through_however_they_are_escaped(service):
    async with serving() as port:
        api = client(service, port)
        for identity in IDENTITIES:
            answer = await asyncio.to_thread(api.get_email_identity, EmailIdentity=identity)
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == 200
            assert len(answer["ResponseMetadata"]["RequestId"]) == 36


@pytest.mark.parametrize("service", ["pinpoint-email", "sesv2"])
async def test_empty_answers_and_errors_are_read_by_the_client(service):
    async with serving() as port:
        api = client(service, port)
        await asyncio.to_thread(api.delete_email_identity, EmailIdentity="a.b")
        with pytest.raises(api.exceptions.BadRequestException) as caught:
            await asyncio.to_thread(api.create_email_identity, EmailIdentity="x" * 65)
        assert "less than or equal to 64" in str(caught.value)
        assert caught.value.response["ResponseMetadata"]["RequestId"]


async def test_a_list_call_with_a_token_of_odd_characters():
    async with serving() as port:
        api = client("pinpoint-email", port)
        await asyncio.to_thread(api.list_email_identities, PageSize=3, NextToken="a b+/=&é~")


@pytest.mark.parametrize(
    ("keys", "code"),
    [
        ({"aws_secret_access_key": "other"}, "SignatureDoesNotMatch"),
        ({"aws_access_key_id": "AKIDUNKNOWN"}, "InvalidClientTokenId"),
        ({"aws_session_token": "x"}, "InvalidClientTokenId"),
    ],
)
async def test_a_wrong_key_is_refused_with_the_code_of_v1(keys, code):
    async with serving() as port:
        api = client("pinpoint-email", port, **keys)
        with pytest.raises(ClientError) as caught:
            await asyncio.to_thread(api.get_email_identity, EmailIdentity="a.b")
        assert caught.value.response["Error"]["Code"] == code


async def test_temporary_keys_work():
    async with serving(keys=[TEMPORARY]) as port:
        api = client("sesv2", port, aws_session_token=TOKEN)
        await asyncio.to_thread(api.get_email_identity, EmailIdentity="a.b")


RAW = {"Destination": {"ToAddresses": ["a@b.c"]}, "FromEmailAddress": "a@b.c"}


async def test_a_client_that_sends_too_much_hears_so():
    async with serving(limits=Limits(body=MEGABYTE, grace=20 * MEGABYTE)) as port:
        api = client("sesv2", port)
        with pytest.raises(ClientError) as caught:
            await asyncio.to_thread(
                api.send_email, Content={"Raw": {"Data": b"x" * (3 * MEGABYTE)}}, **RAW
            )
        assert caught.value.response["Error"]["Code"] == "RequestEntityTooLarge"


async def test_a_stranger_that_sends_much_hears_so():
    async with serving(keys=[dataclasses.replace(KEY, access_key_id="x")]) as port:
        api = client("sesv2", port)
        with pytest.raises(ClientError) as caught:
            await asyncio.to_thread(
                api.send_email, Content={"Raw": {"Data": b"x" * (2 * MEGABYTE)}}, **RAW
            )
        assert caught.value.response["Error"]["Code"] == "UnrecognizedClientException"


async def test_a_large_body_is_read_in_threads_while_others_are_answered():
    async with serving() as port:
        api = client("sesv2", port)
        large = [
            asyncio.to_thread(
                api.send_email, Content={"Raw": {"Data": b"x" * (9 * MEGABYTE)}}, **RAW
            )
            for _ in range(3)
        ]
        small = asyncio.to_thread(client("sesv2", port).get_email_identity, EmailIdentity="a.b")
        answers = await asyncio.gather(*large, small, return_exceptions=True)
        codes = [getattr(one, "response", {}).get("Error", {}).get("Code") for one in answers]
        assert codes == ["BadRequestException"] * 3 + [None]  # the small API wants other members
