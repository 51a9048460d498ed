"""Addresses to send from where no dedicated ones are: `[deliver] sources`. Pure.

Takes settings; hands on an address with its HELO name for each IP version, or a SettingsError.
"""

import ipaddress
import re

from pillarbox.base.errors import SettingsError
from pillarbox.base.settings import Settings

_HELO = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,252}[A-Za-z0-9])?")


def read_sources(sources: tuple[str, ...]) -> dict[int, tuple[str, str]]:
    """Give (address, HELO name or nothing) by IP version. Raises SettingsError."""
    found: dict[int, tuple[str, str]] = {}
    for one in sources:
        address, _, helo = one.strip().partition(" ")
        helo = helo.strip()
        try:
            known = ipaddress.ip_address(address)
        except ValueError:
            raise SettingsError(f"[deliver] sources: {address!r} is no IP address") from None
        if helo and not _HELO.fullmatch(helo):
            raise SettingsError(f"[deliver] sources: {helo!r} is no host name")
        if known.version in found:
            raise SettingsError(
                f"[deliver] sources has two IPv{known.version} addresses: add more with `ips add`"
            )
        found[known.version] = (str(known), helo)
    return found


def check_sources(settings: Settings) -> None:
    """Refuse sources that are none."""
    read_sources(settings.deliver.sources)
