"""A boto3 run by the Python of its own environment: `python own_boto3.py SERVICE ENDPOINT`.

Calls come as JSON on stdin ([[operation, arguments], ...]), answers go out as JSON: [[error code or
null, answer], ...].
"""

import json
import sys

import boto3
from botocore import xform_name
from botocore.config import Config
from botocore.exceptions import ClientError


def main(service: str, endpoint: str) -> None:
    """Make the calls, one after the other."""
    config = Config(retries={"max_attempts": 0})
    client = boto3.client(service, region_name="us-east-1", endpoint_url=endpoint, config=config)
    answers = []
    for operation, arguments in json.load(sys.stdin):
        try:
            answers.append((None, getattr(client, xform_name(operation))(**arguments)))
        except ClientError as error:
            answers.append((error.response["Error"]["Code"], {}))
    json.dump(answers, sys.stdout, default=str)


if __name__ == "__main__":
    main(*sys.argv[1:])
