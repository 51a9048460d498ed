"""Signing in: what a name, a password and a one-time code come to, and the sessions that follow.

Who fails too often waits: ten times for a name, a hundred times for an address, within a quarter of
an hour. Nobody learns whether a name exists: the answer, its text and its cost are the same.
"""

import hashlib
from dataclasses import dataclass

from sqlalchemy import Connection

from pillarbox.base.errors import TooManyRequests
from pillarbox.model.user import User
from pillarbox.store.people import sessions
from pillarbox.store.people import users as rows
from pillarbox.store.people.users import Credentials, fold_name

WINDOW_MS = 15 * 60 * 1000
BUCKET_MS = 60 * 1000
NAME_FAILURES, ADDRESS_FAILURES = 10, 100
IDLE_MS = 12 * 3600 * 1000
LONGEST_MS = 7 * 24 * 3600 * 1000
SEEN_EVERY_MS = 5 * 60 * 1000


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who tries to sign in: the name typed, and the address of the browser."""

    name: str
    address: str

    @property
    def subjects(self) -> tuple[str, str]:
        """What failures are counted for. The name is hashed: people type passwords into it."""
        name = hashlib.sha256(fold_name(self.name).encode()).hexdigest()[:32]
        return f"name/{name}", f"ip/{self.address}"


def find_credentials(conn: Connection, visitor: Visitor, now: int) -> Credentials | None:
    """Give what the visitor must know, None when nobody is called so.

    Raises TooManyRequests for one who has failed too often, whatever is typed now.
    """
    _check_failures(conn, visitor, now)
    found = rows.find_credentials(conn, visitor.name)
    return found if found and found.user.disabled_at is None else None


def _check_failures(conn: Connection, visitor: Visitor, now: int) -> None:
    since = (now - WINDOW_MS) // BUCKET_MS
    for subject, most in zip(visitor.subjects, (NAME_FAILURES, ADDRESS_FAILURES), strict=True):
        if sessions.count_failures(conn, subject, since) >= most:
            raise TooManyRequests("Too many attempts. Please wait a quarter of an hour.")


def note_failure(conn: Connection, visitor: Visitor, now: int) -> None:
    """Count an attempt that failed, and forget those that matter no more.

    Raises TooManyRequests as `find_credentials`, so that attempts side by side, which all asked
    before any of them failed, are told nothing either once there were too many.
    """
    _check_failures(conn, visitor, now)
    bucket = now // BUCKET_MS
    for subject in visitor.subjects:
        sessions.add_failure(conn, subject, bucket)
    sessions.delete_old_failures(conn, (now - WINDOW_MS) // BUCKET_MS)


def begin_session(
    conn: Connection, user: User, visitor: Visitor, token: str, step: int | None, now: int
) -> bool:
    """Sign a user in with a new session; False when the one-time code was used before.

    Raises TooManyRequests as `note_failure`.
    """
    _check_failures(conn, visitor, now)
    if step is not None and not rows.take_totp_step(conn, user.id, step):
        return False
    sessions.forget_failures(conn, visitor.subjects[0])
    sessions.delete_ended_sessions(conn, now - LONGEST_MS, now - IDLE_MS)
    sessions.insert_session(conn, hash_token(token), user.id, now)
    rows.update_user(conn, user.id, {"last_login_at": now})
    return True


def find_session(conn: Connection, token: str, now: int) -> tuple[User, bool] | None:
    """Give whose session a token is, and whether it is time to say `see_session`; or None.

    A session ends after twelve hours without a visit, and after a week.
    """
    found = sessions.find_session(
        conn, hash_token(token), created_after=now - LONGEST_MS, seen_after=now - IDLE_MS
    )
    if found is None:
        return None
    user, seen_at = found
    return user, now - seen_at >= SEEN_EVERY_MS


def see_session(conn: Connection, token: str, now: int) -> None:
    """Note that a session is in use."""
    sessions.see_session(conn, hash_token(token), now)


def end_session(conn: Connection, token: str) -> None:
    """Sign out."""
    sessions.delete_session(conn, hash_token(token))


def hash_token(token: str) -> bytes:
    """Give what is kept of a session's token."""
    return hashlib.sha256(token.encode()).digest()
