"""What delivery to MX hosts can be told: ports, limits, times; `app` fills them in."""

import ssl
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Seconds to wait for each step; RFC 5321 §4.5.3.2 asks for more in the first ones."""

    connect: float = 30.0
    greeting: float = 60.0
    command: float = 120.0
    tls: float = 30.0
    content_block: float = 180.0
    final_dot: float = 600.0
    transaction: float = 1800.0
    goodbye: float = 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverSettings:
    """How to reach MX hosts.

    `own_endpoints`: (address, port) where we receive mail ourselves, for loops. `source_ipv6` None:
    IPv6 is not used. `max_hosts`: addresses tried in one attempt; `attempt_s`: seconds after which
    no further one is tried.
    """

    hello: str
    smtp_port: int = 25
    allow_private_destinations: bool = False
    own_endpoints: frozenset[tuple[str, int]] = frozenset()
    source_ipv4: str | None = None
    source_ipv6: str | None = None
    max_hosts: int = 5
    attempt_s: float = 180.0
    connections_per_destination: int = 10
    connections: int = 500
    messages_per_connection: int = 100
    idle_s: float = 20.0
    timeouts: Timeouts = field(default_factory=Timeouts)


def opportunistic_tls() -> ssl.SSLContext:
    """Make the context of opportunistic TLS: any certificate beats plain text (RFC 7435)."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context
