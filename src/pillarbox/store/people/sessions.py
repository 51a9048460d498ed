"""Signed-in browsers, and attempts to sign in that failed."""

from sqlalchemy import Connection, delete, func, insert, select, update

from pillarbox.model.user import User
from pillarbox.store.dialect import upsert
from pillarbox.store.people.users import read_user
from pillarbox.store.tables import login_failures, user_sessions, users


def insert_session(conn: Connection, token_hash: bytes, user_id: bytes, now: int) -> None:
    """Store a new session."""
    row = {"token_hash": token_hash, "user_id": user_id, "created_at": now, "seen_at": now}
    conn.execute(insert(user_sessions), [row])


def find_session(
    conn: Connection, token_hash: bytes, *, created_after: int, seen_after: int
) -> tuple[User, int] | None:
    """Give who a session belongs to and when it was last seen; None when it has ended, or when its
    user may not sign in any more.
    """
    query = (
        select(users, user_sessions.c.seen_at)
        .join(user_sessions, user_sessions.c.user_id == users.c.id)
        .where(
            user_sessions.c.token_hash == token_hash,
            user_sessions.c.created_at > created_after,
            user_sessions.c.seen_at > seen_after,
            users.c.disabled_at.is_(None),
        )
    )
    row = conn.execute(query).one_or_none()
    return (read_user(row), row.seen_at) if row else None


def see_session(conn: Connection, token_hash: bytes, now: int) -> None:
    """Note that a session is in use."""
    conn.execute(
        update(user_sessions).where(user_sessions.c.token_hash == token_hash).values(seen_at=now)
    )


def delete_session(conn: Connection, token_hash: bytes) -> None:
    """End a session."""
    conn.execute(delete(user_sessions).where(user_sessions.c.token_hash == token_hash))


def delete_ended_sessions(conn: Connection, created_before: int, seen_before: int) -> None:
    """Remove the sessions that have ended by themselves."""
    conn.execute(
        delete(user_sessions).where(
            (user_sessions.c.created_at <= created_before)
            | (user_sessions.c.seen_at <= seen_before)
        )
    )


def add_failure(conn: Connection, subject: str, bucket: int) -> None:
    """Count a failed attempt to sign in."""
    statement = upsert(conn.dialect.name, login_failures).values(
        subject=subject, bucket=bucket, failures=1
    )
    statement = statement.on_conflict_do_update(
        index_elements=["subject", "bucket"],
        set_={"failures": login_failures.c.failures + 1},
    )
    conn.execute(statement)


def count_failures(conn: Connection, subject: str, since: int) -> int:
    """Count the failed attempts since a bucket."""
    query = select(func.coalesce(func.sum(login_failures.c.failures), 0)).where(
        login_failures.c.subject == subject, login_failures.c.bucket >= since
    )
    return int(conn.execute(query).scalar_one())


def forget_failures(conn: Connection, subject: str) -> None:
    """Forget a subject's failed attempts."""
    conn.execute(delete(login_failures).where(login_failures.c.subject == subject))


def delete_old_failures(conn: Connection, before: int) -> None:
    """Remove counts that matter no more."""
    conn.execute(delete(login_failures).where(login_failures.c.bucket < before))
