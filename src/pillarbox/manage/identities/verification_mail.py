"""The mail that asks an address whether it wants to be verified, with its link (facts §7)."""

from collections.abc import Callable
from dataclasses import dataclass

from pillarbox.accept.prepare import Stamp
from pillarbox.accept.system_mail import SystemMail, prepare_system_mail
from pillarbox.base.errors import BadRequest
from pillarbox.manage.names import shortened
from pillarbox.model.queued import AcceptedMessage
from pillarbox.model.send import SimpleContent, Text
from pillarbox.proto.links.verify_link import VerifyLink, encode
from pillarbox.proto.mime.error import MimeError

PREFIX = "/verify/"

_TEXT = """\
Somebody wants to send mail as {address} through {service} ({region}).

Was it you? Then open this page and press its button, within 24 hours:

{link}

It was not you? Then do nothing: no mail will be sent in your name.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerificationMails:
    """Makes the mails of one deployment.

    `base`: how the tracking listener is reached, without a slash at its end. `stamp`: makes a fresh
    one for a moment. `signing`: the domain and the name of the key that the service signs its own
    mail with, None for unsigned.
    """

    service: str
    region: str
    base: str
    key: bytes
    stamp: Callable[[int], Stamp]
    signing: tuple[str, str] | None

    def make(self, account_id: str, address: str, now: int) -> AcceptedMessage:
        """Make the mail for one address. Raises BadRequest for one that can't be written to."""
        mail = SystemMail(
            account_id=account_id,
            from_address=f"Email verification <no-reply@{self.service}>",
            to=address,
            content=SimpleContent(
                subject=Text(f"Email Address Verification Request in region {self.region}"),
                text=Text(
                    _TEXT.format(
                        address=address,
                        service=self.service,
                        region=self.region,
                        link=self.link(account_id, address, now),
                    )
                ),
                headers=(("Auto-Submitted", "auto-generated"),),
            ),
            signing=self.signing,
        )
        try:
            return prepare_system_mail(mail, self.stamp(now))
        except MimeError:
            raise BadRequest(f"Invalid email address<{shortened(address)}>.") from None

    def link(self, account_id: str, address: str, now: int, template: str | None = None) -> str:
        """Give the link that confirms an address; `template`: the custom mail that it stands in."""
        link = VerifyLink(account_id=account_id, address=address, issued_at=now, template=template)
        return f"{self.base}{PREFIX}{encode(link, self.key)}"
