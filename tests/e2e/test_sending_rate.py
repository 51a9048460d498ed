"""What an account may not send is told by every API in its own words, over both workers."""

import smtplib
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import assert_ended_well
from tests.e2e.submission import letter, session
from tests.peers.node import Node

ACCOUNT = "123456789012"
SENDER = "me@rate.example"
RATE, BURST_S, WORKERS = 5.0, 1.0, 2
TOO_FAST = "Maximum sending rate exceeded."
PAUSED = (
    "Sending paused for this account. For more information, please check the inbox of the email "
    "address associated with your AWS account."
)
RESTRICTED = (
    "The message can't be sent because the account's ability to send email has been permanently "
    "restricted."
)


@pytest.fixture(scope="module")
def slow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of two workers whose account has few recipients a second."""
    with Node.start(tmp_path_factory.mktemp("slow"), workers=WORKERS) as node:
        node.run("accounts", "set", ACCOUNT, "--max-rate", str(RATE))
        node.client("sesv2").create_email_identity(EmailIdentity="rate.example")
        yield node
    assert_ended_well(node)


def by_v2(node: Node, service: str = "sesv2") -> Callable[[], Any]:
    client = node.client(service)
    simple = {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "there"}}}

    def send() -> Any:
        return client.send_email(
            FromEmailAddress=SENDER,
            Destination={"ToAddresses": ["to@example.net"]},
            Content={"Simple": simple},
        )

    return send


def by_v1(node: Node) -> Callable[[], Any]:
    return by_v2(node, "pinpoint-email")


def by_query(node: Node) -> Callable[[], Any]:
    client = node.client("ses")
    message = {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "there"}}}

    def send() -> Any:
        destination = {"ToAddresses": ["to@example.net"]}
        return client.send_email(Source=SENDER, Destination=destination, Message=message)

    return send


def by_smtp(node: Node) -> Callable[[], Any]:
    def send() -> Any:
        with session(node) as client:
            return client.sendmail(SENDER, ["to@example.net"], letter(SENDER))

    return send


def told(send: Callable[[], Any]) -> tuple[Any, ...] | None:
    """What a refusal says: code, status, text; None when the message was taken."""
    try:
        send()
    except ClientError as error:
        answer = error.response
        status = answer["ResponseMetadata"]["HTTPStatusCode"]
        return answer["Error"]["Code"], status, answer["Error"]["Message"]
    except smtplib.SMTPDataError as error:
        assert isinstance(error.smtp_error, bytes)
        return (error.smtp_code, error.smtp_error.decode())
    return None


def refusal(send: Callable[[], Any]) -> tuple[Any, ...]:
    """Send from several threads until one is refused."""
    with ThreadPoolExecutor(6) as threads:
        for _ in range(50):
            answers = [one for one in threads.map(lambda _: told(send), range(12)) if one]
            if answers:
                return answers[0]
    raise AssertionError("600 messages were all let through")


@pytest.mark.parametrize(
    ("way", "answer"),
    [
        (by_v1, ("TooManyRequestsException", 429, TOO_FAST)),
        (by_v2, ("TooManyRequestsException", 429, TOO_FAST)),
        (by_query, ("Throttling", 400, TOO_FAST)),
        (by_smtp, (454, f"Throttling failure: {TOO_FAST}")),
    ],
    ids=["pinpoint", "sesv2", "ses", "smtp"],
)
def test_who_sends_too_fast_is_told_so(
    slow: Node, way: Callable[[Node], Callable[[], Any]], answer: tuple[Any, ...]
) -> None:
    assert refusal(way(slow)) == answer


def test_two_workers_together_let_no_more_through_than_the_rate(slow: Node) -> None:
    """The bound is the one that `base/portions.py` states, with each worker's burst."""
    sends = [by_v2(slow) for _ in range(6)]
    began = time.monotonic()
    with ThreadPoolExecutor(6) as threads:
        taken = list(threads.map(lambda number: told(sends[number % 6]) is None, range(60)))
    seconds = time.monotonic() - began
    assert sum(taken) <= RATE * (seconds + BURST_S) + WORKERS * max(1.0, RATE * BURST_S)


@pytest.mark.parametrize(
    ("switch", "json_code", "query_code", "text"),
    [
        ("--suspend", "SendingPausedException", "MessageRejected", PAUSED),
        ("--restrict", "AccountSuspendedException", "AccountSuspended", RESTRICTED),
    ],
    ids=["suspended", "restricted"],
)
def test_who_may_not_send_is_told_so(
    slow: Node, switch: str, json_code: str, query_code: str, text: str
) -> None:
    slow.run("accounts", "set", ACCOUNT, switch, "--max-rate", "0")
    try:
        assert told(by_v1(slow)) == (json_code, 400, text)
        assert told(by_v2(slow)) == (json_code, 400, text)
        assert told(by_query(slow)) == (query_code, 400, text)
        assert told(by_smtp(slow)) == (554, f"Message rejected: {text}")
    finally:
        slow.run("accounts", "set", ACCOUNT, "--restore", "--max-rate", str(RATE))
