"""Mailboxes as SMTP commands carry them (RFC 5321 §4.1.2): safe and well-formed, or refused.

Takes a mailbox, hands on None or the reply that says what is wrong. SMTPUTF8 (RFC 6531) is not
used, so a mailbox is printable ASCII; a domain outside ASCII has to come in as its A-label.
"""

import re

from pillarbox.model.outcome import Reply

_MAILBOX = re.compile(
    r"""(?:[!#-'*+./-9=?A-Z^-~-]+       # dot-string, and what the field tolerates: a..b, .a, a.
        |"(?:[ !#-\[\]-~]|\\[ -~])*")    # quoted-string
        @(?:[A-Za-z0-9_](?:[A-Za-z0-9_.-]*[A-Za-z0-9_])?\.?|\[[0-9A-Za-z:.]+\])""",
    re.VERBOSE,
)
_MAX_PATH = 254


def refused_recipient(mailbox: str) -> Reply | None:
    """Say why a recipient can't be put into RCPT, or None."""
    if not mailbox.isascii():
        return Reply(553, "5.6.7 The address needs SMTPUTF8, which is not supported", "5.6.7")
    if len(mailbox) > _MAX_PATH or _MAILBOX.fullmatch(mailbox) is None:
        return Reply(553, "5.1.3 The recipient address is not valid", "5.1.3")
    return None


def refused_return_path(mailbox: str) -> Reply | None:
    """Say why a return path can't be put into MAIL, or None; the empty one is fine."""
    if mailbox == "":
        return None
    if len(mailbox) > _MAX_PATH or _MAILBOX.fullmatch(mailbox) is None:
        return Reply(553, "5.1.7 The return path is not valid", "5.1.7")
    return None
