"""Dedicated IP pools through both APIs, as boto3 sees them."""

import pytest

from pillarbox.manage.addresses import dedicated_pools
from pillarbox.manage.addresses.stock import NewAddress, add_address
from tests.wire.calls import refused, with_body, without_metadata

NAMES = [f"pool-{number}" for number in range(4)]
RESERVED = ["ses-default-dedicated-pool", "ses-shared-pool"]
BROKEN_NAME = (
    "Invalid pool name <A.b>: only lowercase alphanumeric ASCII characters, '_', and '-' are "
    "allowed."
)
NOT_MADE = (
    "BadRequestException",
    400,
    "Pool name describes either a shared or default dedicated ip pool",
)


@pytest.fixture(params=["v1", "v2"])
def client(request):
    """The account's client of each API in turn."""
    return request.getfixturevalue(request.param)


def test_a_pool_is_made_listed_and_deleted(client):
    client.create_dedicated_ip_pool(PoolName="a", Tags=[{"Key": "k", "Value": "v"}])
    assert client.list_dedicated_ip_pools()["DedicatedIpPools"] == ["a"]
    client.delete_dedicated_ip_pool(PoolName="a")
    assert client.list_dedicated_ip_pools()["DedicatedIpPools"] == []


@pytest.mark.parametrize("mode", [{}, {"ScalingMode": "STANDARD"}])
def test_v2_shows_a_pool(v2, mode):
    v2.create_dedicated_ip_pool(PoolName="a", **mode)
    v2.put_dedicated_ip_pool_scaling_attributes(PoolName="a", ScalingMode="STANDARD")
    assert v2.get_dedicated_ip_pool(PoolName="a")["DedicatedIpPool"] == {
        "PoolName": "a",
        "ScalingMode": "STANDARD",
    }


def test_v1_does_not_know_scaling(v1, v2):
    with with_body(v1, {"PoolName": "a", "ScalingMode": "MANAGED"}):
        v1.create_dedicated_ip_pool(PoolName="a")
    assert v2.get_dedicated_ip_pool(PoolName="a")["DedicatedIpPool"]["ScalingMode"] == "STANDARD"


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({}, "Pool name can't be blank."),
        ({"PoolName": " "}, "Pool name can't be blank."),
        ({"PoolName": "a" * 65}, "Pool name cannot exceed 64 characters."),
        ({"PoolName": "A.b"}, BROKEN_NAME),
        (
            {"PoolName": "a", "Tags": [{"Key": "aws:k", "Value": "v"}]},
            "Invalid tag key <aws:k>: the prefix aws: is reserved.",
        ),
    ],
)
def test_what_is_wrong_is_refused_and_leaves_nothing(client, arguments, text):
    assert refused(client.create_dedicated_ip_pool, **arguments) == (
        "BadRequestException",
        400,
        text,
    )
    assert client.list_dedicated_ip_pools()["DedicatedIpPools"] == []


@pytest.mark.parametrize(
    ("mode", "text"),
    [
        ("SOME", "The ScalingMode parameter is invalid."),
        ("MANAGED", "ScalingMode MANAGED is not supported: addresses are added by hand."),
    ],
)
def test_v2_refuses_a_mode_it_has_not(v2, mode, text):
    said = ("BadRequestException", 400, text)
    assert refused(v2.create_dedicated_ip_pool, PoolName="a", ScalingMode=mode) == said
    v2.create_dedicated_ip_pool(PoolName="a")
    put = v2.put_dedicated_ip_pool_scaling_attributes
    assert refused(put, PoolName="a", ScalingMode=mode) == said


def test_a_name_is_given_once(client):
    client.create_dedicated_ip_pool(PoolName="a")
    for name in ("a", *RESERVED):
        assert refused(client.create_dedicated_ip_pool, PoolName=name) == (
            "AlreadyExistsException",
            400,
            f"The pool <{name}> already exists.",
        )


def test_there_is_a_limit(client, monkeypatch):
    monkeypatch.setattr(dedicated_pools, "MAX_POOLS", 1)
    client.create_dedicated_ip_pool(PoolName="a")
    assert refused(client.create_dedicated_ip_pool, PoolName="b")[:2] == (
        "LimitExceededException",
        400,
    )


def test_what_is_not_there_is_not_found(client, v2):
    gone = ("NotFoundException", 404, "The requested pool <a> does not exist.")
    assert refused(client.delete_dedicated_ip_pool, PoolName="a") == gone
    assert refused(v2.get_dedicated_ip_pool, PoolName="a") == gone
    put = v2.put_dedicated_ip_pool_scaling_attributes
    assert refused(put, PoolName="a", ScalingMode="STANDARD") == gone


@pytest.mark.parametrize("name", RESERVED)
def test_a_pool_that_was_not_made_is_neither_shown_nor_deleted(client, v2, name):
    assert refused(client.delete_dedicated_ip_pool, PoolName=name) == NOT_MADE
    assert refused(v2.get_dedicated_ip_pool, PoolName=name) == NOT_MADE
    assert client.list_dedicated_ip_pools()["DedicatedIpPools"] == []


def test_the_addresses_of_a_deleted_pool_fall_back_to_the_default_one(server, account, client):
    client.create_dedicated_ip_pool(PoolName="a")
    address = f"192.0.2.{int(account[-3:]) % 250}"
    new = NewAddress(address=address, helo="a.mail.test", node="n", account_id=account, pool="a")
    with server.store.transaction() as conn:
        add_address(conn, new, now=0)
    client.delete_dedicated_ip_pool(PoolName="a")
    found = client.get_dedicated_ip(Ip=address)["DedicatedIp"]
    assert found["PoolName"] == "ses-default-dedicated-pool"


def test_pages_are_sorted_and_whole(client):
    for name in reversed(NAMES):
        client.create_dedicated_ip_pool(PoolName=name)
    first = client.list_dedicated_ip_pools(PageSize=3)
    second = client.list_dedicated_ip_pools(PageSize=3, NextToken=first["NextToken"])
    assert first["DedicatedIpPools"] + second["DedicatedIpPools"] == NAMES
    assert "NextToken" not in second


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"PageSize": 0}, "The page size must be between 1 and 1000"),
        ({"PageSize": 1001}, "The page size must be between 1 and 1000"),
        ({"NextToken": "nonsense"}, "invalid nextToken nonsense"),
    ],
)
@pytest.mark.parametrize(
    "call", ["list_dedicated_ip_pools", "get_dedicated_ips", "list_deliverability_test_reports"]
)
def test_wrong_pages_are_refused(client, call, arguments, text):
    assert refused(getattr(client, call), **arguments) == ("BadRequestException", 400, text)


def test_a_token_is_its_own_lists_alone(client):
    for name in NAMES:
        client.create_dedicated_ip_pool(PoolName=name)
    token = client.list_dedicated_ip_pools(PageSize=1)["NextToken"]
    text = f"invalid nextToken {token}"
    assert refused(client.get_dedicated_ips, NextToken=token)[2] == text


def test_an_account_sees_its_own_pools_alone(server, client):
    client.create_dedicated_ip_pool(PoolName="a")
    other = server.client("sesv2", server.new_account())
    assert without_metadata(other.list_dedicated_ip_pools()) == {"DedicatedIpPools": []}
    assert refused(other.delete_dedicated_ip_pool, PoolName="a")[1] == 404
