"""An address that mail leaves by: whose it is, where it lives, how it greets."""

from dataclasses import dataclass

#: The pools that exist without being made (facts §8): an account's addresses that are in no other
#: pool, and the addresses that belong to no account.
DEFAULT_POOL = "ses-default-dedicated-pool"
SHARED_POOL = "ses-shared-pool"
RESERVED_POOLS = frozenset({DEFAULT_POOL, SHARED_POOL})
#: The enhanced status of what waits for an address (RFC 3463 §3.4: not configured to go out).
NO_ADDRESS_STATUS = "4.3.5"


@dataclass(frozen=True, slots=True, kw_only=True)
class SendingAddress:
    """One sending address.

    `account_id` None: shared by all accounts. `pool` None: the default pool, or for a shared
    address the shared one. `node`: the node that has it; `bind`: the local address to bind there,
    another one behind a NAT. `helo`: how connections from it greet. `warmup_started_at`:
    milliseconds since the epoch, None when it is warm (`model/warmup.py`).
    """

    address: str
    account_id: str | None
    pool: str | None
    node: str
    bind: str
    helo: str
    created_at: int
    warmup_started_at: int | None = None

    @property
    def version(self) -> int:
        """4 or 6: which hosts it reaches."""
        return 6 if ":" in self.address else 4

    @property
    def pool_name(self) -> str:
        """The name of the pool it is in, reserved ones included."""
        return self.pool or (SHARED_POOL if self.account_id is None else DEFAULT_POOL)
