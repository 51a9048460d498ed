"""Event destinations through botocore, in both APIs."""

import pytest

from pillarbox.model.event_destination import EVENT_TYPES
from tests.wire.calls import refused, with_body, without_metadata

SNS = {"SnsDestination": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:events"}}
FIREHOSE = {
    "KinesisFirehoseDestination": {
        "IamRoleArn": "arn:aws:iam::123456789012:role/ses",
        "DeliveryStreamArn": "arn:aws:firehose:us-east-1:123456789012:deliverystream/mail",
    }
}
CLOUDWATCH = {
    "CloudWatchDestination": {
        "DimensionConfigurations": [
            {
                "DimensionName": "campaign",
                "DimensionValueSource": "MESSAGE_TAG",
                "DefaultDimensionValue": "none",
            }
        ]
    }
}
PINPOINT = {
    "PinpointDestination": {
        "ApplicationArn": "arn:aws:mobiletargeting:us-east-1:123456789012:apps/" + "0f" * 16
    }
}
EVENT_BRIDGE = {
    "EventBridgeDestination": {
        "EventBusArn": "arn:aws:events:us-east-1:123456789012:event-bus/default"
    }
}
SEND = {"MatchingEventTypes": ["SEND"]}
A = {"ConfigurationSetName": "spring", "EventDestinationName": "a"}
BOTH = pytest.mark.parametrize("api", ["v1", "v2"])


@pytest.fixture
def client(request, v1, v2, api):
    """The client of one API, whose account has the set spring."""
    v2.create_configuration_set(ConfigurationSetName="spring")
    return {"v1": v1, "v2": v2}[api]


def listed(client):
    answer = client.get_configuration_set_event_destinations(ConfigurationSetName="spring")
    return without_metadata(answer)["EventDestinations"]


def create(client, definition, **names):
    call = client.create_configuration_set_event_destination
    return call(**A | names, EventDestination=definition)


@BOTH
@pytest.mark.parametrize("kind", [SNS, FIREHOSE, CLOUDWATCH, PINPOINT], ids=min)
def test_a_destination_lives_from_create_to_delete(client, kind):
    definition = {"Enabled": True, "MatchingEventTypes": ["SEND", "OPEN"], **kind}
    create(client, definition)
    assert listed(client) == [{"Name": "a", **definition}]
    changed = {"Enabled": False, "MatchingEventTypes": ["BOUNCE"], **SNS}
    client.update_configuration_set_event_destination(**A, EventDestination=changed)
    assert listed(client) == [{"Name": "a", **changed}]
    client.delete_configuration_set_event_destination(**A)
    assert listed(client) == []


@BOTH
def test_without_enabled_a_destination_is_off(client):
    create(client, SEND | SNS)
    assert listed(client)[0]["Enabled"] is False


@pytest.mark.parametrize("api", ["v2"])
def test_v1_leaves_out_what_only_v2_knows_of_a_destination(client, v1):
    create(client, {"Enabled": True, "MatchingEventTypes": list(EVENT_TYPES), **EVENT_BRIDGE})
    (whole,) = listed(client)
    assert whole["MatchingEventTypes"] == list(EVENT_TYPES)
    assert whole["EventBridgeDestination"] == EVENT_BRIDGE["EventBridgeDestination"]
    assert listed(v1) == [
        {"Name": "a", "Enabled": True, "MatchingEventTypes": list(EVENT_TYPES[:-2])}
    ]


NO_SET = "Configuration set <none> does not exist."
NONE = "An event destination with name <x> does not exist for configuration set <spring>."


@BOTH
def test_what_is_not_there_is_told_apart(client):
    definition = {"EventDestination": SEND | SNS}
    update = client.update_configuration_set_event_destination
    delete = client.delete_configuration_set_event_destination
    for call, change, text in [
        (client.create_configuration_set_event_destination, definition, NO_SET),
        (update, definition, NO_SET),
        (delete, {}, NO_SET),
        (update, definition, NONE),
        (delete, {}, NONE),
    ]:
        names = (
            {"ConfigurationSetName": "none"} if text == NO_SET else {"EventDestinationName": "x"}
        )
        assert refused(call, **A | change | names) == ("NotFoundException", 404, text)
    get = client.get_configuration_set_event_destinations
    assert refused(get, ConfigurationSetName="none") == ("NotFoundException", 404, NO_SET)


@BOTH
def test_a_name_is_taken_once_and_a_set_has_ten(client):
    for number in range(9):
        create(client, SEND | SNS, EventDestinationName=f"d{number}")
    create(client, SEND | SNS)
    assert refused(
        client.create_configuration_set_event_destination, **A, EventDestination=SEND | SNS
    ) == (
        "AlreadyExistsException",
        400,
        "An event destination with name <a> already exists for configuration set <spring>.",
    )
    eleventh = A | {"EventDestinationName": "eleventh", "EventDestination": SEND | SNS}
    answer = refused(client.create_configuration_set_event_destination, **eleventh)
    assert answer[:2] == ("LimitExceededException", 400)
    assert len(listed(client)) == 10


ONE_ERROR = "1 validation error detected: Value at '{}' failed to satisfy constraint: {}"
NOT_NULL = "Member must not be null"
REFUSED = [
    ({"EventDestinationName": "a"}, ONE_ERROR.format("eventDestination", NOT_NULL)),
    ({"EventDestination": SEND | SNS}, ONE_ERROR.format("eventDestinationName", NOT_NULL)),
    ({"EventDestinationName": "", "EventDestination": SEND | SNS},
     "The event destination name must be specified."),
    ({"EventDestinationName": "a" * 65, "EventDestination": SEND | SNS},
     "Event destination name cannot exceed 64 characters."),
    ({"EventDestinationName": "a.b", "EventDestination": SEND | SNS},
     ("Invalid event destination name <a.b>: only alphanumeric ASCII characters, '_', and '-' are "
      "allowed.")),
    ({"EventDestinationName": "a", "EventDestination": SNS},
     "At least one event type must be specified."),
    ({"EventDestinationName": "a", "EventDestination": SEND}, "Event destination is not provided."),
    ({"EventDestinationName": "a", "EventDestination": SEND | SNS | CLOUDWATCH},
     ("Please provide only one destination with each request. Either a Firehose Destination or a "
      "Cloudwatch Destination or an SNS Destination or an EventBridge Destination.")),
    ({"EventDestinationName": "a",
      "EventDestination": SEND | {"CloudWatchDestination": {"DimensionConfigurations": []}}},
     "CloudWatch metrics dimension configuration list cannot be empty."),
    ({"EventDestinationName": "a", "EventDestination": SEND | {"SnsDestination": {}}},
     ONE_ERROR.format("eventDestination.snsDestination.topicArn", NOT_NULL)),
    ({"EventDestinationName": "a", "EventDestination": SEND | {"PinpointDestination": {}}},
     "Invalid Pinpoint application ARN provided: null."),
]  # fmt: skip


@BOTH
@pytest.mark.parametrize(("body", "text"), REFUSED)
def test_what_is_wrong_is_refused_and_leaves_nothing(client, body, text):
    with with_body(client, body):
        call = client.create_configuration_set_event_destination
        answer = refused(call, **A, EventDestination=SEND | SNS)
    assert answer == ("BadRequestException", 400, text)
    assert listed(client) == []


@pytest.mark.parametrize(("api", "allowed"), [("v1", False), ("v2", True)])
def test_v2_alone_knows_delays_and_dots_in_dimension_values(client, api, allowed):
    delays = {"MatchingEventTypes": ["DELIVERY_DELAY"], **SNS}
    dotted = dict(CLOUDWATCH["CloudWatchDestination"]["DimensionConfigurations"][0])
    dotted["DefaultDimensionValue"] = "a@b.c"
    metrics = SEND | {"CloudWatchDestination": {"DimensionConfigurations": [dotted]}}
    for definition in (delays, metrics):
        if allowed:
            create(client, definition)
            client.delete_configuration_set_event_destination(**A)
        else:
            call = client.create_configuration_set_event_destination
            answer = refused(call, **A, EventDestination=definition)
            assert answer[:2] == ("BadRequestException", 400)
