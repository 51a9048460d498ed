"""What kind of mail came back, by its header and its text. Pure; the phrases are data.

Takes the fields of the mail, its text, and whether it has the shape of a failure; hands on a kind.
Order: a challenge, an automatic reply (RFC 3834), a delay, a failure. Nobody's vacation and no
warning may ever pass for a bounce, so those that do no harm come first.
"""

import re
from dataclasses import dataclass

from pillarbox.model.report import ReportKind
from pillarbox.proto.report.header import Fields
from pillarbox.proto.report.phrases import (
    AUTO_REPLY,
    AUTO_REPLY_SUBJECT,
    CHALLENGE,
    DELAY,
    DELAY_SURE,
    FAILURE,
    FAILURE_SUBJECT,
    GAVE_UP,
    RETURNED,
    SUCCESS,
    TROUBLE,
    flatten,
    has_phrase,
)

_DAEMON = re.compile(
    r"(?i)mailer[-_. ]?da?emon|post[-_ ]?master|mail[-_ ]?delivery|mdaemon|mail[-_ ]?system"
    r"|mail[-_ ]?administrator|mailrobot|mail[-_ ]?router|smtp[-_ ]?gateway|<>|microsoft exchange"
    r"|mail[-_ ]?gateway|\bbounces?[-+@]|system[-_ ]?administrator|mail[-_ ]?server"
    r"|mail[-_ ]?admin|mail[-_ ]trans(?:fer|port)|smtp[-_ ]mailer|delivery[-_ ]subsystem"
    r"|(?:administrador|amministratore) d(?:el|e|o|i) (?:correo|sist)|administrateur syst"
    r"|systeembeheer"
    r"|systemadministrat|administrator system|správce systému|rendszergazda|sistem yönetic"
    r"|системный админ|почтовая (?:служба|система)|システム管理者|メールシステム|配信システム"
    r"|系统管理员|系統管理員|邮件系统|郵件系統|시스템 관리자|메일 시스템"
    r"|mailsweeper|majordomo|content[-_ ]?filter|amavis|mailscanner|anti-?virus"
)
_REPLIED = (
    "x-autoreply",
    "x-autorespond",
    "x-autoresponder",
    "x-auto-reply",
    "x-vacation",
    "x-mail-autoreply",
    "x-autoreply-from",
    "x-auto-reply-from",
    "x-amazon-auto-reply",
)
_REPORT = "multipart/report"
_MARKED_SUBJECT = re.compile(r"(?:auto|abwesenheitsnotiz|autosvar|ooo|oof)\b[ :]")


@dataclass(frozen=True, slots=True)
class Signs:
    """What the header and the text of a mail say of it, each yes or no.

    `named`: its sender is called as mail systems are; `daemon`: that, or a null return path, which
    automatic replies of people have too (RFC 3834 §3.3). `troubled`: a mail system speaks of
    trouble without a failure, in words that prove nothing in anybody else's mouth. `failing`: there
    are a failure's words, which people write too; `evident`: not only in the midst of a text.
    `replying`, `challenging`: not asked where a mail system names who failed, whatever it says.
    """

    named: bool
    daemon: bool
    troubled: bool
    failing: bool
    evident: bool
    delaying: bool
    replying: bool
    challenging: bool


def is_from_mail_system(fields: Fields) -> bool:
    """Tell whether a mail's sender is called as mail systems are."""
    return bool(_DAEMON.search(f"{fields.text('from')} {fields.first('sender')}"[:600]))


def read_signs(fields: Fields, flat: str, *, shown: bool, refused: bool, shaped: bool) -> Signs:
    """Read the signs; `flat` is the flattened text without the returned message.

    `shown`: a refusing SMTP reply or a block on one recipient is in the text. Where a mail system
    shows that, it tells of a failure, in whatever language. `refused`: that reply is permanent.
    `shaped`: its text has the shape of a failure report, with recipients in it or a quoted reply.
    """
    subject = flatten(fields.text("subject"))[:500]
    start = flat[:4_000]
    named = is_from_mail_system(fields)
    told = has_phrase(FAILURE, flat[:20_000])
    succeeding = not told and not refused and has_phrase(SUCCESS, f"{subject} {start}")
    titled = not succeeding and has_phrase(FAILURE_SUBJECT, subject)
    failing = told or titled or (named and shown)
    surely = named and failing and shaped
    path = fields.first("return-path").strip()[:300]  # RFC 5321 §4.5.5
    return Signs(
        named=named,
        daemon=named or bool(_DAEMON.search(path)) or fields.has("x-failed-recipients"),
        troubled=named and not failing and not succeeding and has_phrase(TROUBLE, flat[:20_000]),
        failing=failing,
        evident=titled or shown or fields.first("content-type").lower().startswith(_REPORT),
        delaying=_is_delay(f"{subject} {start}", f"{subject} {flat[:20_000]}", refused=refused),
        replying=not surely and _is_reply(fields, subject, start),
        challenging=not surely and has_phrase(CHALLENGE, f"{subject} {start}"),
    )


def _is_delay(start: str, whole: str, *, refused: bool) -> bool:
    """Tell a warning, which may say that the message will be returned later, from a failure."""
    sure = has_phrase(DELAY_SURE, start)
    if not sure and (refused or not has_phrase(DELAY, start)):
        return False
    return not has_phrase(GAVE_UP, whole) and (sure or not has_phrase(RETURNED, whole))


def _is_reply(fields: Fields, subject: str, flat: str) -> bool:
    if fields.has(*_REPLIED) or _MARKED_SUBJECT.match(subject):
        return True
    if fields.first("precedence").strip().lower() in {"auto_reply", "auto-reply"}:
        return True
    if "vacation" in fields.first("auto-submitted").lower():
        return True
    return has_phrase(AUTO_REPLY_SUBJECT, subject) or has_phrase(AUTO_REPLY, flat)


def kind_of(signs: Signs, fields: Fields, *, shaped: bool, returning: bool) -> ReportKind:
    """Decide the kind of a mail without a delivery status.

    `shaped`: its text has the shape of a failure report, with recipients in it or a quoted reply.
    `returning`: it holds a message that is returned.
    """
    if signs.challenging:
        return ReportKind.CHALLENGE
    if signs.replying:
        return ReportKind.AUTO_REPLY
    if signs.delaying and (signs.daemon or shaped):
        return ReportKind.DELAY
    replied = fields.first("auto-submitted").strip().lower().startswith("auto-replied")
    if signs.named and (signs.failing or (signs.troubled and shaped)):
        return ReportKind.BOUNCE
    signs_of_it = (signs.daemon, shaped, signs.evident or returning)
    if signs.failing and not replied and sum(signs_of_it) >= 2:
        return ReportKind.BOUNCE
    return ReportKind.AUTO_REPLY if replied else ReportKind.NEITHER
