"""Users of the console: made, changed, removed; the first one, and how people sign in.

Passwords come hashed (`base/passwords.py`), since hashing is slow and belongs in a thread. Raises
BadRequest, AlreadyExists, NotFound and LimitExceeded with texts for people.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from pillarbox.base.errors import AlreadyExists, BadRequest, NotFound
from pillarbox.base.ids import uuid7
from pillarbox.model.user import ROLES, Role, User
from pillarbox.store.people import accounts as account_rows
from pillarbox.store.people import users as rows

MIN_PASSWORD, MAX_PASSWORD = 10, 200
MAX_NAME = 100
_NAME = re.compile(r"[^\s\x00-\x1f\x7f]+( [^\s\x00-\x1f\x7f]+)*")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewUser:
    """A user to make. `account_id` None: all accounts."""

    name: str
    password_hash: str
    role: Role
    account_id: str | None = None


def check_user_name(name: str) -> str:
    """Give the name of a user as it is kept; raises BadRequest."""
    name = name.strip()
    if not name:
        raise BadRequest("Give a name.")
    if len(name) > MAX_NAME or not _NAME.fullmatch(name):
        raise BadRequest(
            f"A name has up to {MAX_NAME} characters, none of them a control character."
        )
    return name


def check_password_choice(password: str, name: str) -> str:
    """Give a password that somebody chose; raises BadRequest for one that is too easy."""
    if len(password) < MIN_PASSWORD:
        raise BadRequest(f"A password has at least {MIN_PASSWORD} characters.")
    if len(password) > MAX_PASSWORD:
        raise BadRequest(f"A password has at most {MAX_PASSWORD} characters.")
    if rows.fold_name(name) == rows.fold_name(password) or len(set(password)) < 4:
        raise BadRequest("This password is too easy to guess.")
    return password


def parse_role(text: str) -> Role:
    """Read a role; raises BadRequest."""
    role = ROLES.get(text.lower())
    if role is None:
        raise BadRequest(f"A role is one of {', '.join(ROLES)}.")
    return role


def has_users(conn: Connection) -> bool:
    """Tell whether somebody has made the first user."""
    return rows.count_users(conn) > 0


def create_first_user(conn: Connection, name: str, password_hash: str, now: int) -> User:
    """Make the first user, an administrator of everything; AlreadyExists when there is one."""
    if has_users(conn):
        raise AlreadyExists("The first user has been made already. Sign in.")
    return create_user(
        conn, NewUser(name=name, password_hash=password_hash, role=Role.ADMIN), now=now
    )


def create_user(conn: Connection, new: NewUser, *, now: int) -> User:
    """Make a user; AlreadyExists for a name that is taken, whatever its case."""
    name = check_user_name(new.name)
    if rows.find_credentials(conn, name) is not None:
        raise AlreadyExists(f"There is a user called {name} already.")
    _check_account(conn, new.account_id)
    user = User(
        id=uuid7(now),
        name=name,
        role=new.role,
        account_id=new.account_id,
        totp=False,
        created_at=now,
        disabled_at=None,
        last_login_at=None,
    )
    rows.insert_user(conn, user, new.password_hash)
    return user


def list_users(conn: Connection) -> Sequence[User]:
    """Give all users by name."""
    return rows.list_users(conn)


def get_user(conn: Connection, user_id: bytes) -> User:
    """Give one user; raises NotFound."""
    user = rows.find_user(conn, user_id)
    if user is None:
        raise NotFound("There is no such user.")
    return user


def get_user_called(conn: Connection, name: str) -> User:
    """Give the user of a name; raises NotFound."""
    found = rows.find_credentials(conn, name)
    if found is None:
        raise NotFound(f"There is no user called {name}.")
    return found.user


def set_role(conn: Connection, user_id: bytes, role: Role, account_id: str | None) -> User:
    """Say what a user may do, and where. The last administrator of everything stays one."""
    get_user(conn, user_id)
    if role is not Role.ADMIN or account_id is not None:
        _keep_an_admin(conn, user_id)
    _check_account(conn, account_id)
    return _change(conn, user_id, {"role": int(role), "account_id": account_id})


def set_disabled(conn: Connection, user_id: bytes, *, disabled: bool, now: int) -> User:
    """Keep a user from signing in and end its sessions, or let it in again."""
    get_user(conn, user_id)
    if disabled:
        _keep_an_admin(conn, user_id)
        rows.delete_sessions_of(conn, user_id)
    return _change(conn, user_id, {"disabled_at": now if disabled else None})


def set_password(
    conn: Connection, user_id: bytes, password_hash: str, *, but_session: bytes = b""
) -> User:
    """Give a user a new password; all its sessions end but one."""
    get_user(conn, user_id)
    rows.delete_sessions_of(conn, user_id, but=but_session)
    return _change(conn, user_id, {"password_hash": password_hash})


def set_totp(conn: Connection, user_id: bytes, sealed: bytes | None, step: int | None) -> User:
    """Have a user sign in with one-time codes of a secret, or without any."""
    get_user(conn, user_id)
    return _change(conn, user_id, {"totp_sealed": sealed, "totp_step": step})


def delete_user(conn: Connection, user_id: bytes) -> User:
    """Remove a user and end its sessions; the last administrator of everything stays."""
    user = get_user(conn, user_id)
    _keep_an_admin(conn, user_id)
    rows.delete_sessions_of(conn, user_id)
    rows.delete_user(conn, user_id)
    return user


def _change(conn: Connection, user_id: bytes, changes: dict[str, Any]) -> User:
    rows.update_user(conn, user_id, changes)
    return get_user(conn, user_id)


def _check_account(conn: Connection, account_id: str | None) -> None:
    if account_id is not None and account_rows.find_account(conn, account_id) is None:
        raise BadRequest(f"There is no account {account_id}.")


def _keep_an_admin(conn: Connection, user_id: bytes) -> None:
    if rows.count_other_admins(conn, user_id) == 0:
        raise BadRequest("This is the last administrator: make another one first.")
