"""Secrets at rest: sealed with a master key that lies outside the database.

The key is 32 bytes, base64, in the data directory (`master.key`, mode 0600) or in
PILLARBOX_MASTER_KEY. Sealing is AES-256-GCM with the secret's place as associated data, so that a
sealed value moved to another row does not open. The database holds a check value; a node with
another key refuses to start, and no node makes a key for a database that already has one.
"""

import base64
import binascii
import os
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from pillarbox.base.errors import StartError

KEY_BYTES = 32
NONCE_BYTES = 12
ENVIRONMENT = "PILLARBOX_MASTER_KEY"
FILE = "master.key"


class Sealer:
    """Seals and opens secrets, and derives keys for other uses."""

    def __init__(self, master_key: bytes) -> None:
        if len(master_key) != KEY_BYTES:
            raise StartError(f"the master key must be {KEY_BYTES} bytes, base64 encoded")
        self._master_key = master_key
        self._cipher = AESGCM(self.derive("seal"))

    def seal(self, plain: bytes, place: str) -> bytes:
        """Seal a secret for one place, such as `access_keys/AKIA…`."""
        nonce = os.urandom(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, plain, place.encode())

    def open(self, sealed: bytes, place: str) -> bytes:
        """Open a sealed secret.

        Raises StartError when it was sealed with another master key, for another place, or is cut.
        """
        try:
            return self._cipher.decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], place.encode())
        except (InvalidTag, ValueError):
            raise StartError(f"the secret of {place} does not open with this master key") from None

    def derive(self, use: str) -> bytes:
        """Derive a key of 32 bytes for one use, such as `verp` (HKDF, RFC 5869)."""
        hkdf = HKDF(SHA256(), KEY_BYTES, salt=None, info=f"pillarbox {use}".encode())
        return hkdf.derive(self._master_key)

    @property
    def check_value(self) -> str:
        """What the database keeps to tell whether a node has the right key; says nothing of it."""
        return self.derive("check").hex()


def find_master_key(data: Path, environ: Mapping[str, str]) -> bytes | None:
    """Read the master key from the environment or the data directory; None when there is none.

    Raises StartError when it is no key, or when others can read its file.
    """
    text = environ.get(ENVIRONMENT)
    if text:
        return _decode(text.encode(errors="surrogateescape"), ENVIRONMENT)
    file = data / FILE
    if not file.exists():
        return None
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise StartError(f"{file} can be read by others: chmod 600 {file}")
    return _decode(file.read_bytes(), str(file))


def make_master_key(data: Path) -> bytes:
    """Make a master key in the data directory, for a database that has none yet."""
    key = os.urandom(KEY_BYTES)
    data.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(data / FILE, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(base64.b64encode(key).decode() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return key


def _decode(text: bytes, source: str) -> bytes:
    try:
        return base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        raise StartError(f"{source} holds no base64") from None
