"""The mail that tells the operator what was decided about an account, and what can be done."""

import logging
from collections.abc import Callable
from dataclasses import dataclass

from pillarbox.accept.prepare import Stamp
from pillarbox.accept.system_mail import SystemMail, prepare_system_mail
from pillarbox.base.clock import iso8601
from pillarbox.model.account import Account
from pillarbox.model.enforcement import HEALTHY, PROBATION, SHUTDOWN, Judgement
from pillarbox.model.queued import AcceptedMessage
from pillarbox.model.reputation import Representative
from pillarbox.model.send import SimpleContent, Text
from pillarbox.proto.mime.error import MimeError

_log = logging.getLogger(__name__)
_SUBJECTS = {
    HEALTHY: "Account {id} is out of review",
    PROBATION: "Account {id} is under review",
    SHUTDOWN: "Account {id} was stopped",
}
_WHAT = {
    HEALTHY: "Its review has ended; nothing is to be done.",
    PROBATION: (
        "It goes on sending. The review ends by itself when its rates have sunk. To stop it:\n\n"
        "    pillarbox accounts set {id} --suspend"
    ),
    SHUTDOWN: (
        "It sends nothing more until you let it. When what caused this is mended:\n\n"
        "    pillarbox accounts set {id} --restore"
    ),
}
_TEXT = """\
Account {id} ({name}) was {before} and is {after} now.

Why: {reason}.
Looked at: mail accepted since {since}: {sent} recipients, {bounces} bounced ({bounce_rate:.2%}),
{complaints} complained ({complaint_rate:.2%}).

{what}

All rates of the account, by configuration set, domain and address:

    pillarbox reputation --account {id}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class EnforcementMails:
    """Makes the mails of one deployment.

    `to`: the operator, empty for none. `stamp`: makes a fresh one for a moment. `signing`: the
    domain and the name of the key that the service signs its own mail with, None for unsigned.
    """

    service: str
    to: str
    stamp: Callable[[int], Stamp]
    signing: tuple[str, str] | None

    def make(
        self, account: Account, judgement: Judgement, seen: Representative, now: int
    ) -> list[AcceptedMessage]:
        """Make the mail about a new status; none where nobody is to be told."""
        if not self.to:
            return []
        subject = _SUBJECTS[judgement.status].format(id=account.id)
        mail = SystemMail(
            account_id=account.id,
            from_address=f"Pillarbox <no-reply@{self.service}>",
            to=self.to,
            content=SimpleContent(
                subject=Text(subject),
                text=Text(_text(account, judgement, seen)),
                headers=(("Auto-Submitted", "auto-generated"),),
            ),
            signing=self.signing,
        )
        try:
            return [prepare_system_mail(mail, self.stamp(now))]
        except MimeError as error:
            _log.error("[service] operator_email can't be written to: %s", error)
            return []


def _text(account: Account, judgement: Judgement, seen: Representative) -> str:
    volume = seen.volume
    return _TEXT.format(
        id=account.id,
        name=account.name,
        before=account.enforcement,
        after=judgement.status,
        reason=judgement.reason,
        since=iso8601(seen.since),
        sent=volume.sent,
        bounces=volume.bounces,
        complaints=volume.complaints,
        bounce_rate=volume.bounce_rate,
        complaint_rate=volume.complaint_rate,
        what=_WHAT[judgement.status].format(id=account.id),
    )
