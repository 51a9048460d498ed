"""Debian's Postfix as somebody's smart host: it relays for who logs in with SASL, over TLS alone.

What is let in, for any domain, ends in one Maildir; `refused@` anywhere is refused even then.
"""

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.peers.authority import Certified
from tests.peers.postfix import Postfix
from tests.peers.postfix_mx import OWNER, without_own_fields
from tests.peers.sasldb import write_sasldb

HOST = "relay.example"
#: Services at addresses of their own: TLS from the start; LOGIN alone; no sender is the user's.
FROM_START, ONLY_LOGIN, STRICT = "127.0.2.1", "127.0.2.2", "127.0.2.3"
_SERVICES = {"smtpd": ("PLAIN", "LOGIN"), "login": ("LOGIN",)}
REFUSED = "550 5.1.1 There is no such person"


@dataclass(frozen=True, slots=True)
class SmartHost:
    """A running one; `port` is the same for all its services."""

    port: int
    home: Path

    def taken(self) -> list[tuple[bytes, bytes]]:
        """What it let in, as (the fields that Postfix put on top, the message with CRLF)."""
        files = sorted((self.home / "mail/all/new").glob("*"))
        return [without_own_fields(file.read_bytes()) for file in files]

    def log(self) -> str:
        """What its daemons wrote."""
        return (self.home / "postfix.log").read_text()


@contextmanager
def postfix_smart_host(user: str, password: str, shown: Certified) -> Iterator[SmartHost]:
    """Run one until the block ends, with one user and a certificate."""
    with tempfile.TemporaryDirectory(prefix="pillarbox-smart-host-") as name:
        home = Path(name)
        home.chmod(0o755)
        (home / "mail").mkdir()
        shutil.chown(home / "mail", OWNER, OWNER)
        settings = {
            "myhostname": HOST,
            "mynetworks": "",
            "maillog_file": f"{home}/postfix.log",
            "maillog_file_prefixes": str(home.parent),
            "default_transport": "virtual",
            "virtual_mailbox_base": f"{home}/mail",
            "virtual_mailbox_maps": "static:all/",
            "virtual_uid_maps": f"static:{OWNER}",
            "virtual_gid_maps": f"static:{OWNER}",
            "smtpd_tls_security_level": "may",
            "smtpd_tls_auth_only": "yes",
            "smtpd_tls_chain_files": str(shown.write(home / "relay.pem")),
            "smtpd_tls_received_header": "yes",
            "smtpd_sasl_auth_enable": "yes",
            "smtpd_sasl_local_domain": HOST,
            "smtpd_sasl_authenticated_header": "yes",
            "smtpd_recipient_restrictions": "check_recipient_access"
            f" regexp:{{ {{ /^refused@/ {REFUSED} }} }}, permit_sasl_authenticated, reject",
            "smtpd_relay_restrictions": "permit_sasl_authenticated, reject_unauth_destination",
        }
        variants = {
            FROM_START: {"smtpd_tls_wrappermode": "yes"},
            ONLY_LOGIN: {"smtpd_sasl_path": "login"},
            STRICT: {
                "smtpd_sender_login_maps": "static:another",
                "smtpd_sender_restrictions": "reject_sender_login_mismatch",
            },
        }

        def furnish(etc: Path) -> None:
            folder = etc / "sasl"  # where Debian's Postfix looks
            folder.mkdir()
            users = write_sasldb(folder, HOST, user, password, _SERVICES)
            shutil.chown(users, "postfix")

        with Postfix.start(settings, variants, furnish) as server:
            yield SmartHost(server.port, home)
