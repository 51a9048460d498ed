"""What would keep mail from leaving by an address, or from being taken: by DNS and this machine."""

import socket

from pillarbox.identity.address_names import names_amiss
from pillarbox.identity.finding import Lookup
from pillarbox.model.sending_address import SendingAddress


async def amiss_with(resolver: Lookup, one: SendingAddress) -> list[str]:
    """Look its names up and try to bind it; give a line for each thing that is amiss."""
    found = await names_amiss(resolver, one.address, one.helo)
    family = socket.AF_INET6 if ":" in one.bind else socket.AF_INET
    try:
        with socket.socket(family, socket.SOCK_STREAM) as trying:
            trying.bind((one.bind, 0))
    except OSError:
        found.append(f"this machine can't bind {one.bind}: mail for the pool will wait")
    return found
