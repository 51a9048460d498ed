"""Writing a small MaxMind database (MaxMind DB File Format Specification 2.0), for tests.

An IPv4 tree with 24-bit records and no pointers: enough for a few networks and their data.
"""

import ipaddress
import struct
from typing import Any


def database(networks: dict[str, dict[str, Any]]) -> bytes:
    """Write a database that gives each network's data."""
    data, tree = b"", _Tree()
    for network, value in networks.items():
        tree.add(ipaddress.IPv4Network(network), len(data))
        data += _encoded(value)
    metadata = {
        "binary_format_major_version": _uint16(2),
        "binary_format_minor_version": _uint16(0),
        "build_epoch": _control(9, 8) + struct.pack(">Q", 1),
        "database_type": "Test-City",
        "description": {"en": "for tests"},
        "ip_version": _uint16(4),
        "languages": ["en"],
        "node_count": _control(6, 4) + struct.pack(">I", len(tree.nodes)),
        "record_size": _uint16(24),
    }
    return tree.encoded() + bytes(16) + data + b"\xab\xcd\xefMaxMind.com" + _encoded(metadata)


class _Tree:
    """Nodes of two records: None, the number of a node, or the offset of data as a 1-tuple."""

    def __init__(self) -> None:
        self.nodes: list[list[Any]] = [[None, None]]

    def add(self, network: ipaddress.IPv4Network, offset: int) -> None:
        bits = f"{int(network.network_address):032b}"[: network.prefixlen]
        node = 0
        for bit in bits[:-1]:
            if self.nodes[node][int(bit)] is None:
                self.nodes.append([None, None])
                self.nodes[node][int(bit)] = len(self.nodes) - 1
            node = self.nodes[node][int(bit)]
        self.nodes[node][int(bits[-1])] = (offset,)

    def encoded(self) -> bytes:
        count = len(self.nodes)

        def record(value: Any) -> bytes:
            if isinstance(value, tuple):
                return (count + 16 + value[0]).to_bytes(3, "big")
            return (count if value is None else value).to_bytes(3, "big")

        return b"".join(record(one) for node in self.nodes for one in node)


def _encoded(value: Any) -> bytes:
    if isinstance(value, str):
        return _control(2, len(value.encode())) + value.encode()
    if isinstance(value, dict):
        pairs = (_encoded(name) + _encoded(one) for name, one in value.items())
        return _control(7, len(value)) + b"".join(pairs)
    if isinstance(value, list):
        return _control(11, len(value)) + b"".join(_encoded(one) for one in value)
    encoded: bytes = value
    return encoded


def _uint16(value: int) -> bytes:
    return _control(5, 2) + struct.pack(">H", value)


def _control(kind: int, size: int) -> bytes:
    assert size < 29
    return bytes([kind << 5 | size]) if kind < 8 else bytes([size, kind - 7])
