"""What submission answers to each question of an SMTP session: log in, MAIL, RCPT, the message.

Takes events of `proto/smtp_server/session.py`; hands each message on to `accept` as a SendRequest
with raw content, whose envelope says where it goes. Whether it may be sent is decided there alone.
"""

import time
from collections.abc import Awaitable, Callable

from pillarbox.base.errors import ApiError, ServiceUnavailable
from pillarbox.model.credentials import AccessKey, Caller
from pillarbox.model.send import RawContent, SendRequest
from pillarbox.proto.mime.addresses import AddressError, parse_address
from pillarbox.proto.smtp_server.events import Authenticate, MailFrom, Message, RcptTo
from pillarbox.proto.smtp_server.replies import (
    AUTHENTICATED,
    BAD_CREDENTIALS,
    BAD_SENDER,
    NEEDS_AUTH,
    RECIPIENT_OK,
    SENDER_OK,
    SERVICE_FAILURE,
    Answer,
)
from pillarbox.wire.smtp.access_log import SubmissionLog, SubmissionRecord
from pillarbox.wire.smtp.authentication import OPERATION, SmtpAuthenticator
from pillarbox.wire.smtp.refusals import refusal_of

Accept = Callable[[SendRequest], Awaitable[str]]


class Submission:
    """The answers to one session, which has one source address and at most one user."""

    def __init__(
        self,
        authenticator: SmtpAuthenticator,
        accept: Accept,
        log: SubmissionLog,
        login_refused: Callable[[str, str], None],
    ) -> None:
        self._authenticator = authenticator
        self._accept = accept
        self._log = log
        self._login_refused = login_refused
        self._key: AccessKey | None = None
        self.source_ip = ""
        self.tls = ""

    async def log_in(self, asked: Authenticate) -> Answer:
        """Answer AUTH."""
        found = await self._authenticator.log_in(asked.username, asked.password)
        if isinstance(found, Answer):
            if found.code // 100 == 5:
                self._login_refused(self.source_ip, found.text)
            return found
        self._key = found
        return AUTHENTICATED

    async def mail_from(self, asked: MailFrom) -> Answer:
        """Answer MAIL: the key is looked up again, since it may have been revoked meanwhile."""
        if self._key is None:
            return NEEDS_AUTH
        if _problem(asked.address) is not None:
            return BAD_SENDER
        try:
            self._key = await self._authenticator.find(self._key.access_key_id)
        except ServiceUnavailable:
            return SERVICE_FAILURE
        if self._key is None:
            return BAD_CREDENTIALS
        return self._authenticator.lacks_permission(self._key, asked.address) or SENDER_OK

    def rcpt_to(self, asked: RcptTo) -> Answer:
        """Answer RCPT: who may be written to is decided when the message is here."""
        if _problem(asked.address) is None:
            return RECIPIENT_OK
        return Answer(553, f"<{asked.address}> Invalid email address", "5.1.3")

    async def message(self, asked: Message) -> Answer:
        """Answer the message's end, once it is committed or refused."""
        if self._key is None:
            return NEEDS_AUTH
        began = time.monotonic()
        request = SendRequest(
            caller=Caller(
                account_id=self._key.account_id,
                access_key_id=self._key.access_key_id,
                source_ip=self.source_ip,
            ),
            content=RawContent(asked.content),
            operation=OPERATION,
            from_address=asked.sender,
            feedback_to=asked.sender,
            to=asked.recipients,
        )
        message_id = ""
        try:
            message_id = await self._accept(request)
            answer = Answer(250, f"Ok {message_id}", "2.0.0")
        except ApiError as error:
            answer = refusal_of(error)
        self._log(
            SubmissionRecord(
                source_ip=self.source_ip,
                tls=self.tls,
                account_id=self._key.account_id,
                access_key_id=self._key.access_key_id,
                recipients=len(asked.recipients),
                bytes_in=len(asked.content),
                code=answer.code,
                reply=answer.text,
                message_id=message_id,
                milliseconds=(time.monotonic() - began) * 1000,
            )
        )
        return answer


def _problem(address: str) -> str | None:
    """Say what is wrong with an address of the envelope, None for a good one."""
    try:
        found = parse_address(address)
    except AddressError as error:
        return str(error)
    return None if not found.display else "an address only"
