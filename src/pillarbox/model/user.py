"""A person who uses the console, and what that person may do."""

from dataclasses import dataclass
from enum import IntEnum


class Role(IntEnum):
    """What a user may do; each role may all that the ones before it may.

    VIEWER looks. OPERATOR changes what belongs to accounts: identities, configuration sets, mail in
    the queue. ADMIN makes users, keys and accounts.
    """

    VIEWER = 1
    OPERATOR = 2
    ADMIN = 3


ROLES = {"viewer": Role.VIEWER, "operator": Role.OPERATOR, "admin": Role.ADMIN}


@dataclass(frozen=True, slots=True, kw_only=True)
class User:
    """A user of the console.

    `account_id`: the only account that it sees; None: all of them. `totp`: whether signing in takes
    a one-time code as well. Times are milliseconds since the epoch; `disabled_at` None: it may sign
    in.
    """

    id: bytes
    name: str
    role: Role
    account_id: str | None
    totp: bool
    created_at: int
    disabled_at: int | None
    last_login_at: int | None

    @property
    def folded(self) -> str:
        """The name as names are compared: without regard to case."""
        return self.name.casefold()

    @property
    def role_name(self) -> str:
        """The role as people write it."""
        return self.role.name.lower()

    def sees(self, account_id: str) -> bool:
        """Tell whether an account's pages are this user's to look at."""
        return self.account_id is None or self.account_id == account_id
