"""One story of SES v1, told by three clients: each writes every request and reads every answer."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore import xform_name
from botocore.exceptions import ClientError

from tests.peers import javascript
from tests.peers.node import KEY_ID, SECRET, Node

AWS_CLI = Path(__file__).parents[1] / "peers" / "aws_cli.py"
Answers = list[tuple[str | None, dict[str, Any]]]
Steps = list[tuple[str, dict[str, Any]]]


def with_boto3(node: Node, steps: Steps) -> Answers:
    """Each step by a call of boto3."""
    client = node.client("ses")
    answers: Answers = []
    for operation, arguments in steps:
        try:
            answer = getattr(client, xform_name(operation))(**arguments)
            answers.append((None, {k: v for k, v in answer.items() if k != "ResponseMetadata"}))
        except ClientError as error:
            answers.append((error.response["Error"]["Code"], {}))
    return answers


def with_the_command_line(node: Node, steps: Steps) -> Answers:
    """Each step as a command of the AWS CLI."""
    environment = node.environment | {
        "AWS_ACCESS_KEY_ID": KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "NO_PROXY": "*",
    }
    done = subprocess.run(
        [sys.executable, str(AWS_CLI), "ses", node.url],
        env=environment,
        input=json.dumps(steps),
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [tuple(one) for one in json.loads(done.stdout)]


def with_javascript(node: Node, steps: Steps) -> Answers:
    """Each step by the AWS SDK for JavaScript."""
    call = ("@aws-sdk/client-ses", node.url, KEY_ID, SECRET)
    printed = javascript.run("run_steps.mjs", *call, environment={}, typed=json.dumps(steps))
    return [tuple(one) for one in json.loads(printed)]


CLIENTS = [
    with_boto3,
    with_the_command_line,
    pytest.param(with_javascript, marks=javascript.needs_packages),
]
SNS = {"TopicARN": "arn:aws:sns:us-east-1:123456789012:topic"}
DESTINATION = {
    "Name": "one",
    "Enabled": True,
    "MatchingEventTypes": ["send", "renderingFailure"],
    "SNSDestination": SNS,
}
TEMPLATE = {"SubjectPart": "Hi {{name}}", "TextPart": "Dear {{name}}"}
NAMED = '{"name": "Ann"}'
PARTS = ["eventDestinations", "deliveryOptions", "reputationOptions"]


def custom_mail(domain: str) -> dict[str, str]:
    """A custom verification mail of a domain."""
    return {
        "TemplateName": domain.replace(".", "-"),
        "FromEmailAddress": f"me@{domain}",
        "TemplateSubject": "Is it you?",
        "TemplateContent": "<p>Press the link.</p>",
        "SuccessRedirectionURL": "https://shop.example/yes",
        "FailureRedirectionURL": "https://shop.example/no",
    }


def story(domain: str) -> list[tuple[str, dict[str, Any], str | None]]:
    """Calls with the error each ends in, None for those that succeed."""
    name = domain.replace(".", "-")
    one, both = {"ConfigurationSetName": name}, {"Identities": [domain, "unknown.example"]}
    return [
        ("CreateConfigurationSet", {"ConfigurationSet": {"Name": name}}, None),
        ("CreateConfigurationSet", {"ConfigurationSet": {"Name": name}},
         "ConfigurationSetAlreadyExists"),
        ("CreateConfigurationSetEventDestination", one | {"EventDestination": DESTINATION}, None),
        ("PutConfigurationSetDeliveryOptions",
         one | {"DeliveryOptions": {"TlsPolicy": "Require"}}, None),
        ("UpdateConfigurationSetSendingEnabled", one | {"Enabled": False}, None),
        ("DescribeConfigurationSet", one | {"ConfigurationSetAttributeNames": PARTS}, None),
        ("DeleteConfigurationSetEventDestination", one | {"EventDestinationName": "none"},
         "EventDestinationDoesNotExist"),
        ("ListConfigurationSets", {"MaxItems": 1000}, None),
        ("GetAccountSendingEnabled", {}, None),
        ("GetSendQuota", {}, None),
        ("GetSendStatistics", {}, None),
        ("VerifyDomainIdentity", {"Domain": domain}, None),
        ("VerifyDomainDkim", {"Domain": domain}, None),
        ("VerifyEmailIdentity", {"EmailAddress": f"me@{domain}"}, None),
        ("VerifyEmailIdentity", {"EmailAddress": "none"}, "InvalidParameterValue"),
        ("SetIdentityMailFromDomain",
         {"Identity": domain, "MailFromDomain": f"mail.{domain}",
          "BehaviorOnMXFailure": "UseDefaultValue"}, None),
        ("SetIdentityNotificationTopic",
         {"Identity": domain, "NotificationType": "Bounce", "SnsTopic": SNS["TopicARN"]}, None),
        ("GetIdentityVerificationAttributes", both, None),
        ("CreateCustomVerificationEmailTemplate", custom_mail(domain), None),
        ("CreateCustomVerificationEmailTemplate", custom_mail(domain),
         "CustomVerificationEmailTemplateAlreadyExists"),
        ("UpdateCustomVerificationEmailTemplate",
         {"TemplateName": name, "TemplateSubject": "Well?"}, None),
        ("GetCustomVerificationEmailTemplate", {"TemplateName": name}, None),
        ("ListCustomVerificationEmailTemplates", {"MaxResults": 50}, None),
        ("SendCustomVerificationEmail",
         {"EmailAddress": f"new@{domain}", "TemplateName": name}, None),
        ("DeleteCustomVerificationEmailTemplate", {"TemplateName": name}, None),
        ("SendCustomVerificationEmail",
         {"EmailAddress": f"new@{domain}", "TemplateName": name},
         "CustomVerificationEmailTemplateDoesNotExist"),
        ("GetIdentityDkimAttributes", both, None),
        ("GetIdentityMailFromDomainAttributes", both, None),
        ("GetIdentityNotificationAttributes", {"Identities": [domain]}, None),
        ("ListIdentities", {"IdentityType": "Domain", "MaxItems": 1000}, None),
        ("CreateTemplate", {"Template": TEMPLATE | {"TemplateName": name}}, None),
        ("CreateTemplate", {"Template": TEMPLATE | {"TemplateName": name}}, "AlreadyExists"),
        ("GetTemplate", {"TemplateName": name}, None),
        ("ListTemplates", {"MaxItems": 100}, None),
        ("TestRenderTemplate", {"TemplateName": name, "TemplateData": NAMED}, None),
        ("TestRenderTemplate", {"TemplateName": name, "TemplateData": "{}"},
         "MissingRenderingAttribute"),
        ("SendTemplatedEmail",
         {"Source": f"me@{domain}", "Destination": {"ToAddresses": [f"you@{domain}"]},
          "Template": name, "TemplateData": NAMED}, None),
        ("SendBulkTemplatedEmail",
         {"Source": f"me@{domain}", "Template": name, "DefaultTemplateData": NAMED,
          "Destinations": [{"Destination": {"ToAddresses": [f"you@{domain}"]},
                            "ReplacementTemplateData": "{}"},
                           {"Destination": {"ToAddresses": ["none"]}}]}, None),
        ("UpdateTemplate", {"Template": TEMPLATE | {"TemplateName": "none"}},
         "TemplateDoesNotExist"),
        ("DeleteTemplate", {"TemplateName": name}, None),
        ("DeleteIdentity", {"Identity": domain}, None),
        ("DeleteIdentity", {"Identity": f"me@{domain}"}, None),
        ("DeleteConfigurationSet", one, None),
        ("DeleteConfigurationSet", one, "ConfigurationSetDoesNotExist"),
    ]  # fmt: skip


@pytest.mark.timeout(200)
@pytest.mark.parametrize("client", CLIENTS)
def test_a_story_is_told_the_same_by_every_client(
    capture: Node, domain: str, client: Callable[[Node, Steps], Answers]
) -> None:
    name = domain.replace(".", "-")
    steps = story(domain)
    answers = client(capture, [(operation, arguments) for operation, arguments, _ in steps])
    codes = [code and code.removesuffix("Exception") for code, _ in answers]
    assert codes == [code for _, _, code in steps]
    told = {
        operation: answer for (operation, _, _), (_, answer) in zip(steps, answers, strict=True)
    }
    assert told["DescribeConfigurationSet"] == {
        "ConfigurationSet": {"Name": name},
        "EventDestinations": [DESTINATION],
        "DeliveryOptions": {"TlsPolicy": "Require"},
        "ReputationOptions": {"SendingEnabled": False, "ReputationMetricsEnabled": False},
    }
    assert {"Name": name} in told["ListConfigurationSets"]["ConfigurationSets"]
    assert told["GetAccountSendingEnabled"] == {"Enabled": True}
    assert told["GetSendQuota"]["MaxSendRate"] > 0
    assert isinstance(told["GetSendStatistics"]["SendDataPoints"], list)
    token = told["VerifyDomainIdentity"]["VerificationToken"]
    assert told["GetIdentityVerificationAttributes"]["VerificationAttributes"] == {
        domain: {"VerificationStatus": "Success", "VerificationToken": token}
    }, "capture mode verifies all"
    dkim = told["GetIdentityDkimAttributes"]["DkimAttributes"]
    assert dkim[domain]["DkimTokens"] == told["VerifyDomainDkim"]["DkimTokens"]
    mail_from = told["GetIdentityMailFromDomainAttributes"]["MailFromDomainAttributes"]
    assert mail_from[domain]["MailFromDomain"] == f"mail.{domain}"
    assert told["GetTemplate"] == {"Template": TEMPLATE | {"TemplateName": name}}
    statuses = [one["Status"] for one in told["SendBulkTemplatedEmail"]["Status"]]
    assert statuses == ["Success", "InvalidParameterValue"]
    notifications = told["GetIdentityNotificationAttributes"]["NotificationAttributes"]
    assert notifications[domain]["BounceTopic"] == SNS["TopicARN"]
    assert notifications[domain]["HeadersInBounceNotificationsEnabled"] is False
    assert domain in told["ListIdentities"]["Identities"]
