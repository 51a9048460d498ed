"""What delivery to MX hosts can be told: ports, limits, times; `app` fills them in."""

from collections.abc import Container
from dataclasses import dataclass, field

from pillarbox.model.warmup import Volume


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

    @property
    def setup(self) -> float:
        """Seconds in which a session is set up, or fails to be."""
        return self.connect + self.greeting


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a connection leaves from: the local address, empty for the system's choice; its HELO
    name; the address the world sees, where a NAT makes it another one; `taken`: the
    volumes of its warm-up that the attempt took one message of.
    """

    bind: str
    hello: str
    address: str = ""
    taken: tuple[Volume, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """Where an attempt leaves from, by IP version; None: not by this one. `pool`: its name."""

    ipv4: Source | None
    ipv6: Source | None
    pool: str = ""

    @property
    def versions(self) -> tuple[int, ...]:
        """The IP versions it leaves by, in the order to prefer them."""
        known = ((6, self.ipv6), (4, self.ipv4))
        return tuple(version for version, source in known if source is not None)

    def seen(self, bind: str) -> str:
        """Give the address the world sees of connections bound to a local one."""
        known = (one for one in (self.ipv4, self.ipv6) if one is not None and one.bind == bind)
        return next((one.address for one in known if one.address), bind)

    def to(self, address: str) -> Source:
        """Give where connections to an address leave from. Raises ValueError without any."""
        source = self.ipv6 if ":" in address else self.ipv4
        if source is None:
            raise ValueError(f"{self} does not reach {address}")
        return source


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliverSettings:
    """How to reach MX hosts.

    `own_endpoints`: (address, port) where we receive mail ourselves, for loops. `source_ipv6` None:
    IPv6 is not used. `fallback_s`: seconds for a connection while an address of another kind is
    left. `max_hosts`: addresses tried in one attempt; `attempt_s`: seconds after which no further
    one is tried; `wait_s`: seconds to wait for a connection before the message is put back.
    `hangs_s`: an opening that takes longer is counted apart, as many again as `connections`.
    `connections_per_destination`: to a group that no table lists (`groups.toml`);
    `messages_per_connection`: at most, whatever the table says.
    """

    hello: str
    smtp_port: int = 25
    allow_private_destinations: bool = False
    own_endpoints: Container[tuple[str, int]] = frozenset()
    source_ipv4: Source | None = None
    source_ipv6: Source | None = None
    fallback_s: float = 2.0
    max_hosts: int = 5
    attempt_s: float = 180.0
    connections_per_destination: int = 10
    connections: int = 500
    messages_per_connection: int = 1000
    wait_s: float = 5.0
    hangs_s: float = 1.0
    idle_s: float = 20.0
    timeouts: Timeouts = field(default_factory=Timeouts)

    @property
    def sources(self) -> Sources:
        """Where mail without addresses of its own leaves from: the system's choice."""
        ipv4 = self.source_ipv4 or Source(bind="", hello=self.hello)
        return Sources(ipv4=ipv4, ipv6=self.source_ipv6)
