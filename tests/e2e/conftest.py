"""Running nodes for the whole session; tests keep apart by the names they use."""

import contextlib
import itertools
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlalchemy
from sqlalchemy import select

from pillarbox.base.ids import row_id_of
from pillarbox.model.queued import QUEUED
from pillarbox.store.tables import recipients
from tests.peers import postfix
from tests.peers.certificate import write_certificate
from tests.peers.dns_zone import DnsZone
from tests.peers.node import DIRECT, SECRET, Node
from tests.peers.postfix_mx import PostfixMx, postfix_mx
from tests.peers.wait import ARRIVAL_SECONDS, until

#: Several waits of `ARRIVAL_SECONDS` and the start of a node fit into a test.
LIMIT_SECONDS = 5 * ARRIVAL_SECONDS
SERVICE, RECEIVER, SECOND = "pillarbox.test", "receiver.example", "second.example"
HERE = Path(__file__).parent
_numbers = itertools.count(1)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the tests of this folder time for their waits; none takes it while all is well."""
    for item in items:
        if item.path.is_relative_to(HERE) and item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(LIMIT_SECONDS))


@pytest.fixture
def domain() -> str:
    """A domain that no other test uses."""
    return f"d{next(_numbers)}.example"


@pytest.fixture
def dead() -> str:
    """A loopback address where nobody listens and that no other test uses.

    A node remembers who could not be reached, and answers for them without trying.
    """
    number = next(_numbers)
    return f"127.9.{number // 250}.{number % 250 + 1}"


@pytest.fixture(scope="session")
def capture(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node of two workers in capture mode: mail ends in a mailbox on disk."""
    with Node.start(tmp_path_factory.mktemp("capture")) as node:
        yield node
    assert_ended_well(node)


def assert_ended_well(node: Node) -> None:
    """It ended when it was told to, nothing broke on the way, and no secret is in its log."""
    log = node.log.read_text()
    assert node.process.returncode == 0, log
    assert "Traceback" not in log, log
    assert SECRET not in log


@dataclass(frozen=True)
class World:
    """A node that delivers, the DNS it asks, and the MX that Postfix is for receiver.example."""

    node: Node
    zone: DnsZone
    mx: PostfixMx
    service: str = SERVICE

    def verify(self, domain: str) -> None:
        """Create an identity unless there is one, set its records, wait until the node saw them."""
        client = self.node.client("sesv2")
        with contextlib.suppress(client.exceptions.AlreadyExistsException):
            client.create_email_identity(EmailIdentity=domain)
        created = client.get_email_identity(EmailIdentity=domain)
        for token in created["DkimAttributes"]["Tokens"]:
            name, target = f"{token}._domainkey.{domain}", f"{token}.dkim.{self.service}"
            self.zone.set(name, "CNAME", target)
        until(
            lambda: client.get_email_identity(EmailIdentity=domain)["VerifiedForSendingStatus"],
            ARRIVAL_SECONDS,
            f"{domain} to be verified",
        )

    def waiting(self, message_id: str) -> list[tuple[str, int, str]]:
        """Who is still queued, with the attempts made and the last reply: as the store has it."""
        engine = sqlalchemy.create_engine(f"sqlite:///{self.node.data / 'pillarbox.sqlite'}")
        columns = (recipients.c.address, recipients.c.attempts, recipients.c.last_reply)
        query = select(*columns).where(
            recipients.c.message_id == row_id_of(message_id), recipients.c.state == QUEUED
        )
        try:
            with engine.connect() as conn:
                return [tuple(row) for row in conn.execute(query)]
        finally:
            engine.dispose()

    def arrived(self, user: str, message_id: str) -> bytes:
        """The one copy of a message in a user's mailbox, as Postfix keeps it."""
        found: list[bytes] = []

        def there() -> bool:
            found[:] = [one for one in self.mx.delivered(user) if message_id.encode() in one]
            return bool(found)

        until(there, ARRIVAL_SECONDS, f"{message_id} in the mailbox of {user}")
        (copy,) = found
        return copy


@pytest.fixture(scope="session")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """The world in which mail is delivered."""
    if not postfix.available():
        pytest.skip("needs Debian's postfix, and root to start it")
    with DnsZone() as zone, postfix_mx(RECEIVER, SECOND) as mx:
        zone.set(RECEIVER, "MX", f"10 mx.{RECEIVER}")
        zone.set(f"mx.{RECEIVER}", "A", "127.0.0.1")
        settings = DIRECT | {
            "PILLARBOX_SERVICE_DOMAIN": SERVICE,
            "PILLARBOX_DELIVER_SMTP_PORT": str(mx.port),
            "PILLARBOX_DNS_RESOLVER": zone.address,
        }
        with Node.start(tmp_path_factory.mktemp("direct"), settings) as node:
            zone.forward(SERVICE, node.dns_port)
            yield World(node, zone, mx)
        assert_ended_well(node)


@pytest.fixture(scope="session")
def server_tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """TLS as a receiving server has it, with a certificate nobody vouches for."""
    file = tmp_path_factory.mktemp("tls") / "mx.pem"
    write_certificate(file, "mx1.there.example")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    return context
