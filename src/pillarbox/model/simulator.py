"""The mailbox simulator: addresses that behave as mailboxes do, and reach nobody (facts §9).

`bounce@simulator.amazonses.com`, with a `+label` or without, and the same names at
`simulator.<service domain>`. What they do is `inbound/simulator.py`'s.
"""

from dataclasses import dataclass

SES_SIMULATOR = "simulator.amazonses.com"
SUCCESS, BOUNCE, OUT_OF_OFFICE, COMPLAINT, SUPPRESSION_LIST = (
    "success",
    "bounce",
    "ooto",
    "complaint",
    "suppressionlist",
)
#: What an attempt names as its host when the simulator answered it.
SIMULATOR_HOST = "simulator"


@dataclass(frozen=True, slots=True)
class Simulator:
    """The simulator of one deployment: its domains, in lower case."""

    domains: frozenset[str] = frozenset((SES_SIMULATOR,))

    @classmethod
    def of(cls, service_domain: str) -> "Simulator":
        """Make the one of a service domain."""
        return cls(frozenset((SES_SIMULATOR, f"simulator.{service_domain}".lower())))

    def mailbox(self, address: str) -> str | None:
        """Name the mailbox of an address without its label; None for one that is not simulated."""
        local, _, domain = address.lower().rpartition("@")
        return local.partition("+")[0] if domain in self.domains else None
