"""Debian's Postfix as the MX of domains: STARTTLS, Maildirs, and refusals of its own at RCPT.

`ok@` and `also@` each domain have mailboxes, `later@` the first is turned away with a 4xx, and
everybody else is unknown (550 5.1.1).
"""

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers.certificate import write_certificate
from tests.peers.postfix import Postfix

OWNER = 65534
#: The fields that Postfix's smtpd and virtual put on top of a message.
_OWN_FIELDS = re.compile(
    rb"(?:(?:Return-Path|X-Original-To|Delivered-To|Received):.*\n(?:[ \t].*\n)*)+"
)
LATER = "451 4.7.1 Greylisted, come back later"


class PostfixMx:
    """A running MX; `port` is its SMTP port."""

    def __init__(self, server: Postfix, mail: Path) -> None:
        self.port = server.port
        self._mail = mail

    def delivered(self, user: str) -> list[bytes]:
        """The messages in a user's mailbox, as Postfix wrote them (lines end with LF)."""
        return [file.read_bytes() for file in sorted((self._mail / user / "new").glob("*"))]


def without_own_fields(message: bytes) -> tuple[bytes, bytes]:
    """What Postfix put on top, and the message as it came in, with CRLF."""
    own = _OWN_FIELDS.match(message)
    assert own is not None
    return own[0], message[own.end() :].replace(b"\n", b"\r\n")


@contextmanager
def postfix_mx(*domains: str) -> Iterator[PostfixMx]:
    """Run one until the block ends."""
    with tempfile.TemporaryDirectory(prefix="pillarbox-mx-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # Postfix delivers as the mailboxes' owner
        (folder / "mail").mkdir()
        shutil.chown(folder / "mail", OWNER, OWNER)
        write_certificate(folder / "mx.pem", f"mx.{domains[0]}")
        with Postfix.start(_settings(folder, domains)) as server:
            yield PostfixMx(server, folder / "mail")


def _settings(folder: Path, domains: tuple[str, ...]) -> dict[str, str]:
    users = [(user, domain) for user in ("ok", "also") for domain in domains]
    boxes = ", ".join(f"{{ {user}@{domain} = {user}/ }}" for user, domain in users)
    later = f"check_recipient_access inline:{{ {{ later@{domains[0]} = {LATER} }} }}"
    return {
        "myhostname": f"mx.{domains[0]}",
        "virtual_mailbox_domains": ", ".join(domains),
        "virtual_mailbox_base": str(folder / "mail"),
        "virtual_mailbox_maps": f"inline:{{ {boxes} }}",
        "virtual_uid_maps": f"static:{OWNER}",
        "virtual_gid_maps": f"static:{OWNER}",
        "smtpd_tls_security_level": "may",
        "smtpd_tls_chain_files": str(folder / "mx.pem"),
        "smtpd_tls_received_header": "yes",
        "smtpd_recipient_restrictions": f"{later}, reject_unauth_destination",
    }
