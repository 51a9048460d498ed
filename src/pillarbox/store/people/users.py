"""Users of the console."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from pillarbox.model.user import Role, User
from pillarbox.store.tables import user_sessions, users


@dataclass(frozen=True, slots=True, kw_only=True)
class Credentials:
    """What a user signs in with; `totp_sealed` None: no one-time code is asked for."""

    user: User
    password_hash: str
    totp_sealed: bytes | None
    totp_step: int | None


def fold_name(name: str) -> str:
    """Give the form of a name by which users are told apart."""
    return name.strip().casefold()


def insert_user(conn: Connection, user: User, password_hash: str) -> None:
    """Store a new user, who signs in without a one-time code."""
    row = {
        "id": user.id,
        "name": user.name,
        "folded": fold_name(user.name),
        "password_hash": password_hash,
        "role": int(user.role),
        "account_id": user.account_id,
        "created_at": user.created_at,
    }
    conn.execute(insert(users), [row])


def count_users(conn: Connection) -> int:
    """Count the users, disabled ones too."""
    return int(conn.execute(select(func.count()).select_from(users)).scalar_one())


def count_other_admins(conn: Connection, user_id: bytes) -> int:
    """Count the users beside this one who may sign in and do everything, in every account."""
    query = select(func.count()).where(
        users.c.id != user_id,
        users.c.role == int(Role.ADMIN),
        users.c.account_id.is_(None),
        users.c.disabled_at.is_(None),
    )
    return int(conn.execute(query).scalar_one())


def list_users(conn: Connection) -> Sequence[User]:
    """Give all users by name."""
    return [read_user(row) for row in conn.execute(select(users).order_by(users.c.folded))]


def find_user(conn: Connection, user_id: bytes) -> User | None:
    """Give one user, None when there is none."""
    row = conn.execute(select(users).where(users.c.id == user_id)).one_or_none()
    return read_user(row) if row else None


def find_credentials(conn: Connection, name: str) -> Credentials | None:
    """Give what the user of this name signs in with, None when nobody is called so."""
    row = conn.execute(select(users).where(users.c.folded == fold_name(name))).one_or_none()
    if row is None:
        return None
    return Credentials(
        user=read_user(row),
        password_hash=row.password_hash,
        totp_sealed=row.totp_sealed,
        totp_step=row.totp_step,
    )


def update_user(conn: Connection, user_id: bytes, changes: dict[str, Any]) -> None:
    """Change columns of one user."""
    conn.execute(update(users).where(users.c.id == user_id).values(**changes))


def take_totp_step(conn: Connection, user_id: bytes, step: int) -> bool:
    """Use up a one-time code: False when it, or a later one, was used before."""
    unused = (users.c.totp_step.is_(None)) | (users.c.totp_step < step)
    statement = update(users).where(users.c.id == user_id, unused).values(totp_step=step)
    return conn.execute(statement).rowcount == 1


def delete_user(conn: Connection, user_id: bytes) -> None:
    """Remove a user."""
    conn.execute(delete(users).where(users.c.id == user_id))


def delete_sessions_of(conn: Connection, user_id: bytes, but: bytes = b"") -> None:
    """Sign a user out everywhere, but in the session with this token hash."""
    conn.execute(
        delete(user_sessions).where(
            user_sessions.c.user_id == user_id, user_sessions.c.token_hash != but
        )
    )


def read_user(row: Any) -> User:
    """Read a user from its row."""
    return User(
        id=row.id,
        name=row.name,
        role=Role(row.role),
        account_id=row.account_id,
        totp=row.totp_sealed is not None,
        created_at=row.created_at,
        disabled_at=row.disabled_at,
        last_login_at=row.last_login_at,
    )
