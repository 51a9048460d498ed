"""The limits that a node's settings name take effect on its API."""

from collections.abc import Iterator

import pytest
from botocore.exceptions import ClientError

from tests.e2e.conftest import assert_ended_well
from tests.peers.node import CAPTURE, Node
from tests.peers.wait import ARRIVAL_SECONDS, until
from tests.wire.calls import refused

TOPIC = {
    "MatchingEventTypes": ["SEND"],
    "SnsDestination": {"TopicArn": "arn:aws:sns:us-east-1:123456789012:events"},
}
CALLS = 100


@pytest.fixture(scope="module")
def narrow(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Node]:
    """A node that allows little."""
    settings = CAPTURE | {
        "PILLARBOX_LIMITS_API_CALLS_PER_SECOND": "1",
        "PILLARBOX_LIMITS_CONFIGURATION_SETS": "1",
        "PILLARBOX_LIMITS_EVENT_DESTINATIONS": "0",
    }
    with Node.start(tmp_path_factory.mktemp("narrow"), settings) as node:
        yield node
    assert_ended_well(node)


@pytest.mark.parametrize("service", ["pinpoint-email", "sesv2"])
def test_who_calls_too_often_is_told_so(narrow: Node, service: str) -> None:
    client = narrow.client(service)
    for _ in range(CALLS):
        try:
            client.get_account()
        except ClientError as error:
            answer = error.response
            assert answer["Error"]["Code"] == "TooManyRequestsException"
            assert answer["ResponseMetadata"]["HTTPStatusCode"] == 429
            return
    raise AssertionError(f"{CALLS} calls were all let through")


def test_there_is_no_more_than_the_settings_say(narrow: Node) -> None:
    client = narrow.client("sesv2")
    client.create_configuration_set(ConfigurationSetName="only")
    destination = {"EventDestinationName": "a", "EventDestination": TOPIC}
    create = client.create_configuration_set_event_destination
    answer = refused(create, ConfigurationSetName="only", **destination)
    assert answer[:2] == ("LimitExceededException", 400)

    def second_is_refused() -> bool:
        code, *_ = refused(client.create_configuration_set, ConfigurationSetName="second")
        assert code in {"LimitExceededException", "TooManyRequestsException"}
        return bool(code == "LimitExceededException")

    until(second_is_refused, ARRIVAL_SECONDS, "the rate to let a second set be asked for")
