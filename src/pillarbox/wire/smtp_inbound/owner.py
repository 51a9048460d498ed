"""What the inbound listener answers: only our own signed addresses take mail, and nobody logs in.

Takes events of `proto/smtp_server/session.py`; hands each message on to `inbound`. 250 is answered
when the store has what follows from it, and what was taken is never bounced.
"""

from pillarbox.base.errors import ServiceUnavailable
from pillarbox.inbound.intake import Intake
from pillarbox.proto.smtp_server.events import Authenticate, MailFrom, Message, RcptTo
from pillarbox.proto.smtp_server.replies import (
    NOT_OFFERED,
    OK,
    RECIPIENT_OK,
    SENDER_OK,
    SERVICE_FAILURE,
    Answer,
)

NO_SUCH_ADDRESS = Answer(550, "No such address here", "5.1.1")


class InboundOwner:
    """The answers to one session."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self.source_ip = ""
        self.tls = ""

    async def log_in(self, _asked: Authenticate) -> Answer:
        """Refuse AUTH, which is not offered."""
        return NOT_OFFERED

    async def mail_from(self, _asked: MailFrom) -> Answer:
        """Take any sender: reports come with the null return path, and not only with it."""
        return SENDER_OK

    def rcpt_to(self, asked: RcptTo) -> Answer:
        """Take our own addresses alone."""
        return RECIPIENT_OK if self._intake.takes(asked.address) else NO_SUCH_ADDRESS

    async def message(self, asked: Message) -> Answer:
        """Answer the message's end, once what it says is committed."""
        try:
            await self._intake.take(asked.recipients, asked.content, asked.sender)
        except ServiceUnavailable:
            return SERVICE_FAILURE
        return OK
