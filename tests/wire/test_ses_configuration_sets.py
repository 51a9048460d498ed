"""SES v1 configuration sets through botocore, beside the JSON APIs over the same rows."""

import datetime as dt

import pytest

from tests.wire.calls import refused, without_metadata

SNS = {"TopicARN": "arn:aws:sns:us-east-1:123456789012:topic"}
FIREHOSE = {
    "IAMRoleARN": "arn:aws:iam::123456789012:role/r",
    "DeliveryStreamARN": "arn:aws:firehose:us-east-1:123456789012:deliverystream/s",
}
DIMENSION = {
    "DimensionName": "campaign",
    "DimensionValueSource": "messageTag",
    "DefaultDimensionValue": "none",
}
TO_SNS = {
    "Name": "to-sns",
    "Enabled": True,
    "MatchingEventTypes": ["send", "renderingFailure"],
    "SNSDestination": SNS,
}
NO_NAME = (
    "Invalid configuration set name <a.b>: only alphanumeric ASCII characters, '_', and '-' are "
    "allowed."
)
PARTS = ["eventDestinations", "trackingOptions", "deliveryOptions", "reputationOptions"]


@pytest.fixture
def named(ses):
    """A set called `news`."""
    ses.create_configuration_set(ConfigurationSet={"Name": "news"})
    return {"ConfigurationSetName": "news"}


def describe(ses, *parts):
    return without_metadata(
        ses.describe_configuration_set(
            ConfigurationSetName="news", ConfigurationSetAttributeNames=list(parts)
        )
    )


def test_a_set_is_described_with_the_parts_asked_for(ses, named):
    assert describe(ses) == {"ConfigurationSet": {"Name": "news"}}
    assert describe(ses, *PARTS) == {
        "ConfigurationSet": {"Name": "news"},
        "EventDestinations": [],
        "ReputationOptions": {"SendingEnabled": True, "ReputationMetricsEnabled": False},
    }


def test_a_set_lives_from_create_to_delete(ses, named):
    again = refused(ses.create_configuration_set, ConfigurationSet={"Name": "news"})
    taken = "Configuration set <news> already exists."
    assert again == ("ConfigurationSetAlreadyExists", 400, taken)
    ses.delete_configuration_set(**named)
    missing = "Configuration set <news> does not exist."
    for call in (ses.delete_configuration_set, ses.describe_configuration_set):
        assert refused(call, **named) == ("ConfigurationSetDoesNotExist", 400, missing)


@pytest.mark.parametrize(
    ("name", "code", "text"),
    [
        ("", "InvalidParameterValue", "The configuration set name must be specified."),
        ("x" * 65, "InvalidParameterValue", "Configuration set name cannot exceed 64 characters."),
        ("a.b", "InvalidParameterValue", NO_NAME),
    ],
)  # fmt: skip
def test_what_is_no_name_is_refused(ses, name, code, text):
    answer = refused(ses.create_configuration_set, ConfigurationSet={"Name": name})
    assert answer == (code, 400, text)


def test_lists_come_in_pages_and_odd_sizes_are_the_default(ses):
    names = [f"s{number:02}" for number in range(53)]
    for name in names:
        ses.create_configuration_set(ConfigurationSet={"Name": name})
    first = ses.list_configuration_sets()
    rest = ses.list_configuration_sets(NextToken=first["NextToken"])
    pages = first["ConfigurationSets"], rest["ConfigurationSets"]
    assert [[one["Name"] for one in page] for page in pages] == [names[:50], names[50:]]
    assert "NextToken" not in rest
    for size in (0, -1, 1001):
        assert len(ses.list_configuration_sets(MaxItems=size)["ConfigurationSets"]) == 50
    assert len(ses.list_configuration_sets(MaxItems=2)["ConfigurationSets"]) == 2
    assert refused(ses.list_configuration_sets, NextToken="x") == (
        "InvalidParameterValue",
        400,
        None,
    )
    assert refused(ses.list_configuration_sets, MaxItems="x") == (
        "MalformedInput",
        400,
        "'x' can not be converted to Integer",
    )


def test_options_are_set_and_shown(ses, named):
    begun = dt.datetime.now(dt.UTC) - dt.timedelta(seconds=1)  # shown without its parts
    ses.put_configuration_set_delivery_options(**named, DeliveryOptions={"TlsPolicy": "Require"})
    ses.update_configuration_set_reputation_metrics_enabled(**named, Enabled=True)
    ses.update_configuration_set_sending_enabled(**named, Enabled=False)
    shown = describe(ses, *PARTS)
    assert shown["DeliveryOptions"] == {"TlsPolicy": "Require"}
    reputation = {"SendingEnabled": False, "ReputationMetricsEnabled": True}
    assert shown["ReputationOptions"] == reputation
    ses.update_configuration_set_sending_enabled(**named, Enabled=True)
    fresh = describe(ses, "reputationOptions")["ReputationOptions"]["LastFreshStart"]
    assert begun <= fresh <= dt.datetime.now(dt.UTC)
    ses.put_configuration_set_delivery_options(**named)
    assert "DeliveryOptions" not in describe(ses, *PARTS)


def test_delivery_options_keep_what_only_v2_knows(ses, v2):
    v2.create_configuration_set(
        ConfigurationSetName="news",
        DeliveryOptions={"MaxDeliverySeconds": 600, "SendingPoolName": "ses-shared-pool"},
    )
    policy = {"TlsPolicy": "Optional"}
    ses.put_configuration_set_delivery_options(ConfigurationSetName="news", DeliveryOptions=policy)
    assert v2.get_configuration_set(ConfigurationSetName="news")["DeliveryOptions"] == {
        "TlsPolicy": "OPTIONAL",
        "MaxDeliverySeconds": 600,
        "SendingPoolName": "ses-shared-pool",
    }


def test_a_policy_that_is_none_is_refused(ses, named):
    policy = {"TlsPolicy": "REQUIRE"}
    assert refused(ses.put_configuration_set_delivery_options, **named, DeliveryOptions=policy) == (
        "ValidationError",
        400,
        (
            "1 validation error detected: Value at 'deliveryOptions.tlsPolicy' failed to satisfy "
            "constraint: Member must satisfy enum value set: [Optional, Require]"
        ),
    )


@pytest.mark.parametrize(
    "call",
    [
        "put_configuration_set_delivery_options",
        "update_configuration_set_reputation_metrics_enabled",
        "update_configuration_set_sending_enabled",
    ],
)
def test_options_need_a_set(ses, call):
    enabled = {} if call.startswith("put") else {"Enabled": True}
    answer = refused(getattr(ses, call), ConfigurationSetName="none", **enabled)
    missing = "Configuration set <none> does not exist."
    assert answer == ("ConfigurationSetDoesNotExist", 400, missing)


@pytest.mark.parametrize(
    "target",
    [
        {"SNSDestination": SNS},
        {"KinesisFirehoseDestination": FIREHOSE},
        {"CloudWatchDestination": {"DimensionConfigurations": [DIMENSION]}},
        {
            "CloudWatchDestination": {
                "DimensionConfigurations": [
                    DIMENSION,
                    DIMENSION | {"DimensionName": "l", "DimensionValueSource": "linkTag"},
                    DIMENSION | {"DimensionName": "h", "DimensionValueSource": "emailHeader"},
                ]
            }
        },
    ],
)
def test_an_event_destination_is_shown_as_it_was_made(ses, named, target):
    made = {"Name": "one", "Enabled": True, "MatchingEventTypes": ["send", "renderingFailure"]}
    ses.create_configuration_set_event_destination(**named, EventDestination=made | target)
    assert describe(ses, "eventDestinations")["EventDestinations"] == [made | target]


def test_an_event_destination_is_replaced_and_deleted(ses, named):
    ses.create_configuration_set_event_destination(**named, EventDestination=TO_SNS)
    taken = refused(
        ses.create_configuration_set_event_destination, **named, EventDestination=TO_SNS
    )
    assert taken[:2] == ("EventDestinationAlreadyExists", 400)
    changed = {
        "Name": "to-sns",
        "MatchingEventTypes": ["open", "click"],
        "KinesisFirehoseDestination": FIREHOSE,
    }
    ses.update_configuration_set_event_destination(**named, EventDestination=changed)
    (shown,) = describe(ses, "eventDestinations")["EventDestinations"]
    assert shown == changed | {"Enabled": False}
    ses.delete_configuration_set_event_destination(**named, EventDestinationName="to-sns")
    assert describe(ses, "eventDestinations")["EventDestinations"] == []


def test_a_missing_event_destination_is_named_by_its_set_and_both_are_members(ses, named):
    for call, which in (
        (ses.delete_configuration_set_event_destination, {"EventDestinationName": "none"}),
        (
            ses.update_configuration_set_event_destination,
            {"EventDestination": TO_SNS | {"Name": "none"}},
        ),
    ):
        with pytest.raises(ses.exceptions.EventDestinationDoesNotExistException) as caught:
            call(**named, **which)
        answer = caught.value.response
        assert answer["Error"]["Message"] == "No EventDestination found for news"
        assert (answer["ConfigurationSetName"], answer["EventDestinationName"]) == ("news", "none")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"MatchingEventTypes": []}, "InvalidParameterValue"),
        ({"MatchingEventTypes": ["deliveryDelay"]}, "ValidationError"),
        ({"SNSDestination": {"TopicARN": "x"}}, "InvalidSNSDestination"),
        ({"SNSDestination": None}, "InvalidParameterValue"),
        ({"KinesisFirehoseDestination": FIREHOSE}, "InvalidParameterValue"),
        ({"SNSDestination": None,
          "KinesisFirehoseDestination": FIREHOSE | {"IAMRoleARN": "x"}},
         "InvalidFirehoseDestination"),
        ({"SNSDestination": None, "CloudWatchDestination": {"DimensionConfigurations": []}},
         "InvalidCloudWatchDestination"),
        ({"Name": "a b"}, "InvalidParameterValue"),
    ],
)  # fmt: skip
def test_an_event_destination_that_is_wrong_is_refused(ses, named, change, code):
    wrong = {name: value for name, value in (TO_SNS | change).items() if value is not None}
    answer = refused(
        ses.create_configuration_set_event_destination, **named, EventDestination=wrong
    )
    assert answer[:2] == (code, 400), answer
    assert describe(ses, "eventDestinations")["EventDestinations"] == []
