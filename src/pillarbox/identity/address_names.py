"""Whether the names of a sending address are as receivers want them: forward and reverse agree.

Takes an address and the name it greets with; hands on what is amiss, in words. Receivers hold the
one against the other (RFC 1912 §2.1), and many refuse mail where they differ.
"""

import asyncio
import ipaddress

from pillarbox.identity.finding import Lookup


async def names_amiss(resolver: Lookup, address: str, helo: str) -> list[str]:
    """Look the name and the reverse name up; give a line for each thing that is amiss."""
    found = await asyncio.gather(
        _forward(resolver, address, helo), _reverse(resolver, address, helo)
    )
    return [line for lines in found for line in lines]


async def _forward(resolver: Lookup, address: str, helo: str) -> list[str]:
    rdtype = "AAAA" if ":" in address else "A"
    answer = await resolver.query(helo, rdtype, fresh=True)
    wanted = ipaddress.ip_address(address)
    if wanted in {ipaddress.ip_address(one) for one in answer.records}:
        return []
    seen = ", ".join(answer.records) or answer.detail or answer.status
    return [f"{helo} {rdtype} should be {address}, DNS has {seen}"]


async def _reverse(resolver: Lookup, address: str, helo: str) -> list[str]:
    name = ipaddress.ip_address(address).reverse_pointer
    answer = await resolver.query(name, "PTR", fresh=True)
    if helo in {one.lower() for one in answer.records}:
        return []
    seen = ", ".join(answer.records) or answer.detail or answer.status
    return [f"{name} PTR should be {helo}, DNS has {seen}"]
