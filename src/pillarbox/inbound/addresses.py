"""Which addresses take mail that comes back, and what a signed one says.

Takes an address; hands on the message and recipient its tag names (design §8), or that it is the
address for feedback. Every other address takes nothing: this is no relay and no mailbox.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pillarbox.proto.links import verp

FEEDBACK_USER = "feedback"


@dataclass(frozen=True, slots=True)
class Tag:
    """One recipient of one message, as a signed address names it."""

    message_id: bytes
    position: int


class InboundAddresses:
    """The addresses of a deployment. The signature decides, in whatever domain a tag comes."""

    def __init__(self, keys: Sequence[bytes], bounce_domain: str) -> None:
        self._keys = tuple(keys)
        self.feedback = f"{FEEDBACK_USER}@{bounce_domain}".lower()

    def takes(self, address: str) -> bool:
        """Tell whether mail to this address is taken."""
        return address.lower() == self.feedback or self.tag(address) is not None

    def tag(self, address: str) -> Tag | None:
        """Read a return path; None unless we made it."""
        local, mark, domain = address.rpartition("@")
        found = verp.decode(local, self._keys) if mark and domain else None
        return Tag(*found) if found else None

    def tags(self, addresses: Iterable[str]) -> tuple[Tag, ...]:
        """Read the genuine ones among addresses, each once, in their order."""
        found = (self.tag(one) for one in addresses)
        return tuple(dict.fromkeys(one for one in found if one is not None))
