"""From which address mail leaves, as the receiver sees it: before and after each change."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.e2e.conftest import assert_ended_well
from tests.e2e.letters import simple
from tests.peers.dns_zone import DnsZone
from tests.peers.node import DIRECT, Node
from tests.peers.wait import until
from tests.peers.witness import Witness

SENDER = "sender.example"
TWO, THREE, FOUR = ("127.0.0.2", "127.0.0.3", "127.0.0.4")


@dataclass
class Sending:
    """A node that sends from loopback addresses, and the receiver that sees from which."""

    node: Node
    receiver: Witness
    sent: int = 0

    def send(self, configuration_set: str | None = None, api: str = "sesv2") -> tuple[str, str]:
        """Send a message to a recipient of its own: the recipient, the message's id."""
        self.sent += 1
        to = f"to{self.sent}@receiver.example"
        chosen = {} if configuration_set is None else {"ConfigurationSetName": configuration_set}
        answer = self.node.client(api).send_email(**simple(f"me@{SENDER}", to), **chosen)
        return to, str(answer["MessageId"])

    def source(self, configuration_set: str | None = None, api: str = "sesv2") -> tuple[str, str]:
        """Send a message: the address it came from, and how that greeted."""
        seen = self.receiver.of(self.send(configuration_set, api)[0])
        return seen.source, seen.hello

    def add(self, address: str, *arguments: str) -> None:
        """Add a warm address of the default account."""
        helo = f"h{address[-1]}.pillarbox.test"
        self.node.run("ips", "add", address, "--helo", helo, *arguments)
        if "ses-shared-pool" not in arguments:
            client = self.node.client("sesv2")
            client.put_dedicated_ip_warmup_attributes(Ip=address, WarmupPercentage=100)


@pytest.fixture(scope="module")
def sending(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sending]:
    with DnsZone() as zone, Witness() as receiver:
        zone.set("receiver.example", "MX", "10 mx.receiver.example")
        zone.set("mx.receiver.example", "A", "127.0.0.1")
        settings = DIRECT | {
            "PILLARBOX_SERVICE_DOMAIN": "pillarbox.test",
            "PILLARBOX_DELIVER_SMTP_PORT": str(receiver.port),
            "PILLARBOX_DNS_RESOLVER": zone.address,
        }
        with Node.start(tmp_path_factory.mktemp("pools"), settings) as node:
            zone.forward("pillarbox.test", node.dns_port)
            client = node.client("sesv2")
            made = client.create_email_identity(EmailIdentity=SENDER)
            for token in made["DkimAttributes"]["Tokens"]:
                name = f"{token}._domainkey.{SENDER}"
                zone.set(name, "CNAME", f"{token}.dkim.pillarbox.test")
            until(
                lambda: client.get_email_identity(EmailIdentity=SENDER)["VerifiedForSendingStatus"],
                20,
                "the sender to be verified",
            )
            yield Sending(node, receiver)
        assert_ended_well(node)


@pytest.fixture
def client(sending: Sending) -> Iterator[object]:
    """SES v2; whatever addresses, pools and sets a test makes are gone after it."""
    made = sending.node.client("sesv2")
    yield made
    for one in sending.node.run("ips", "list", "--json"):
        sending.node.run("ips", "remove", one["address"])
    for name in made.list_dedicated_ip_pools()["DedicatedIpPools"]:
        made.delete_dedicated_ip_pool(PoolName=name)
    for name in made.list_configuration_sets()["ConfigurationSets"]:
        made.delete_configuration_set(ConfigurationSetName=name)


def make_set(client, name, pool):
    client.create_configuration_set(
        ConfigurationSetName=name, DeliveryOptions={"SendingPoolName": pool}
    )


def test_mail_leaves_as_before_until_an_address_is_added(sending, client):
    assert sending.source() == ("127.0.0.1", "mta.pillarbox.test")
    sending.add(TWO, "--pool", "ses-shared-pool")
    assert sending.source() == (TWO, "h2.pillarbox.test")
    sending.add(THREE)
    assert sending.source() == (THREE, "h3.pillarbox.test")


@pytest.mark.parametrize("api", ["pinpoint-email", "sesv2"])
def test_put_dedicated_ip_in_pool_decides_from_where_mail_leaves(sending, client, api):
    caller = sending.node.client(api)
    for pool in ("a", "b"):
        caller.create_dedicated_ip_pool(PoolName=pool)
        make_set(caller, f"in-{pool}", pool)
    sending.add(TWO, "--pool", "a")
    sending.add(THREE, "--pool", "b")
    assert sending.source("in-a", api) == (TWO, "h2.pillarbox.test")
    assert sending.source("in-b", api) == (THREE, "h3.pillarbox.test")
    sending.add(FOUR, "--pool", "b")
    caller.put_dedicated_ip_in_pool(Ip=THREE, DestinationPoolName="a")
    caller.put_dedicated_ip_in_pool(Ip=TWO, DestinationPoolName="ses-default-dedicated-pool")
    assert sending.source("in-a", api) == (THREE, "h3.pillarbox.test")
    assert sending.source("in-b", api) == (FOUR, "h4.pillarbox.test")
    assert sending.source(None, api) == (TWO, "h2.pillarbox.test")


def test_mail_for_an_empty_pool_waits_and_says_so_then_a_deleted_ones_too(sending, client):
    client.create_dedicated_ip_pool(PoolName="a")
    make_set(client, "in-a", "a")
    sending.add(TWO)
    to, message_id = sending.send("in-a")
    assert waiting(sending, message_id) == "451 4.3.5 There is no address in pool a"
    client.delete_dedicated_ip_pool(PoolName="a")
    other, other_id = sending.send("in-a")
    assert waiting(sending, other_id) == "451 4.3.5 There is no address in pool a"
    assert not {to, other} & {one.recipient for one in sending.receiver.seen}
    assert [one["eventType"] for one in sending.node.events(message_id)] == ["Send"]


def waiting(sending, message_id):
    """The reply that a message waits with."""
    found: list[str] = []

    def there() -> bool:
        found[:] = replies(sending.node, message_id)
        return bool(found)

    until(there, 20, "the message to wait")
    return found[0]


def replies(node, message_id):
    import sqlalchemy
    from sqlalchemy import select

    from pillarbox.base.ids import row_id_of
    from pillarbox.store.tables import recipients

    engine = sqlalchemy.create_engine(f"sqlite:///{node.data / 'pillarbox.sqlite'}")
    query = select(recipients.c.last_reply).where(
        recipients.c.message_id == row_id_of(message_id), recipients.c.last_reply.is_not(None)
    )
    with engine.connect() as conn:
        found = list(conn.execute(query).scalars())
    engine.dispose()
    return found


def test_the_addresses_of_a_pool_share_its_mail(sending, client):
    client.create_dedicated_ip_pool(PoolName="a")
    make_set(client, "in-a", "a")
    for address in (TWO, THREE):
        sending.add(address, "--pool", "a")
    seen = {sending.source("in-a") for _ in range(20)}
    assert seen == {(TWO, "h2.pillarbox.test"), (THREE, "h3.pillarbox.test")}


def test_an_address_that_can_not_be_bound_sends_nothing_by_another_one(sending, client):
    client.create_dedicated_ip_pool(PoolName="a")
    make_set(client, "in-a", "a")
    sending.add(TWO)
    sending.add("192.0.2.77", "--pool", "a")
    to, message_id = sending.send("in-a")
    assert "4.4.1" in waiting(sending, message_id)
    assert to not in {one.recipient for one in sending.receiver.seen}


def test_a_warm_up_holds_back_what_is_over_its_day(sending, client):
    client.create_dedicated_ip_pool(PoolName="a")
    make_set(client, "in-a", "a")
    sending.node.run("ips", "add", TWO, "--helo", "h2.pillarbox.test", "--pool", "a")
    ids = [sending.send("in-a") for _ in range(55)]
    held = [one for one in ids if not arrived_or_waits(sending, *one)]
    assert len(held) == 5
    (shown,) = sending.node.run("ips", "list", "--json")
    assert (shown["day_limit"], shown["taken_today"]) == (50, 50)
    client.put_dedicated_ip_warmup_attributes(Ip=TWO, WarmupPercentage=100)
    assert sending.source("in-a") == (TWO, "h2.pillarbox.test")


def arrived_or_waits(sending, to, message_id):
    """Whether a message has arrived, once it has arrived or waits."""

    def arrived() -> bool:
        return any(one.recipient == to for one in sending.receiver.seen)

    until(lambda: arrived() or replies(sending.node, message_id), 20, f"news of {message_id}")
    return arrived()
