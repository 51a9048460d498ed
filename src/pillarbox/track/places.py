"""Approximate locations of IP addresses, from a MaxMind database that the operator gives.

Country, region and city by their English names, as far as the file has them; no coordinates.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import maxminddb

_log = logging.getLogger(__name__)


class Places:
    """An opened file, or none at all."""

    def __init__(self, file: str) -> None:
        self._reader: maxminddb.Reader | None = None
        if not file:
            return
        try:
            self._reader = maxminddb.open_database(Path(file))
        except (OSError, maxminddb.InvalidDatabaseError):
            _log.exception("[track] geoip_file can't be read: events go without a location")

    def find(self, ip: str) -> dict[str, str] | None:
        """Give country (ISO code), region and city, as far as they are known; None for nothing."""
        if self._reader is None:
            return None
        try:
            found: Any = self._reader.get(ip)
        except (ValueError, maxminddb.InvalidDatabaseError):
            return None  # no address, or IPv6 in a file of IPv4
        return _place(found) if isinstance(found, dict) else None

    def close(self) -> None:
        """Close the file."""
        if self._reader is not None:
            self._reader.close()


def _place(found: Mapping[str, Any]) -> dict[str, str] | None:
    subdivisions = found.get("subdivisions") or [{}]
    names = {
        "country": (found.get("country") or {}).get("iso_code"),
        "region": (subdivisions[0].get("names") or {}).get("en"),
        "city": ((found.get("city") or {}).get("names") or {}).get("en"),
    }
    place = {name: value for name, value in names.items() if isinstance(value, str)}
    return place or None
