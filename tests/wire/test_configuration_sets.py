"""Configuration sets through botocore, in both APIs."""

import datetime as dt

import pytest
from sqlalchemy import insert, update

from pillarbox.store.tables import dedicated_ip_pools, event_destinations, identities
from tests.wire.calls import refused, with_body, without_metadata

FRESH = dt.datetime(2026, 1, 5, 10, 0, 0, 250000, tzinfo=dt.UTC)


@pytest.fixture
def verified(server, account, v2):
    """A verified domain and a pending one."""
    for name in ("example.com", "pending.example"):
        v2.create_email_identity(EmailIdentity=name)
    with server.store.transaction() as conn:
        conn.execute(
            update(identities)
            .where(identities.c.account_id == account, identities.c.name == "example.com")
            .values(status="SUCCESS")
        )


@pytest.fixture
def pool(server, account):
    row = {"account_id": account, "name": "fast", "created_at": 0, "scaling_mode": "STANDARD"}
    with server.store.transaction() as conn:
        conn.execute(insert(dedicated_ip_pools).values(**row, tags="[]"))


@pytest.mark.parametrize(("api", "metrics"), [("v1", False), ("v2", True)])
def test_defaults_are_those_of_the_api(request, api, metrics):
    client = request.getfixturevalue(api)
    client.create_configuration_set(ConfigurationSetName="plain")
    assert without_metadata(client.get_configuration_set(ConfigurationSetName="plain")) == {
        "ConfigurationSetName": "plain",
        "ReputationOptions": {"ReputationMetricsEnabled": metrics},
        "SendingOptions": {"SendingEnabled": True},
        "Tags": [],
    }


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_what_is_set_is_shown(request, verified, pool, api):
    client = request.getfixturevalue(api)
    whole = {
        "ConfigurationSetName": "whole",
        "TrackingOptions": {"CustomRedirectDomain": "click.example.com"},
        "DeliveryOptions": {"TlsPolicy": "REQUIRE", "SendingPoolName": "fast"},
        "ReputationOptions": {"ReputationMetricsEnabled": True, "LastFreshStart": FRESH},
        "SendingOptions": {"SendingEnabled": False},
        "Tags": [{"Key": "b", "Value": "1"}, {"Key": "a", "Value": ""}],
    }
    if api == "v2":
        whole["TrackingOptions"]["HttpsPolicy"] = "REQUIRE"
        whole["DeliveryOptions"]["MaxDeliverySeconds"] = 300
        whole["SuppressionOptions"] = {"SuppressedReasons": ["BOUNCE"]}
    client.create_configuration_set(**whole)
    assert without_metadata(client.get_configuration_set(ConfigurationSetName="whole")) == whole


def test_v1_leaves_out_what_only_v2_knows(v1, v2, verified):
    v2.create_configuration_set(
        ConfigurationSetName="a",
        TrackingOptions={"CustomRedirectDomain": "example.com", "HttpsPolicy": "REQUIRE"},
        SuppressionOptions={"SuppressedReasons": []},
    )
    answer = v1.get_configuration_set(ConfigurationSetName="a")
    assert answer["TrackingOptions"] == {"CustomRedirectDomain": "example.com"}
    assert "SuppressionOptions" not in answer


def test_v1_ignores_what_only_v2_knows_even_when_it_is_wrong(v1, v2, verified):
    tracking = {"CustomRedirectDomain": "example.com", "HttpsPolicy": 5}
    with with_body(v1, {"ConfigurationSetName": "a", "TrackingOptions": tracking}):
        v1.create_configuration_set(ConfigurationSetName="a")
    assert v2.get_configuration_set(ConfigurationSetName="a")["TrackingOptions"] == {
        "CustomRedirectDomain": "example.com"
    }


def test_options_without_their_member_mean_false(v2):
    v2.create_configuration_set(ConfigurationSetName="a", SendingOptions={}, ReputationOptions={})
    answer = v2.get_configuration_set(ConfigurationSetName="a")
    assert answer["SendingOptions"] == {"SendingEnabled": False}
    assert answer["ReputationOptions"] == {"ReputationMetricsEnabled": False}


LONG = "a" * 65
ONE_ERROR = "1 validation error detected: Value at '{}' failed to satisfy constraint: {}"
REFUSED = [
    ({}, "The configuration set name must be specified."),
    ({"ConfigurationSetName": ""}, "The configuration set name must be specified."),
    ({"ConfigurationSetName": LONG + "."}, "Configuration set name cannot exceed 64 characters."),
    ({"ConfigurationSetName": "a.b"},
     ("Invalid configuration set name <a.b>: only alphanumeric ASCII characters, '_', and '-' are "
     "allowed.")),
    ({"ConfigurationSetName": "ü"},
     ("Invalid configuration set name <ü>: only alphanumeric ASCII characters, '_', and '-' are "
     "allowed.")),
    ({"ConfigurationSetName": "a", "DeliveryOptions": {"SendingPoolName": " "}},
     "sendingPoolName can't be blank."),
    ({"ConfigurationSetName": "a", "DeliveryOptions": {"SendingPoolName": "none"}},
     "SendingPool <none> doesn't exist"),
    ({"ConfigurationSetName": "a", "DeliveryOptions": {"TlsPolicy": "MAYBE"}},
     ONE_ERROR.format("deliveryOptions.tlsPolicy",
                      "Member must satisfy enum value set: [OPTIONAL, REQUIRE]")),
    ({"ConfigurationSetName": "a", "TrackingOptions": {}},
     "CustomRedirectDomain must be specified."),
    ({"ConfigurationSetName": "a", "TrackingOptions": {"CustomRedirectDomain": " "}},
     "CustomRedirectDomain must be specified."),
    ({"ConfigurationSetName": "a", "TrackingOptions": {"CustomRedirectDomain": "x.example"}},
     "Domain <x.example> is not verified under this account."),
    ({"ConfigurationSetName": "a", "TrackingOptions": {"CustomRedirectDomain": "pending.example"}},
     "Domain <pending.example> is not verified under this account."),
    ({"ConfigurationSetName": "a", "TrackingOptions": {"CustomRedirectDomain": "no domain"}},
     "Domain <no domain> is not verified under this account."),
    ({"ConfigurationSetName": "a", "Tags": [{"Key": "", "Value": "x"}]},
     ONE_ERROR.format("tags.1.member.key", "Member must have length greater than or equal to 1")),
    ({"ConfigurationSetName": "a", "Tags": [{"Key": "k" * 129, "Value": "x"}]},
     ONE_ERROR.format("tags.1.member.key", "Member must have length less than or equal to 128")),
    ({"ConfigurationSetName": "a", "Tags": [{"Key": "k", "Value": "x" * 257}]},
     ONE_ERROR.format("tags.1.member.value", "Member must have length less than or equal to 256")),
    ({"ConfigurationSetName": "a", "Tags": [{"Key": "k"}]},
     ONE_ERROR.format("tags.1.member.value", "Member must not be null")),
    ({"ConfigurationSetName": "a", "Tags": [{"Key": "k", "Value": "<"}]},
     ONE_ERROR.format("tags.1.member.value",
                      r"Member must satisfy regular expression pattern: ^[\w\s_.:/=+\-@]*$")),
    ({"ConfigurationSetName": "a", "Tags": [{"Key": "k", "Value": ""}] * 2},
     "Tag key <k> is specified more than once."),
    ({"ConfigurationSetName": "a", "Tags": [{"Key": f"k{n}", "Value": ""} for n in range(51)]},
     ONE_ERROR.format("tags", "Member must have length less than or equal to 50")),
]  # fmt: skip


@pytest.mark.parametrize("api", ["v1", "v2"])
@pytest.mark.parametrize(("body", "text"), REFUSED)
def test_what_is_wrong_is_refused_and_leaves_nothing(request, verified, api, body, text):
    client = request.getfixturevalue(api)
    with with_body(client, body):
        assert refused(client.create_configuration_set, ConfigurationSetName="a") == (
            "BadRequestException",
            400,
            text,
        )
    assert client.list_configuration_sets()["ConfigurationSets"] == []


ARCHIVE = "arn:aws:ses:us-east-1:123456789012:mailmanager-archive/a-" + "0" * 24
REFUSED_IN_V2 = [
    ({"TrackingOptions": {"HttpsPolicy": "REQUIRE"}}, "CustomRedirectDomain must be specified."),
    ({"TrackingOptions": {"CustomRedirectDomain": "example.com", "HttpsPolicy": "MAYBE"}},
     ONE_ERROR.format("trackingOptions.httpsPolicy", "Member must satisfy enum value set: "
                      "[OPTIONAL, REQUIRE, REQUIRE_OPEN_ONLY]")),
    ({"DeliveryOptions": {"MaxDeliverySeconds": 299}},
     ONE_ERROR.format("deliveryOptions.maxDeliverySeconds",
                      "Member must have value greater than or equal to 300")),
    ({"DeliveryOptions": {"MaxDeliverySeconds": 50401}},
     ONE_ERROR.format("deliveryOptions.maxDeliverySeconds",
                      "Member must have value less than or equal to 50400")),
    ({"ArchivingOptions": {"ArchiveArn": ARCHIVE}},
     f"Archiving is not supported: there is no Mail Manager archive <{ARCHIVE}>."),
    ({"VdmOptions": {"DashboardOptions": {"EngagementMetrics": "ENABLED"}}},
     "The virtual deliverability manager is not supported: it can't be ENABLED."),
]  # fmt: skip


@pytest.mark.parametrize(("members", "text"), REFUSED_IN_V2)
def test_v2_refuses_and_leaves_nothing(v2, verified, members, text):
    assert refused(v2.create_configuration_set, ConfigurationSetName="a", **members) == (
        "BadRequestException",
        400,
        text,
    )
    assert v2.list_configuration_sets()["ConfigurationSets"] == []


@pytest.mark.parametrize("pool_name", ["ses-shared-pool", "ses-default-dedicated-pool"])
def test_reserved_pools_need_not_be_made(v1, pool_name):
    v1.create_configuration_set(
        ConfigurationSetName="a", DeliveryOptions={"SendingPoolName": pool_name}
    )
    answer = v1.get_configuration_set(ConfigurationSetName="a")
    assert answer["DeliveryOptions"] == {"SendingPoolName": pool_name}


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_name_is_taken_once(request, api):
    client = request.getfixturevalue(api)
    client.create_configuration_set(ConfigurationSetName="a")
    assert refused(client.create_configuration_set, ConfigurationSetName="a") == (
        "AlreadyExistsException",
        400,
        "Configuration set <a> already exists.",
    )
    client.create_configuration_set(ConfigurationSetName="A")


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_a_deleted_set_is_gone(request, server, account, api):
    client = request.getfixturevalue(api)
    client.create_configuration_set(ConfigurationSetName="a")
    with server.store.transaction() as conn:
        conn.execute(
            insert(event_destinations).values(
                id=b"x" * 10 + account.encode()[-6:],
                account_id=account,
                configuration_set="a",
                name="d",
                enabled=True,
                event_types="[]",
                kind="sns",
                settings="{}",
                created_at=0,
            )
        )
    client.delete_configuration_set(ConfigurationSetName="a")
    gone = ("NotFoundException", 404, "Configuration set <a> does not exist.")
    assert refused(client.get_configuration_set, ConfigurationSetName="a") == gone
    assert refused(client.delete_configuration_set, ConfigurationSetName="a") == gone
    with server.store.transaction() as conn:
        query = event_destinations.select().where(event_destinations.c.account_id == account)
        assert conn.execute(query).all() == []


NAMES = [f"set-{number}" for number in range(4)]


@pytest.fixture
def four(v1):
    for name in reversed(NAMES):
        v1.create_configuration_set(ConfigurationSetName=name)


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_pages_are_sorted_and_whole(request, four, api):
    client = request.getfixturevalue(api)
    first = client.list_configuration_sets(PageSize=3)
    second = client.list_configuration_sets(PageSize=3, NextToken=first["NextToken"])
    assert first["ConfigurationSets"] + second["ConfigurationSets"] == NAMES
    assert "NextToken" not in second


def test_the_default_page_holds_fifty(v1):
    for number in range(51):
        v1.create_configuration_set(ConfigurationSetName=f"set-{number:02d}")
    first = v1.list_configuration_sets()
    assert len(first["ConfigurationSets"]) == 50
    assert v1.list_configuration_sets(NextToken=first["NextToken"])["ConfigurationSets"] == [
        "set-50"
    ]


@pytest.mark.parametrize("api", ["v1", "v2"])
@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"PageSize": 0}, "The page size must be between 1 and 1000"),
        ({"PageSize": 1001}, "The page size must be between 1 and 1000"),
        ({"NextToken": "nonsense"}, "invalid nextToken nonsense"),
    ],
)
def test_wrong_pages_are_refused(request, api, arguments, text):
    call = request.getfixturevalue(api).list_configuration_sets
    assert refused(call, **arguments) == ("BadRequestException", 400, text)


def test_a_page_size_that_is_no_number_is_refused(v1):
    assert refused(v1.list_configuration_sets, PageSize="x") == (
        "SerializationException",
        400,
        "'x' can not be converted to Integer",
    )


def test_v2_lists_names_that_contain(v2, four):
    wanted = {"CONFIGURATION_SET_NAME_CONTAINS": "T-1"}
    assert v2.list_configuration_sets(Filter=wanted)["ConfigurationSets"] == ["set-1"]
    assert (
        refused(v2.list_configuration_sets, Filter={"CONFIGURATION_SET_NAME_CONTAINS": "t-"})[2]
        == "CONFIGURATION_SET_NAME_CONTAINS must be between 3 and 64 characters"
    )


def test_older_sdks_list_v2_with_get(v2, four):
    path = "/v2/email/configuration-sets"
    with with_body(v2, None, method="GET", path=path, query="PageSize=1"):
        assert v2.list_configuration_sets()["ConfigurationSets"] == NAMES[:1]


@pytest.mark.parametrize(("api", "body"), [("v1", b""), ("v2", b"{}")])
def test_an_answer_without_members_is_empty(request, api, body):
    client = request.getfixturevalue(api)
    seen = []
    client.meta.events.register("after-call", lambda http_response, **_: seen.append(http_response))
    client.create_configuration_set(ConfigurationSetName="a")
    client.delete_configuration_set(ConfigurationSetName="a")
    assert [one.content for one in seen] == [body, body]
