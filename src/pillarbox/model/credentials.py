"""Who calls: an access key as the store knows it, and the caller that it stands for."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessKey:
    """An access key with its secret in the clear, as it exists in memory only.

    `operations`: the API operations it may call, None for all. `session_token`: set for temporary
    keys, which need it in each request. `expires_at`: milliseconds since the epoch, None for never.
    `account_closed`: the account gave up the service (OptInRequired).
    """

    access_key_id: str
    account_id: str
    secret: str
    session_token: str | None = None
    operations: frozenset[str] | None = None
    expires_at: int | None = None
    account_closed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The authenticated sender of one API call."""

    account_id: str
    access_key_id: str
    source_ip: str
