"""The options of configuration sets through botocore, in both APIs, with mail before and after."""

import datetime as dt

import pytest
from sqlalchemy import insert, select, update

from pillarbox.base.ids import row_id_of
from pillarbox.model.queued import QUEUED
from pillarbox.store.tables import identities, messages, recipients
from tests.wire.calls import refused, with_body, without_metadata
from tests.wire.rows import verified_domain
from tests.wire.test_refused_sends import GOOD, rows_of

SERVICES = {"v1": "pinpoint-email", "v2": "sesv2"}
BOTH = pytest.mark.parametrize("api", ["v1", "v2"])
B = "BadRequestException"


@pytest.fixture
def account(accepting_server):
    """An account that may send from example.com, on the server that really accepts."""
    account_id = accepting_server.new_account()
    with accepting_server.store.transaction() as conn:
        conn.execute(insert(identities).values(verified_domain(account_id)))
    return account_id


@pytest.fixture
def client(accepting_server, account, api):
    """The client of one API, whose account has the set spring."""
    made = accepting_server.client(SERVICES[api], account)
    made.create_configuration_set(ConfigurationSetName="spring")
    return made


def shown(client):
    return without_metadata(client.get_configuration_set(ConfigurationSetName="spring"))


def put(client, group, **options):
    call = getattr(client, f"put_configuration_set_{group}_options")
    return call(ConfigurationSetName="spring", **options)


def accepted(server, client):
    """The row of a message sent through the set."""
    sent = client.send_email(**GOOD, ConfigurationSetName="spring")["MessageId"]
    with server.store.transaction() as conn:
        query = select(messages).where(messages.c.id == row_id_of(sent))
        return conn.execute(query).one()


@BOTH
def test_a_paused_set_sends_nothing_until_it_is_resumed(accepting_server, account, client):
    accepted(accepting_server, client)
    put(client, "sending", SendingEnabled=False)
    assert shown(client)["SendingOptions"] == {"SendingEnabled": False}
    assert refused(client.send_email, **GOOD, ConfigurationSetName="spring") == (
        "SendingPausedException",
        400,
        "Sending is paused for configuration set spring",
    )
    assert rows_of(accepting_server, account)[0] == 1
    client.send_email(**GOOD)
    put(client, "sending", SendingEnabled=True)
    accepted(accepting_server, client)
    assert rows_of(accepting_server, account)[0] == 3


@BOTH
def test_a_deleted_set_refuses_new_mail_and_keeps_what_was_accepted(
    accepting_server, account, client
):
    before = accepted(accepting_server, client)
    client.delete_configuration_set(ConfigurationSetName="spring")
    assert refused(client.send_email, **GOOD, ConfigurationSetName="spring") == (
        "NotFoundException",
        404,
        "Configuration set <spring> does not exist.",
    )
    with accepting_server.store.transaction() as conn:
        query = select(recipients.c.state).where(recipients.c.message_id == before.id)
        assert conn.execute(query).scalars().all() == [QUEUED]


@BOTH
def test_resuming_a_set_moves_its_fresh_start(client):
    given = dt.datetime(2026, 1, 5, 10, 0, 0, 250000, tzinfo=dt.UTC)
    client.create_configuration_set(
        ConfigurationSetName="old",
        ReputationOptions={"ReputationMetricsEnabled": True, "LastFreshStart": given},
    )
    assert "LastFreshStart" not in shown(client)["ReputationOptions"]
    for enabled, moved in [(True, False), (False, False), (True, True)]:
        call = client.put_configuration_set_sending_options
        call(ConfigurationSetName="old", SendingEnabled=enabled)
        options = client.get_configuration_set(ConfigurationSetName="old")["ReputationOptions"]
        assert (options["LastFreshStart"] > given) is moved
    assert "LastFreshStart" not in shown(client)["ReputationOptions"]


@BOTH
def test_delivery_options_shape_mail_accepted_from_then_on(accepting_server, client, api):
    before = accepted(accepting_server, client)
    options = {"TlsPolicy": "REQUIRE", "SendingPoolName": "ses-shared-pool"}
    lifetime = {"MaxDeliverySeconds": 300} if api == "v2" else {}
    put(client, "delivery", **options, **lifetime)
    assert shown(client)["DeliveryOptions"] == options | lifetime
    after = accepted(accepting_server, client)
    assert (before.tls_required, before.sending_pool) == (False, None)
    assert (after.tls_required, after.sending_pool) == (True, "ses-shared-pool")
    assert before.deadline - before.created_at == 50_400_000
    assert after.deadline - after.created_at == (300_000 if api == "v2" else 50_400_000)
    put(client, "delivery", TlsPolicy="OPTIONAL")
    assert shown(client)["DeliveryOptions"] == {"TlsPolicy": "OPTIONAL"}
    assert accepted(accepting_server, client).tls_required is False


@BOTH
def test_metrics_are_switched_and_off_without_their_member(client):
    for options, metrics in [
        ({"ReputationMetricsEnabled": True}, True),
        ({}, False),
        ({"ReputationMetricsEnabled": True}, True),
        ({"ReputationMetricsEnabled": False}, False),
    ]:
        put(client, "reputation", **options)
        assert shown(client)["ReputationOptions"] == {"ReputationMetricsEnabled": metrics}


@BOTH
def test_sending_without_its_member_is_off(client):
    put(client, "sending")
    assert shown(client)["SendingOptions"] == {"SendingEnabled": False}


@BOTH
def test_a_tracking_domain_is_put_and_cleared(client, api):
    options = {"CustomRedirectDomain": "click.example.com"}
    policy = {"HttpsPolicy": "REQUIRE_OPEN_ONLY"} if api == "v2" else {}
    put(client, "tracking", **options, **policy)
    assert shown(client)["TrackingOptions"] == options | policy
    put(client, "tracking")
    assert "TrackingOptions" not in shown(client)


WRONG_TRACKING = [
    ({"HttpsPolicy": "REQUIRE"}, "CustomRedirectDomain must be specified."),
    ({"HttpsPolicy": "MAYBE"}, "CustomRedirectDomain must be specified."),
    ({"CustomRedirectDomain": " "}, "CustomRedirectDomain must be specified."),
    ({"CustomRedirectDomain": "x.example", "HttpsPolicy": "MAYBE"},
     "Domain <x.example> is not verified under this account."),
    ({"CustomRedirectDomain": "example.com", "HttpsPolicy": "MAYBE"},
     ("1 validation error detected: Value at 'httpsPolicy' failed to satisfy constraint: "
      "Member must satisfy enum value set: [OPTIONAL, REQUIRE, REQUIRE_OPEN_ONLY]")),
]  # fmt: skip


@pytest.mark.parametrize("api", ["v2"])
@pytest.mark.parametrize(("options", "text"), WRONG_TRACKING)
def test_tracking_is_checked_in_the_real_order(client, options, text):
    assert refused(put, client=client, group="tracking", **options) == (B, 400, text)
    call = client.put_configuration_set_tracking_options
    assert refused(call, ConfigurationSetName="none", **options)[:2] == ("NotFoundException", 404)
    assert "TrackingOptions" not in shown(client)


@pytest.mark.parametrize("api", ["v2"])
def test_v1_leaves_the_options_that_only_v2_knows(accepting_server, account, client):
    put(client, "tracking", CustomRedirectDomain="example.com", HttpsPolicy="REQUIRE")
    put(client, "delivery", TlsPolicy="REQUIRE", MaxDeliverySeconds=300)
    v1 = accepting_server.client("pinpoint-email", account)
    put(v1, "tracking", CustomRedirectDomain="click.example.com")
    put(v1, "delivery", TlsPolicy="OPTIONAL")
    whole = shown(client)
    assert whole["TrackingOptions"] == {
        "CustomRedirectDomain": "click.example.com",
        "HttpsPolicy": "REQUIRE",
    }
    assert whole["DeliveryOptions"] == {"TlsPolicy": "OPTIONAL", "MaxDeliverySeconds": 300}
    put(v1, "tracking")
    assert "TrackingOptions" not in shown(client)


GROUPS = ["delivery", "reputation", "sending", "tracking"]
ONLY_V2 = ["suppression", "archiving", "vdm"]
NO_SET = ("NotFoundException", 404, "Configuration set <none> does not exist.")


@pytest.mark.parametrize(
    ("api", "group"),
    [(api, group) for api in SERVICES for group in GROUPS] + [("v2", group) for group in ONLY_V2],
)
def test_no_option_is_put_to_a_set_that_is_not_there(client, group):
    call = getattr(client, f"put_configuration_set_{group}_options")
    assert refused(call, ConfigurationSetName="none") == NO_SET


ONE_ERROR = "1 validation error detected: Value at '{}' failed to satisfy constraint: {}"
ARCHIVE = "arn:aws:ses:us-east-1:123456789012:mailmanager-archive/a-" + "0" * 24
REFUSED = [
    ("delivery", {"SendingPoolName": ""}, "sendingPoolName can't be blank."),
    ("delivery", {"SendingPoolName": "none"}, "SendingPool <none> doesn't exist"),
    ("delivery", {"TlsPolicy": "MAYBE"},
     ONE_ERROR.format("tlsPolicy", "Member must satisfy enum value set: [OPTIONAL, REQUIRE]")),
    ("delivery", {"MaxDeliverySeconds": 299},
     ONE_ERROR.format("maxDeliverySeconds", "Member must have value greater than or equal to 300")),
    ("delivery", {"MaxDeliverySeconds": 50401},
     ONE_ERROR.format("maxDeliverySeconds", "Member must have value less than or equal to 50400")),
    ("suppression", {"SuppressedReasons": ["WHIM"]},
     ONE_ERROR.format("suppressedReasons.1.member",
                      "Member must satisfy enum value set: [BOUNCE, COMPLAINT]")),
    ("suppression", {"SuppressionScope": "TENANT"},
     "Tenants are not supported: SuppressionScope TENANT can't be given."),
    ("suppression",
     {"ValidationOptions": {"ConditionThreshold": {"ConditionThresholdEnabled": "ENABLED"}}},
     "Validation of addresses is not supported: it can't be ENABLED."),
    ("archiving", {"ArchiveArn": ARCHIVE},
     f"Archiving is not supported: there is no Mail Manager archive <{ARCHIVE}>."),
    ("vdm", {"VdmOptions": {"DashboardOptions": {"EngagementMetrics": "ENABLED"}}},
     "The virtual deliverability manager is not supported: it can't be ENABLED."),
    ("vdm", {"VdmOptions": {"GuardianOptions": {"OptimizedSharedDelivery": "ENABLED"}}},
     "The virtual deliverability manager is not supported: it can't be ENABLED."),
]  # fmt: skip


@pytest.mark.parametrize("api", ["v2"])
@pytest.mark.parametrize(("group", "options", "text"), REFUSED)
def test_what_is_wrong_is_refused_and_changes_nothing(client, group, options, text):
    before = shown(client)
    assert refused(put, client=client, group=group, **options) == (B, 400, text)
    assert shown(client) == before


@pytest.mark.parametrize("api", ["v2"])
def test_what_says_that_an_absent_feature_is_off_is_taken(client):
    before = shown(client)
    put(client, "archiving")
    put(client, "vdm", VdmOptions={"DashboardOptions": {"EngagementMetrics": "DISABLED"}})
    security = {"SigningScheme": {"DefaultScheme": {}}}
    client.update_configuration_set(ConfigurationSetName="spring", MessageSecurityOptions=security)
    client.update_configuration_set(ConfigurationSetName="spring")
    assert shown(client) == before


@pytest.mark.parametrize("api", ["v2"])
def test_smime_is_refused(client):
    security = {"SigningScheme": {"SmimeScheme": {"SignatureFormat": "DETACHED"}}}
    assert refused(
        client.update_configuration_set,
        ConfigurationSetName="spring",
        MessageSecurityOptions=security,
    ) == (B, 400, "S/MIME signing is not supported: SigningScheme can be DefaultScheme only.")
    assert refused(client.update_configuration_set, ConfigurationSetName="none") == NO_SET


@pytest.mark.parametrize("api", ["v2"])
def test_suppression_is_the_sets_own_until_it_is_put_without_reasons(client):
    for options, kept in [
        ({"SuppressedReasons": ["COMPLAINT"]}, {"SuppressedReasons": ["COMPLAINT"]}),
        ({"SuppressedReasons": [], "SuppressionScope": "ACCOUNT"}, {"SuppressedReasons": []}),
        ({}, None),
    ]:
        put(client, "suppression", **options)
        assert shown(client).get("SuppressionOptions") == kept


@BOTH
def test_a_string_is_a_boolean_as_at_the_real_service(client):
    with with_body(client, {"SendingEnabled": "false"}):
        put(client, "sending")
    assert shown(client)["SendingOptions"] == {"SendingEnabled": True}
    with with_body(client, {"SendingEnabled": 0}):
        answer = refused(put, client=client, group="sending")
    assert answer[:2] == ("SerializationException", 400)


@BOTH
def test_a_domain_that_is_no_longer_verified_is_refused(accepting_server, account, client):
    with accepting_server.store.transaction() as conn:
        conn.execute(
            update(identities).where(identities.c.account_id == account).values(status="PENDING")
        )
    answer = refused(put, client=client, group="tracking", CustomRedirectDomain="example.com")
    assert answer == (B, 400, "Domain <example.com> is not verified under this account.")
