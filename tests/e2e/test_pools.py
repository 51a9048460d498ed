"""From which address mail leaves, as the receiver sees it: before and after each change."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import assert_ended_well
from tests.peers.node import Node
from tests.peers.sending import Sending, add_warm, forget_addresses, sending_node
from tests.peers.wait import ARRIVAL_SECONDS, same_day, until

# Each test starts some commands, and waits more than once.
pytestmark = pytest.mark.timeout(4 * ARRIVAL_SECONDS)
TWO, THREE, FOUR = ("127.0.0.2", "127.0.0.3", "127.0.0.4")
FROM_TWO, FROM_THREE, FROM_FOUR = ((f"127.0.0.{n}", f"h{n}.pillarbox.test") for n in (2, 3, 4))
FROM_SYSTEM = ("127.0.0.1", "mta.pillarbox.test")
EMPTY = "451 4.3.5 There is no address in pool a"


@pytest.fixture(scope="module")
def sending(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sending]:
    with sending_node(tmp_path_factory.mktemp("pools")) as started:
        yield started
    assert_ended_well(started.node)


@pytest.fixture
def client(sending: Sending) -> Iterator[object]:
    """SES v2; after a test its addresses, pools and sets are gone, and new addresses warm up."""
    made = sending.node.client("sesv2")
    yield made
    made.put_account_dedicated_ip_warmup_attributes(AutoWarmupEnabled=True)
    forget_addresses(sending.node)
    for name in made.list_dedicated_ip_pools()["DedicatedIpPools"]:
        made.delete_dedicated_ip_pool(PoolName=name)
    for name in made.list_configuration_sets()["ConfigurationSets"]:
        made.delete_configuration_set(ConfigurationSetName=name)


def make_set(client, name, pool):
    client.create_configuration_set(
        ConfigurationSetName=name, DeliveryOptions={"SendingPoolName": pool}
    )


def test_mail_leaves_as_before_until_an_address_is_added(sending, client):
    assert sending.source() == FROM_SYSTEM
    add_warm(sending.node, TWO, "ses-shared-pool")
    assert sending.source() == FROM_TWO
    add_warm(sending.node, THREE)
    assert sending.source() == FROM_THREE


def test_an_address_has_the_reputation_of_what_left_by_it_also_behind_a_nat(sending, client):
    client.put_account_dedicated_ip_warmup_attributes(AutoWarmupEnabled=False)
    public, name = "203.0.113.9", "h2.pillarbox.test"
    sending.node.run("ips", "add", public, "--helo", name, "--bind", TWO)
    assert sending.source() == FROM_TWO

    def seen() -> dict[str, int]:
        (shown,) = sending.node.run("reputation", "--json")
        return {one["name"]: one["sent"] for one in shown["parts"] if one["scope"] == "ip"}

    until(lambda: public in seen(), ARRIVAL_SECONDS, "the mail to be counted for its address")


@pytest.mark.parametrize("api", ["pinpoint-email", "sesv2"])
def test_put_dedicated_ip_in_pool_decides_from_where_mail_leaves(sending, client, api):
    caller = sending.node.client(api)
    for pool in ("a", "b"):
        caller.create_dedicated_ip_pool(PoolName=pool)
        make_set(caller, f"in-{pool}", pool)
    add_warm(sending.node, TWO, "a")
    add_warm(sending.node, THREE, "b")
    assert sending.source("in-a", api) == FROM_TWO
    assert sending.source("in-b", api) == FROM_THREE
    add_warm(sending.node, FOUR, "b")
    caller.put_dedicated_ip_in_pool(Ip=THREE, DestinationPoolName="a")
    caller.put_dedicated_ip_in_pool(Ip=TWO, DestinationPoolName="ses-default-dedicated-pool")
    assert sending.source("in-a", api) == FROM_THREE
    assert sending.source("in-b", api) == FROM_FOUR
    assert sending.source(None, api) == FROM_TWO


@pytest.mark.parametrize("api", ["pinpoint-email", "sesv2"])
def test_put_delivery_options_decides_from_where_mail_leaves(sending, client, api):
    caller = sending.node.client(api)
    caller.create_configuration_set(ConfigurationSetName="s")
    for pool, address in (("a", TWO), ("b", THREE)):
        caller.create_dedicated_ip_pool(PoolName=pool)
        add_warm(sending.node, address, pool)
    assert sending.source("s", api) == FROM_SYSTEM
    for pool, source in (("a", FROM_TWO), ("b", FROM_THREE), ("ses-shared-pool", FROM_SYSTEM)):
        caller.put_configuration_set_delivery_options(
            ConfigurationSetName="s", SendingPoolName=pool
        )
        assert sending.source("s", api) == source


@pytest.mark.parametrize("api", ["pinpoint-email", "sesv2"])
def test_auto_warmup_decides_for_new_addresses_alone(sending, client, api):
    caller = sending.node.client(api)
    put = caller.put_account_dedicated_ip_warmup_attributes
    for address, enabled in ((TWO, True), (THREE, False), (FOUR, True)):
        put(AutoWarmupEnabled=enabled)
        sending.node.run("ips", "add", address, "--helo", "h.pillarbox.test")
    found = caller.get_dedicated_ips()["DedicatedIps"]
    assert [one["WarmupStatus"] for one in found] == ["IN_PROGRESS", "DONE", "IN_PROGRESS"]


def test_mail_for_an_empty_or_deleted_pool_waits_until_there_is_an_address(sending, client):
    client.create_dedicated_ip_pool(PoolName="a")
    make_set(client, "in-a", "a")
    add_warm(sending.node, TWO)
    first, first_id = sending.send("in-a")
    assert sending.waits(first_id) == EMPTY
    client.delete_dedicated_ip_pool(PoolName="a")
    second, second_id = sending.send("in-a")
    assert sending.waits(second_id) == EMPTY
    assert not {first, second} & {one.recipient for one in sending.receiver.seen}
    assert [one["eventType"] for one in sending.node.events(first_id)] == ["Send"]

    def queued() -> list[tuple[str, int]]:
        shown = sending.node.run("queue", "list", "--json")
        return [(one["pool"], one["recipients"]) for one in shown]

    until(lambda: queued() == [("a", 2)], ARRIVAL_SECONDS, "both to be all that waits")
    client.create_dedicated_ip_pool(PoolName="a")
    client.put_dedicated_ip_in_pool(Ip=TWO, DestinationPoolName="a")
    assert {sending.receiver.of(to).source for to in (first, second)} == {TWO}


def test_the_addresses_of_a_pool_share_its_mail(sending, client):
    client.create_dedicated_ip_pool(PoolName="a")
    make_set(client, "in-a", "a")
    for address in (TWO, THREE):
        add_warm(sending.node, address, "a")
    seen = {sending.source("in-a") for _ in range(20)}
    assert seen == {FROM_TWO, FROM_THREE}


def test_an_address_that_can_not_be_bound_sends_nothing_by_another_one(sending, client):
    client.create_dedicated_ip_pool(PoolName="a")
    make_set(client, "in-a", "a")
    add_warm(sending.node, TWO)
    sending.node.run("ips", "add", "192.0.2.77", "--helo", "h.pillarbox.test", "--pool", "a")
    to, message_id = sending.send("in-a")
    assert "4.4.1" in sending.waits(message_id)

    def taken() -> list[int]:
        return [one["taken_today"] for one in sending.node.run("ips", "list", "--json")]

    until(lambda: taken() == [0, 0], ARRIVAL_SECONDS, "what reached nobody to be given back")
    assert to not in {one.recipient for one in sending.receiver.seen}
    sending.node.run("queue", "cancel", "--all", "--yes")


def test_a_warm_up_holds_back_what_is_over_its_day(sending, client):
    same_day(100)
    client.create_dedicated_ip_pool(PoolName="a")
    make_set(client, "in-a", "a")
    sending.node.run("ips", "add", TWO, "--helo", "h2.pillarbox.test", "--pool", "a")
    sent = [sending.send("in-a") for _ in range(53)]
    arrived = {one.recipient for one in sending.receiver.seen}

    def fifty() -> bool:
        arrived.update(one.recipient for one in sending.receiver.seen)
        return sum(to in arrived for to, _ in sent) == 50

    until(fifty, ARRIVAL_SECONDS, "50 messages to arrive")
    late = [message_id for to, message_id in sent if to not in arrived]
    assert {sending.waits(one) for one in late} == {
        "451 4.3.5 The addresses of pool a warm up and sent enough today"
    }
    (shown,) = sending.node.run("ips", "list", "--json")
    assert (shown["day_limit"], shown["taken_today"]) == (50, 50)
    client.put_dedicated_ip_warmup_attributes(Ip=TWO, WarmupPercentage=100)
    assert {sending.receiver.of(to).source for to, _ in sent} == {TWO}


def test_of_two_nodes_each_sends_the_mail_of_its_own_addresses(
    tmp_path: Path, postgres_url: str
) -> None:
    stores = {"PILLARBOX_STORE_URL": postgres_url}
    with sending_node(tmp_path / "one", stores, 1) as sending:
        key = (sending.node.data / "master.key").read_text().strip()
        settings = {**sending.settings, "PILLARBOX_MASTER_KEY": key}
        with Node.start(tmp_path / "two", settings, 1) as other:
            client = sending.node.client("sesv2")
            for node, pool, address in ((sending.node, "a", TWO), (other, "b", THREE)):
                client.create_dedicated_ip_pool(PoolName=pool)
                make_set(client, f"in-{pool}", pool)
                add_warm(node, address, pool)
            add_warm(other, FOUR, "ses-shared-pool")
            for _ in range(3):
                assert sending.source("in-a") == FROM_TWO
                assert sending.source("in-b") == FROM_THREE
                assert sending.source() == FROM_FOUR
        assert_ended_well(other)
    assert_ended_well(sending.node)
