"""The mail that tells a sender of a bounce, a complaint or an automatic reply (facts §10).

Takes what happened to which message; hands on a mail of the system. Where another server has told
us, its mail is passed on; else we word it ourselves. The original is returned as it was accepted:
without our signature and tracking, and without its body when it is large.
"""

from dataclasses import dataclass
from typing import Any

from pillarbox.accept.prepare import Stamp
from pillarbox.accept.system_mail import SystemMail, prepare_system_mail
from pillarbox.model.event import COMPLAINT
from pillarbox.model.feedback import AUTO_REPLY, Feedback
from pillarbox.model.queued import AcceptedMessage, Message
from pillarbox.model.send import RawContent
from pillarbox.proto.mime.addresses import Mailbox, parse_address
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.report.dsn_compose import (
    SUBJECT,
    DeliveryReport,
    RecipientStatus,
    compose_report,
)
from pillarbox.proto.report.feedback_compose import (
    COMPLAINT_SUBJECT,
    ComplaintReport,
    compose_complaint,
    pass_on,
    printable,
)

#: A larger message is returned without its body.
MAX_RETURNED = 1024 * 1024
_EXPLANATION = (
    "An error occurred while trying to deliver the mail to the following recipients:\n{address}\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What is told, and to whom. `detail`: the event's block, empty for an automatic reply.

    `address`: the recipient it is about. `content`: the message as it was accepted.
    """

    feedback: Feedback
    message: Message
    address: str
    detail: dict[str, Any]
    content: bytes
    to: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedbackMails:
    """Makes the mails of one deployment. `service`: its domain; `mta`: the name it greets as.

    `signing`: the domain and the name of the key that the service signs its own mail with.
    """

    service: str
    mta: str
    signing: tuple[str, str] | None

    def make(self, told: Told, stamp: Stamp) -> AcceptedMessage:
        """Make the mail. Raises MimeError when it can't be written, whatever is left out."""
        try:
            return self._prepared(told, self._passed_on(told), stamp)
        except MimeError:
            return self._prepared(told, self._in_our_words(told, stamp), stamp)

    def _prepared(self, told: Told, content: bytes, stamp: Stamp) -> AcceptedMessage:
        mail = SystemMail(
            account_id=told.message.account_id,
            from_address=self._author(told).address,
            to=told.to,
            content=RawContent(content),
            signing=self.signing,
        )
        return prepare_system_mail(mail, stamp)

    def _author(self, told: Told) -> Mailbox:
        local = "complaints" if told.feedback.kind == COMPLAINT else "MAILER-DAEMON"
        return Mailbox("", local, self.service)

    def _passed_on(self, told: Told) -> bytes:
        if told.feedback.report is None:
            raise MimeError("There is no report to pass on.")
        replies = told.feedback.kind == AUTO_REPLY
        return pass_on(
            told.feedback.report,
            from_=self._author(told),
            to=parse_address(told.to),
            subject=COMPLAINT_SUBJECT if told.feedback.kind == COMPLAINT else SUBJECT,
            reply_to=parse_address(told.address) if replies else None,
        )

    def _in_our_words(self, told: Told, stamp: Stamp) -> bytes:
        author, to = self._author(told), parse_address(told.to)
        head, _, _ = told.content.partition(b"\r\n\r\n")
        returned = told.content if len(told.content) <= MAX_RETURNED else None
        if told.feedback.kind == COMPLAINT:
            complaint = ComplaintReport(
                feedback_type=told.detail.get("complaintFeedbackType") or "abuse",
                user_agent=told.detail.get("userAgent") or self.mta,
                recipients=(told.address,),
                arrival=stamp.now,
                header=head + b"\r\n",
                returned=returned,
            )
            return compose_complaint(complaint, from_=author, to=to, boundary=stamp.boundary)
        report = DeliveryReport(
            reporting_mta=f"dsn; {self.mta}",
            recipients=(_status(told),),
            explanation=_EXPLANATION.format(address=told.address),
            header=head + b"\r\n",
            returned=returned,
        )
        return compose_report(report, from_=author, to=to, boundary=stamp.boundary)


def _status(told: Told) -> RecipientStatus:
    recipients = told.detail.get("bouncedRecipients") or [{}]
    about = recipients[0]
    code = about.get("diagnosticCode", "").removeprefix("smtp; ")
    return RecipientStatus(
        recipient=printable(told.address),
        action="failed",
        status=about.get("status") or "5.0.0",
        diagnostic=printable(code) or None,
    )
