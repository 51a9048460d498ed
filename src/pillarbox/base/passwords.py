"""Passwords of people: argon2id (RFC 9106) with the library's own recommended cost.

Hashing takes tens of milliseconds and 64 MiB on purpose: call it in a thread, not many at once.
"""

from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

_hasher = PasswordHasher()


def hash_password(password: str) -> str:
    """Hash a password with a salt of its own."""
    return _hasher.hash(password)


def check_password(password_hash: str | None, password: str) -> bool:
    """Tell whether it is the password.

    Without a hash (nobody has that name) it costs the same time and is False.
    """
    nobody = _nobody()  # always, so that the first of all attempts does not tell either
    try:
        right = _hasher.verify(password_hash or nobody, password)
    except (VerificationError, InvalidHashError):
        return False
    return right and password_hash is not None


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
