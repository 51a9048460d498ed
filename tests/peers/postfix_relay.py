"""Debian's Postfix on a customer's machine: it relays what it is given through SMTP submission.

Postfix keeps what can't be handed in and tries again by itself, here every second.
"""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.peers.postfix import POSTFIX, Postfix


@contextmanager
def postfix_relay(
    folder: Path, port: int, username: str, password: str, ca_file: Path
) -> Iterator[Postfix]:
    """Run one whose relay host is port `port` of this machine, with STARTTLS verified and AUTH."""
    passwords = folder / "sasl_passwd"
    passwords.write_text(f"[127.0.0.1]:{port} {username}:{password}\n")
    passwords.chmod(0o600)
    settings = {
        "myhostname": "shop.example",
        "relayhost": f"[127.0.0.1]:{port}",
        "smtp_sasl_auth_enable": "yes",
        "smtp_sasl_security_options": "noanonymous",
        "smtp_sasl_password_maps": f"texthash:{passwords}",
        "smtp_tls_security_level": "secure",
        "smtp_tls_secure_cert_match": "localhost",
        "smtp_tls_CAfile": str(ca_file),
        "queue_run_delay": "1s",
        "minimal_backoff_time": "1s",
        "maximal_backoff_time": "2s",
    }
    with Postfix.start(settings) as server:
        yield server


def queued(server: Postfix) -> str:
    """What Postfix still holds, with the reason for each."""
    assert POSTFIX is not None
    postqueue = Path(POSTFIX).with_name("postqueue")
    command = [str(postqueue), "-c", str(server.home / "etc"), "-p"]
    return subprocess.run(command, capture_output=True, text=True, check=True, timeout=60).stdout
