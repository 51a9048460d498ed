"""A node that sends from loopback addresses, and the receiver that sees from which."""

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, create_engine, select

from pillarbox.base.clock import now_ms
from pillarbox.base.ids import row_id_of
from pillarbox.manage.addresses.stock import (
    NewAddress,
    add_address,
    list_stock,
    remove_address,
)
from pillarbox.manage.deployment import DEFAULT_ACCOUNT
from pillarbox.model.sending_address import SHARED_POOL
from pillarbox.node.identity import node_name
from pillarbox.store.store import Store
from pillarbox.store.tables import recipients
from tests.peers.dns_zone import DnsZone
from tests.peers.node import DIRECT, Node
from tests.peers.wait import ARRIVAL_SECONDS, until
from tests.peers.witness import Witness

SENDER = "sender.example"
SERVICE = "pillarbox.test"


@dataclass
class Sending:
    """A node with a verified sender, and what its mail looks like from outside."""

    node: Node
    receiver: Witness
    settings: Mapping[str, str]
    sent: list[str] = field(default_factory=list)

    def send(self, configuration_set: str | None = None, api: str = "sesv2") -> tuple[str, str]:
        """Send a message to a recipient of its own: the recipient, the message's id."""
        to = f"to{len(self.sent)}@receiver.example"
        self.sent.append(to)
        chosen = {} if configuration_set is None else {"ConfigurationSetName": configuration_set}
        simple = {"Subject": {"Data": "s"}, "Body": {"Text": {"Data": "t"}}}
        answer = self.node.client(api).send_email(
            FromEmailAddress=f"me@{SENDER}",
            Destination={"ToAddresses": [to]},
            Content={"Simple": simple},
            **chosen,
        )
        return to, str(answer["MessageId"])

    def source(self, configuration_set: str | None = None, api: str = "sesv2") -> tuple[str, str]:
        """Send a message: the address it came from, and how that greeted."""
        seen = self.receiver.of(self.send(configuration_set, api)[0])
        return seen.source, seen.hello

    def waits(self, message_id: str) -> str:
        """The reply that a message waits with, once it has been tried."""
        found: list[Any] = []

        query = select(recipients.c.last_reply).where(
            recipients.c.message_id == row_id_of(message_id), recipients.c.last_reply.is_not(None)
        )

        engine = create_engine(_store_url(self.node))

        def there() -> bool:
            with engine.connect() as conn:
                found[:] = conn.execute(query).scalars()
            return bool(found)

        try:
            until(there, ARRIVAL_SECONDS, "the message to wait")
        finally:
            engine.dispose()
        return str(found[0])


def add_warm(node: Node, address: str, pool: str | None = None) -> None:
    """Add an address to a node, of the default account unless it is shared, and make it warm: what
    `ips add` does, without a process for each.
    """
    owner = None if pool == SHARED_POOL else DEFAULT_ACCOUNT
    helo = f"h{address[-1]}.{SERVICE}"
    new = NewAddress(
        address=address, helo=helo, node=node_name(node.data), account_id=owner, pool=pool
    )
    with _opened(node) as conn:
        add_address(conn, new, now=now_ms())
    if owner is not None:
        client = node.client("sesv2")
        client.put_dedicated_ip_warmup_attributes(Ip=address, WarmupPercentage=100)


def forget_addresses(node: Node) -> None:
    """Remove every address: what `ips remove` does, without a process for each."""
    with _opened(node) as conn:
        for one in list_stock(conn):
            remove_address(conn, one.address)


def _store_url(node: Node) -> str:
    own = f"sqlite:///{node.data / 'pillarbox.sqlite'}"
    return node.environment.get("PILLARBOX_STORE_URL", own)


@contextmanager
def _opened(node: Node) -> Iterator[Connection]:
    """A transaction in a node's store."""
    store = Store(_store_url(node))
    with closing(store), store.transaction() as conn:
        yield conn


@contextmanager
def sending_node(
    folder: Path, more: Mapping[str, str] | None = None, workers: int = 2
) -> Iterator[Sending]:
    """Run a node whose mail for receiver.example goes to a Witness."""
    with DnsZone() as zone, Witness() as receiver:
        zone.set("receiver.example", "MX", "10 mx.receiver.example")
        zone.set("mx.receiver.example", "A", "127.0.0.1")
        settings = DIRECT | {
            "PILLARBOX_SERVICE_DOMAIN": SERVICE,
            "PILLARBOX_DELIVER_SMTP_PORT": str(receiver.port),
            "PILLARBOX_DNS_RESOLVER": zone.address,
            **(more or {}),
        }
        with Node.start(folder, settings, workers) as node:
            zone.forward(SERVICE, node.dns_port)
            _verify(node, zone)
            yield Sending(node, receiver, settings)


def _verify(node: Node, zone: DnsZone) -> None:
    client = node.client("sesv2")
    made = client.create_email_identity(EmailIdentity=SENDER)
    for token in made["DkimAttributes"]["Tokens"]:
        zone.set(f"{token}._domainkey.{SENDER}", "CNAME", f"{token}.dkim.{SERVICE}")
    until(
        lambda: client.get_email_identity(EmailIdentity=SENDER)["VerifiedForSendingStatus"],
        ARRIVAL_SECONDS,
        f"{SENDER} to be verified",
    )
