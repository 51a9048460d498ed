"""`pillarbox doctor` says whether the configured services of AWS answer."""

import asyncio

from pillarbox.base.settings import AwsEvents, AwsSns, Settings
from pillarbox.cli.aws_check import ask_aws
from pillarbox.destinations.aws_clients import region_of
from tests.peers.moto_aws import KEYS
from tests.peers.scripted_aws import scripted_aws

KEY = {
    "access_key_id": KEYS["aws_access_key_id"],
    "secret_access_key": KEYS["aws_secret_access_key"],
}


def test_each_configured_service_is_asked_and_no_other(aws, tmp_path):
    settings = Settings(
        data=tmp_path,
        aws_sns=AwsSns(endpoint=aws.url, **KEY),
        aws_events=AwsEvents(endpoint="http://127.0.0.1:1", **KEY),
    )
    assert asyncio.run(ask_aws(settings)) == {
        "aws_sns": None,
        "aws_events": 'Could not connect to the endpoint URL: "http://127.0.0.1:1/"',
    }
    assert asyncio.run(ask_aws(Settings(data=tmp_path))) == {}


def test_a_key_that_may_not_list_is_a_known_key(tmp_path):
    codes = iter(["AccessDeniedException", "UnrecognizedClientException"])
    with scripted_aws(lambda *_: (400, {"__type": next(codes), "message": "no"})) as endpoint:
        settings = Settings(data=tmp_path, aws_events=AwsEvents(endpoint=endpoint.url, **KEY))
        assert asyncio.run(ask_aws(settings)) == {"aws_events": None}
        assert asyncio.run(ask_aws(settings)) == {
            "aws_events": "AWS answered UnrecognizedClientException: no"
        }


def test_what_is_no_arn_names_no_region():
    assert region_of("arn:aws-cn:sns:cn-north-1:1:x") == "cn-north-1"
    assert region_of("arn") == region_of("arn:aws:sns:a b:1:x") == ""
