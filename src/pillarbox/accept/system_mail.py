"""The system's own mail, such as verification mails: it takes the same way as any other.

Takes a SystemMail; hands on the message's rows (`prepare_system_mail`), to be kept in whatever
transaction gives the reason for it (`keep_system_mail`). No customer's limits, identities or
settings apply: it goes out under a system account, with a null return path, untracked and without
events; its failure is final and bounces nowhere (RFC 5321 §4.5.5).
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.accept.commit import queue_recipients
from pillarbox.accept.decision import DEFAULT_DELIVERY_SECONDS, NULL_RETURN_PATH
from pillarbox.accept.prepare import Stamp
from pillarbox.base.clock import iso8601
from pillarbox.model.account import system_account
from pillarbox.model.queued import AcceptedMessage, Message
from pillarbox.model.send import RawContent, SimpleContent
from pillarbox.proto.mime.addresses import parse_address
from pillarbox.proto.mime.compose import compose_simple
from pillarbox.proto.mime.raw import finish_raw, parse_raw
from pillarbox.store.mail.messages import insert_messages


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemMail:
    """One mail of the service itself, for an account. Addresses may have display names.

    `signing`: the domain and the name of the key it is signed with, None for unsigned.
    """

    account_id: str
    from_address: str
    to: str
    content: SimpleContent | RawContent
    signing: tuple[str, str] | None = None


def prepare_system_mail(mail: SystemMail, stamp: Stamp) -> AcceptedMessage:
    """Compose a mail, or finish one that is whole, and give its rows.

    Raises MimeError for addresses and content that can't be written.
    """
    recipient = parse_address(mail.to)
    content = _content(mail, stamp)
    domain, token = mail.signing or (None, None)
    subject = mail.content.subject.data if isinstance(mail.content, SimpleContent) else None
    message = Message(
        id=stamp.id,
        account_id=system_account(mail.account_id),
        created_at=stamp.now,
        source=mail.from_address,
        subject=subject,
        configuration_set=None,
        size=len(content),
        eight_bit=not content.isascii(),
        tls_required=False,
        sending_pool=None,
        signing_domain=domain,
        signing_token=token,
        return_path_domain=NULL_RETURN_PATH,
        feedback_to=None,
        deadline=stamp.now + DEFAULT_DELIVERY_SECONDS * 1000,
    )
    return AcceptedMessage(
        message=message,
        content=content,
        mail={
            "timestamp": iso8601(stamp.now),
            "source": mail.from_address,
            "messageId": stamp.message_id,
            "destination": [recipient.address],
        },
        recipients=(recipient.address,),
        send_event=None,
    )


def keep_system_mail(conn: Connection, mails: Sequence[AcceptedMessage]) -> None:
    """Store the system's mail, in the transaction of what it tells of."""
    if mails:
        insert_messages(conn, mails)
        queue_recipients(conn, mails)


def _content(mail: SystemMail, stamp: Stamp) -> bytes:
    if isinstance(mail.content, RawContent):
        raw = parse_raw(mail.content.data)
        return finish_raw(raw, date_ms=stamp.now, message_id=stamp.message_id_header)
    return compose_simple(
        mail.content,
        from_=parse_address(mail.from_address),
        to=(parse_address(mail.to),),
        date_ms=stamp.now,
        message_id=stamp.message_id_header,
        boundary=stamp.boundary,
    )
