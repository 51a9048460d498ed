"""Whether a domain's MTA-STS policy is known, has to be fetched, or is to be refreshed. Pure.

A policy that was fetched holds for its `max_age`, whatever DNS or the web server say meanwhile
(RFC 8461 §5.1): who can silence both must not be able to turn it off. Times are milliseconds since
the epoch.
"""

from dataclasses import dataclass
from typing import Literal

from pillarbox.proto.dns.mta_sts import StsPolicy

DAY_MS = 24 * 3600 * 1000

#: `use` what is known, which may be nothing; `fetch`, and use what is known if that fails;
#: `refresh`: use it, and fetch meanwhile.
Step = Literal["use", "fetch", "refresh"]


@dataclass(frozen=True, slots=True)
class KnownPolicy:
    """A policy, the id that DNS announced it by, and when it was fetched."""

    policy: StsPolicy
    announced_id: str
    fetched_at: int

    @property
    def expires_at(self) -> int:
        """When it holds no longer."""
        return self.fetched_at + self.policy.max_age * 1000

    @property
    def refresh_at(self) -> int:
        """When it is fetched again: after a day, or half its time (RFC 8461 §10.2)."""
        return self.fetched_at + min(DAY_MS, self.policy.max_age * 500)


def next_step(known: KnownPolicy | None, announced_id: str | None, now: int) -> Step:
    """Decide what to do; `announced_id`: None when DNS announces no policy, or says nothing."""
    if announced_id is None:
        return "use"
    if known is None or now >= known.expires_at or known.announced_id != announced_id:
        return "fetch"
    return "refresh" if now >= known.refresh_at else "use"


def in_force(known: KnownPolicy | None, now: int) -> StsPolicy | None:
    """Give the policy to go by, None when there is none: never had, expired, or of mode `none`."""
    if known is None or now >= known.expires_at or known.policy.mode == "none":
        return None
    return known.policy
