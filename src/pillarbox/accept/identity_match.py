"""Which identities speak for an address (facts §7).

An address is covered by its own identity, by that of the address without `+label`, by its domain's
and by every parent domain's. The most specific verified one wins and gives the settings; DKIM comes
from the most specific verified domain.
"""

from collections.abc import Callable, Mapping, Sequence

from pillarbox.model.sender import SenderIdentity

Verified = Callable[[SenderIdentity], bool]


def domains_of(names: Sequence[str]) -> list[str]:
    """Give the domains among names of identities."""
    return [name for name in names if "@" not in name]


def most_specific(
    names: Sequence[str], known: Mapping[str, SenderIdentity], verified: Verified
) -> SenderIdentity | None:
    """Give the first verified identity among the names, None when there is none."""
    for name in names:
        identity = known.get(name)
        if identity is not None and verified(identity):
            return identity
    return None


def signing_identity(
    names: Sequence[str], known: Mapping[str, SenderIdentity], verified: Verified
) -> SenderIdentity | None:
    """Give the domain identity whose key signs: None when there is none or it has signing off."""
    identity = most_specific(domains_of(names), known, verified)
    if identity is None or not identity.signing_enabled or identity.signing_token is None:
        return None
    return identity
