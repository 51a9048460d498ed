"""What an account may not send is told by every API in its own words, over both workers."""

import smtplib
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import assert_ended_well
from tests.e2e.submission import letter, session
from tests.peers.node import KEY_ID, SMTP_PASSWORD, Node
from tests.peers.wait import ARRIVAL_SECONDS, until

ACCOUNT = "123456789012"
RATE, BURST_S, WORKERS = 5.0, 1.0, 2
ONE = ["to@example.net"]
#: Three bursts: after a message to these another waits for seconds, and none waits for so long.
MANY = [f"to{number}@example.net" for number in range(15)]
TOO_FAST = "Maximum sending rate exceeded."
PAUSED = (
    "Sending paused for this account. For more information, please check the inbox of the email "
    "address associated with your AWS account."
)
RESTRICTED = (
    "The message can't be sent because the account's ability to send email has been permanently "
    "restricted."
)


@dataclass(frozen=True)
class Caller:
    """An account that calls a node: its keys, and whom it writes as."""

    node: Node
    keys: Mapping[str, str]
    login: tuple[str, str]
    sender: str


Way = Callable[[Caller, list[str]], Callable[[], Any]]


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    with Node.start(tmp_path_factory.mktemp("slow"), workers=WORKERS) as started:
        yield started
    assert_ended_well(started)


@pytest.fixture(scope="module")
def unlimited(node: Node) -> Caller:
    """The first account, whose rate nothing limits."""
    node.client("sesv2").create_email_identity(EmailIdentity="first.example")
    return Caller(node, {}, (KEY_ID, SMTP_PASSWORD), "me@first.example")


@pytest.fixture(scope="module")
def slow(node: Node) -> Caller:
    """An account that has few recipients a second."""
    (account,) = node.run("accounts", "create", "--json")
    key = node.run("keys", "create", "--account", account["id"], "--json")
    node.run("accounts", "set", account["id"], "--max-rate", str(RATE))
    keys = {
        "aws_access_key_id": key["AccessKeyId"],
        "aws_secret_access_key": key["SecretAccessKey"],
    }
    node.client("sesv2", **keys).create_email_identity(EmailIdentity="rate.example")
    return Caller(node, keys, (key["SmtpUsername"], key["SmtpPassword"]), "me@rate.example")


def by_v2(caller: Caller, to: list[str], service: str = "sesv2") -> Callable[[], Any]:
    client = caller.node.client(service, **caller.keys)
    simple = {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "there"}}}

    def send() -> Any:
        return client.send_email(
            FromEmailAddress=caller.sender,
            Destination={"ToAddresses": to},
            Content={"Simple": simple},
        )

    return send


def by_v1(caller: Caller, to: list[str]) -> Callable[[], Any]:
    return by_v2(caller, to, "pinpoint-email")


def by_query(caller: Caller, to: list[str]) -> Callable[[], Any]:
    client = caller.node.client("ses", **caller.keys)
    message = {"Subject": {"Data": "Hi"}, "Body": {"Text": {"Data": "there"}}}

    def send() -> Any:
        destination = {"ToAddresses": to}
        return client.send_email(Source=caller.sender, Destination=destination, Message=message)

    return send


def by_smtp(caller: Caller, to: list[str]) -> Callable[[], Any]:
    def send() -> Any:
        with session(caller.node, log_in=False) as client:
            client.login(*caller.login)
            return client.sendmail(caller.sender, to, letter(caller.sender))

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
            answers = [one for one in threads.map(lambda _: told(send), range(6)) if one]
            if answers:
                return answers[0]
    raise AssertionError("300 messages were all let through")


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
def test_who_sends_too_fast_is_told_so(slow: Caller, way: Way, answer: tuple[Any, ...]) -> None:
    assert refusal(way(slow, MANY)) == answer


def test_two_workers_together_let_no_more_through_than_the_rate(slow: Caller) -> None:
    """The bound is the one that `base/portions.py` states, with each worker's burst."""
    sends = [by_v2(slow, ONE) for _ in range(6)]
    until(lambda: told(sends[0]) is None, ARRIVAL_SECONDS, "what was sent before to be paid for")
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
    unlimited: Caller, switch: str, json_code: str, query_code: str, text: str
) -> None:
    unlimited.node.run("accounts", "set", ACCOUNT, switch)
    try:
        assert told(by_v1(unlimited, ONE)) == (json_code, 400, text)
        assert told(by_v2(unlimited, ONE)) == (json_code, 400, text)
        assert told(by_query(unlimited, ONE)) == (query_code, 400, text)
        assert told(by_smtp(unlimited, ONE)) == (554, f"Message rejected: {text}")
    finally:
        unlimited.node.run("accounts", "set", ACCOUNT, "--restore")
