"""Sending addresses through both APIs, as boto3 sees them."""

import itertools

import pytest

from pillarbox.base.clock import now_ms
from pillarbox.manage.addresses.stock import NewAddress, add_address, remove_address
from pillarbox.model.sending_address import SHARED_POOL
from tests.wire.calls import refused

_numbers = itertools.count(1)
DEFAULT = "ses-default-dedicated-pool"


@pytest.fixture(params=["v1", "v2"])
def client(request):
    """The account's client of each API in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture
def add(server, account):
    """Add an address that nobody has yet; its text."""

    def added(pool=None, account_id=account):
        number = next(_numbers)
        new = NewAddress(
            address=f"198.51.{number // 250}.{number % 250}",
            helo="a.mail.test",
            node="n",
            account_id=account_id,
            pool=pool,
        )
        with server.store.transaction() as conn:
            return add_address(conn, new, now=now_ms()).address

    return added


def listed(client, **arguments):
    return [one["Ip"] for one in client.get_dedicated_ips(**arguments)["DedicatedIps"]]


def test_a_new_address_is_in_the_default_pool_and_warms_up(client, add):
    address = add()
    expected = {
        "Ip": address,
        "WarmupStatus": "IN_PROGRESS",
        "WarmupPercentage": 0,
        "PoolName": DEFAULT,
    }
    assert client.get_dedicated_ip(Ip=address)["DedicatedIp"] == expected
    assert client.get_dedicated_ips()["DedicatedIps"] == [expected]


def test_without_auto_warmup_a_new_address_is_done(server, add):
    account = server.new_account(auto_warmup=False)
    address = add(account_id=account)
    found = server.client("sesv2", account).get_dedicated_ip(Ip=address)["DedicatedIp"]
    assert (found["WarmupStatus"], found["WarmupPercentage"]) == ("DONE", 100)


def test_an_address_is_moved_to_a_pool_and_back(client, add):
    address = add()
    client.create_dedicated_ip_pool(PoolName="a")
    for pool in ("a", DEFAULT):
        client.put_dedicated_ip_in_pool(Ip=address, DestinationPoolName=pool)
        assert client.get_dedicated_ip(Ip=address)["DedicatedIp"]["PoolName"] == pool
        assert listed(client, PoolName="a") == [address] * (pool == "a")
        assert listed(client, PoolName=DEFAULT) == [address] * (pool == DEFAULT)


@pytest.mark.parametrize(
    ("percentage", "status"),
    [(0, "IN_PROGRESS"), (1, "IN_PROGRESS"), (99, "IN_PROGRESS"), (100, "DONE")],
)
def test_a_percentage_is_shown_as_it_was_set(client, add, percentage, status):
    address = add()
    client.put_dedicated_ip_warmup_attributes(Ip=address, WarmupPercentage=percentage)
    found = client.get_dedicated_ip(Ip=address)["DedicatedIp"]
    assert (found["WarmupPercentage"], found["WarmupStatus"]) == (percentage, status)


def no_address(address):
    return (
        "NotFoundException",
        404,
        f"Could not find dedicated IP <{address}> under this account.",
    )


def test_what_is_not_the_accounts_is_not_found(server, client, add):
    other = add(account_id=server.new_account())
    shared = add(SHARED_POOL, None)
    client.create_dedicated_ip_pool(PoolName="a")
    for address in (other, shared, "192.0.2.255", "nonsense"):
        gone = no_address(address)
        assert refused(client.get_dedicated_ip, Ip=address) == gone
        put = client.put_dedicated_ip_in_pool
        assert refused(put, Ip=address, DestinationPoolName="a") == gone
        put = client.put_dedicated_ip_warmup_attributes
        assert refused(put, Ip=address, WarmupPercentage=50) == gone
    assert listed(client) == []


def test_the_parameter_is_looked_at_first_then_the_address_then_the_pool(client, add):
    put = client.put_dedicated_ip_in_pool
    assert refused(put, Ip="192.0.2.255") == (
        "BadRequestException",
        400,
        "Pool name can't be blank.",
    )
    assert refused(put, Ip="192.0.2.255", DestinationPoolName="no") == no_address("192.0.2.255")
    for pool in ("no", SHARED_POOL):
        assert refused(put, Ip=add(), DestinationPoolName=pool) == (
            "NotFoundException",
            404,
            f"The requested pool <{pool}> does not exist.",
        )


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "Warmup Percentage can't be null."),
        ({"WarmupPercentage": -1}, "Warmup Percentage must be between 0 and 100."),
        ({"WarmupPercentage": 101}, "Warmup Percentage must be between 0 and 100."),
    ],
)
def test_a_wrong_percentage_is_refused(client, add, arguments, text):
    put = client.put_dedicated_ip_warmup_attributes
    said = ("BadRequestException", 400, text)
    assert refused(put, Ip="192.0.2.255", **arguments) == said
    address = add()
    assert refused(put, Ip=address, **arguments) == said
    assert client.get_dedicated_ip(Ip=address)["DedicatedIp"]["WarmupPercentage"] == 0


def test_pages_are_sorted_and_whole(client, add):
    addresses = sorted(add() for _ in range(4))
    first = client.get_dedicated_ips(PageSize=3)
    assert listed(client, PageSize=3) == addresses[:3]
    assert listed(client, PageSize=3, NextToken=first["NextToken"]) == addresses[3:]


def test_a_pool_that_is_not_there_has_no_list(client, add):
    add()
    assert refused(client.get_dedicated_ips, PoolName="no") == (
        "NotFoundException",
        404,
        "The requested pool <no> does not exist.",
    )
    assert listed(client, PoolName=SHARED_POOL) == []


def test_an_address_goes_by_any_of_its_spellings(server, account, client):
    new = NewAddress(address="2001:DB8::1", helo="a.mail.test", node="n", account_id=account)
    with server.store.transaction() as conn:
        add_address(conn, new, now=0)
    found = client.get_dedicated_ip(Ip="2001:db8:0:0:0:0:0:1")["DedicatedIp"]
    assert found["Ip"] == "2001:db8::1"
    with server.store.transaction() as conn:
        remove_address(conn, "2001:db8::1")
