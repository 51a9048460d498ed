"""How much an account may have of what the real service limits (facts §3)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Quotas:
    """Each the real service's number unless the settings say otherwise.

    `event_destinations`: of one configuration set.
    """

    identities: int = 10_000
    configuration_sets: int = 10_000
    event_destinations: int = 10
    contact_lists: int = 1
    templates: int = 10_000
