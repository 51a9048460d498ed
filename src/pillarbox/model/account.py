"""An account, as far as sending depends on it."""

from dataclasses import dataclass

#: Why an address is suppressed; new accounts suppress for both.
SUPPRESSION_REASONS = ("BOUNCE", "COMPLAINT")
_SYSTEM = "system-"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Everything belongs to an account.

    `status`: active, suspended, restricted (for good) or closed. `enforcement`: HEALTHY, PROBATION
    or SHUTDOWN. `max_24h`: recipients in 24 hours, -1 for no limit. `generation` grows with each
    change of the account's configuration. `suppressed_reasons`: for which reasons recipients are
    suppressed, unless a configuration set has its own. `enforcement_since`, `enforcement_reason`:
    when it came to its status, and why; None: never. `reputation_from`: mail accepted before is no
    longer held against it.
    """

    id: str
    name: str
    created_at: int
    production: bool
    status: str
    sending_enabled: bool
    auto_warmup: bool
    enforcement: str
    max_24h: float
    max_rate: float
    generation: int
    suppressed_reasons: tuple[str, ...] = SUPPRESSION_REASONS
    enforcement_since: int | None = None
    enforcement_reason: str | None = None
    reputation_from: int | None = None


def system_account(account_id: str) -> str:
    """Name the system account that the service's own mail for an account goes out under.

    It has no row, no keys, no limits and no events.
    """
    return f"{_SYSTEM}{account_id}"


#: Whom the keys belong to that the service signs its own mail with.
SERVICE_ACCOUNT = system_account("service")


def is_system(account_id: str) -> bool:
    """Tell whether an account is a system account."""
    return account_id.startswith(_SYSTEM)
