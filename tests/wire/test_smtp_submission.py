"""What submission answers: who logs in, what `accept` says in SMTP's words, what is logged."""

import base64
from collections.abc import Callable
from dataclasses import dataclass, field

import pytest

from pillarbox.base.errors import (
    AccountSuspended,
    ApiError,
    BadRequest,
    InternalFailure,
    LimitExceeded,
    MailFromNotVerified,
    MessageRejected,
    NotFound,
    SendingPaused,
    ServiceUnavailable,
    TooManyRequests,
)
from pillarbox.model.credentials import AccessKey, Caller
from pillarbox.model.send import RawContent, SendRequest
from pillarbox.proto.smtp.password import smtp_password
from pillarbox.proto.smtp_server.events import Authenticate, MailFrom, Message, RcptTo
from pillarbox.wire.smtp.access_log import SubmissionRecord
from pillarbox.wire.smtp.authentication import SmtpAuthenticator
from pillarbox.wire.smtp.submission import Submission

NOW = 1_000_000
ACCOUNT = "123456789012"


def key(name: str, **more: object) -> AccessKey:
    values = {"access_key_id": name, "account_id": ACCOUNT, "secret": f"secret of {name}"}
    return AccessKey(**{**values, **more})  # type: ignore[arg-type]


KEYS = {
    one.access_key_id: one
    for one in (
        key("GOOD"),
        key("ENDED", expires_at=NOW),
        key("LASTING", expires_at=NOW + 1),
        key("SESSION", session_token="t"),
        key("CLOSED", account_closed=True),
        key("READER", operations=frozenset({"GetAccount"})),
        key("SENDER", operations=frozenset({"SendRawEmail"})),
    )
}


@dataclass
class Desk:
    """Submission with keys in memory, and an `accept` that does what the test says."""

    refusal: ApiError | None = None
    down: bool = False
    requests: list[SendRequest] = field(default_factory=list)
    records: list[SubmissionRecord] = field(default_factory=list)
    refused_logins: list[tuple[str, str]] = field(default_factory=list)

    def __post_init__(self) -> None:
        authenticator = SmtpAuthenticator(self._find, lambda: NOW, "us-east-1")
        self.submission = Submission(authenticator, self._accept, self.records.append, self._note)
        self.submission.source_ip, self.submission.tls = "192.0.2.7", "TLSv1.3"

    async def log_in(self, name: str, password: str | None = None) -> str:
        secret = KEYS[name].secret if name in KEYS else ""
        given = smtp_password(secret, "us-east-1") if password is None else password
        return told(await self.submission.log_in(Authenticate(name, given)))

    async def hand_in(self) -> str:
        return told(await self.submission.message(Message("a@b.test", ("c@d.test",), b"x\r\n")))

    async def _find(self, name: str) -> AccessKey | None:
        if self.down:
            raise ServiceUnavailable
        return KEYS.get(name)

    async def _accept(self, request: SendRequest) -> str:
        if self.refusal is not None:
            raise self.refusal
        self.requests.append(request)
        return "the-id"

    def _note(self, *refused: str) -> None:
        self.refused_logins.append((refused[0], refused[1]))


def told(answer: object) -> str:
    return f"{answer.code} {answer.text}"  # type: ignore[attr-defined]


WELCOME, INVALID = "235 Authentication successful.", "535 Authentication Credentials Invalid"


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("GOOD", WELCOME),
        ("LASTING", WELCOME),
        ("READER", WELCOME),
        ("UNKNOWN", INVALID),
        ("", INVALID),
        ("GOOD\0", INVALID),
        ("ENDED", INVALID),
        ("SESSION", INVALID),
        ("CLOSED", "535 Account not subscribed to SES"),
    ],
)
async def test_a_key_logs_in_with_the_password_of_its_secret(name: str, answer: str) -> None:
    desk = Desk()
    assert await desk.log_in(name) == answer
    refused = [("192.0.2.7", answer.removeprefix("535 "))]
    assert desk.refused_logins == ([] if answer == WELCOME else refused)


@pytest.mark.parametrize(
    "password",
    [
        "",
        "secret of GOOD",
        smtp_password("secret of GOOD", "eu-west-1"),
        smtp_password("secret of SENDER", "us-east-1"),
        smtp_password("secret of GOOD", "us-east-1") + "=",
        "pässword\ud800"[:8],
    ],
)
async def test_any_other_password_is_refused(password: str) -> None:
    assert await Desk().log_in("GOOD", password) == INVALID


async def test_a_password_of_signature_version_2_is_told_to_migrate() -> None:
    old = base64.b64encode(b"\x02" + bytes(32)).decode()
    answer = await Desk().log_in("GOOD", old)
    assert answer.startswith("535 Signature Version 2 is deprecated")


async def test_while_the_store_is_down_a_login_is_put_off() -> None:
    assert await Desk(down=True).log_in("GOOD") == "454 Temporary authentication failure"


@pytest.mark.parametrize(
    ("sender", "answer"),
    [
        ("me@shop.test", "250 Ok"),
        ('"odd local"@shop.test', "250 Ok"),
        ("", "501 Invalid MAIL FROM address provided"),
        ("GOOD", "501 Invalid MAIL FROM address provided"),
        ("Me <me@shop.test>", "501 Invalid MAIL FROM address provided"),
        ("me@-.test", "501 Invalid MAIL FROM address provided"),
    ],
)
async def test_a_sender_is_one_address(sender: str, answer: str) -> None:
    desk = Desk()
    await desk.log_in("GOOD")
    assert told(await desk.submission.mail_from(MailFrom(sender, 0))) == answer


async def test_a_recipient_that_is_no_address_is_refused_alone() -> None:
    answer = Desk().submission.rcpt_to(RcptTo("a@b@c"))
    assert told(answer) == "553 <a@b@c> Invalid email address"


async def test_a_key_limited_to_operations_needs_send_raw_email() -> None:
    desk = Desk()
    await desk.log_in("READER")
    assert told(await desk.submission.mail_from(MailFrom("me@shop.test", 0))) == (
        "554 Access denied: User `arn:aws:iam::123456789012:user/READER' is not authorized to"
        " perform `ses:SendRawEmail' on resource"
        " `arn:aws:ses:us-east-1:123456789012:identity/me@shop.test'"
    )
    await desk.log_in("SENDER")
    assert told(await desk.submission.mail_from(MailFrom("me@shop.test", 0))) == "250 Ok"


async def test_a_message_goes_through_the_door_with_its_envelope() -> None:
    desk = Desk()
    await desk.log_in("GOOD")
    assert await desk.hand_in() == "250 Ok the-id"
    caller = Caller(account_id=ACCOUNT, access_key_id="GOOD", source_ip="192.0.2.7")
    assert desk.requests == [
        SendRequest(
            caller=caller,
            content=RawContent(b"x\r\n"),
            operation="SendRawEmail",
            from_address="a@b.test",
            feedback_to="a@b.test",
            to=("c@d.test",),
        )
    ]
    (record,) = desk.records
    assert (record.message_id, record.code, record.recipients) == ("the-id", 250, 1)
    assert (record.tls, record.access_key_id, record.bytes_in) == ("TLSv1.3", "GOOD", 3)


async def test_without_a_login_no_message_goes_through_the_door() -> None:
    desk = Desk()
    assert await desk.hand_in() == "530 Authentication required"
    assert told(await desk.submission.mail_from(MailFrom("me@shop.test", 0))).startswith("530 ")
    assert not desk.requests


Make = Callable[[], ApiError]
REFUSALS = [
    (TooManyRequests, "Maximum sending rate exceeded.", "454 Throttling failure: {}"),
    (LimitExceeded, "Daily message quota exceeded.", "454 Throttling failure: {}"),
    (MessageRejected, "Email address is not verified.", "554 Message rejected: {}"),
    (SendingPaused, "Sending is paused for configuration set x", "554 Message rejected: {}"),
    (AccountSuspended, "no more", "554 Message rejected: {}"),
    (MailFromNotVerified, "not verified", "554 Message rejected: {}"),
    (BadRequest, "Recipient count exceeds 50.", "554 Transaction failed: {}"),
    (BadRequest, "Duplicate header 'To'.", "554 Transaction failed: {}"),
    (NotFound, "Configuration set <x> does not exist.", "554 Transaction failed: {}"),
    (ServiceUnavailable, "down", "451 Temporary service failure"),
    (InternalFailure, "a bug", "451 Temporary service failure"),
]


@pytest.mark.parametrize(("error", "text", "answer"), REFUSALS)
async def test_a_refusal_of_accept_is_told_as_ses_does(
    error: type[ApiError], text: str, answer: str
) -> None:
    desk = Desk(refusal=error(text))
    await desk.log_in("GOOD")
    assert await desk.hand_in() == answer.format(text)
    assert desk.records[0].message_id == ""
