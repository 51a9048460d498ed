"""What the definition of an event destination may say."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.base.errors import BadRequest
from pillarbox.manage.sets.destination_rules import checked_definition
from pillarbox.model.event_destination import (
    EVENT_TYPES,
    CloudWatch,
    Dimension,
    EventBridge,
    Firehose,
    Pinpoint,
    Sns,
)

TOPIC = Sns("arn:aws:sns:us-east-1:123456789012:events")
ROLE = "arn:aws:iam::123456789012:role/service/ses"
STREAM = "arn:aws-cn:firehose:cn-north-1:123456789012:deliverystream/a.b"
BUS = "arn:aws:events:us-east-1:123456789012:event-bus/"
APP = "arn:aws:mobiletargeting:us-east-1:123456789012:apps/" + "a" * 32
PLAIN = Dimension("a", "MESSAGE_TAG", "b")
ONE_KIND = (
    "Please provide only one destination with each request. Either a Firehose Destination or a "
    "Cloudwatch Destination or an SNS Destination or an EventBridge Destination."
)


def check(*targets, types=("SEND",), dotted=True):
    return checked_definition("a", True, types, targets, dotted_values=dotted)


def dimension(name="a", source="MESSAGE_TAG", default="b", more=()):
    return CloudWatch((Dimension(name, source, default), *more))


REFUSED = [
    ([TOPIC], (), "At least one event type must be specified.", None),
    ([TOPIC], ("SENT",), "The event destination contains an invalid event type", None),
    ([], ("SEND",), "Event destination is not provided.", None),
    ([TOPIC, dimension()], ("SEND",), ONE_KIND, None),
    ([Sns("events")], ("SEND",), "SNS topic <events> not found.", "InvalidSNSDestination"),
    ([Firehose("x", STREAM)], ("SEND",), "Invalid IAM role ARN provided: x.",
     "InvalidFirehoseDestination"),
    ([Firehose(ROLE, "x")], ("SEND",), "Invalid Firehose delivery stream ARN provided: x.",
     "InvalidFirehoseDestination"),
    ([EventBridge("x")], ("SEND",), "Invalid EventBridge event bus ARN provided: x.", None),
    ([EventBridge(BUS + "mine")], ("SEND",),
     "Only the default EventBridge event bus is supported.", None),
    ([Pinpoint("x")], ("SEND",), "Invalid Pinpoint application ARN provided: x.", None),
    ([Pinpoint(None)], ("SEND",), "Invalid Pinpoint application ARN provided: null.", None),
    ([Pinpoint(APP)], ("SEND", "SUBSCRIPTION"),
     "Event type <SUBSCRIPTION> is not supported for a Pinpoint destination.", None),
    ([CloudWatch(())], ("SEND",),
     "CloudWatch metrics dimension configuration list cannot be empty.",
     "InvalidCloudWatchDestination"),
    ([CloudWatch((PLAIN,) * 11)], ("SEND",), "CloudWatch metrics dimensions cannot exceed 10.",
     "InvalidCloudWatchDestination"),
    ([dimension(more=(PLAIN,))], ("SEND",),
     "CloudWatch dimension name <a> is specified more than once.", "InvalidCloudWatchDestination"),
    ([dimension(name="")], ("SEND",), "The CloudWatch dimension name must be specified.",
     "InvalidCloudWatchDestination"),
    ([dimension(default="")], ("SEND",), "The CloudWatch dimension value must be specified.",
     "InvalidCloudWatchDestination"),
    ([dimension(name="n" * 257)], ("SEND",),
     "CloudWatch dimension name cannot exceed 256 characters.", "InvalidCloudWatchDestination"),
    ([dimension(default="n" * 257)], ("SEND",),
     "CloudWatch dimension value cannot exceed 256 characters.", "InvalidCloudWatchDestination"),
    ([dimension(name="a.b")], ("SEND",),
     ("Invalid CloudWatch dimension name <a.b>: only alphanumeric ASCII characters, '_', and '-' "
      "are allowed."), "InvalidCloudWatchDestination"),
    ([dimension(default="a b")], ("SEND",),
     ("Invalid CloudWatch dimension value <a b>: only alphanumeric ASCII characters, '_', '-', "
      "'.', and '@' are allowed."), "InvalidCloudWatchDestination"),
    ([dimension(name="Message-ID", source="EMAIL_HEADER")], ("SEND",),
     "The header <Message-ID> cannot be used as a CloudWatch dimension.",
     "InvalidCloudWatchDestination"),
]  # fmt: skip


@pytest.mark.parametrize(("targets", "types", "text", "query_code"), REFUSED)
def test_each_rule_has_its_words(targets, types, text, query_code):
    with pytest.raises(BadRequest) as caught:
        check(*targets, types=types)
    assert caught.value.message == text
    assert caught.value.query_code == (query_code or "InvalidParameterValue")


@pytest.mark.parametrize(
    "target",
    [
        TOPIC,
        Sns("arn:aws-us-gov:sns:us-gov-west-1:123456789012:a.fifo"),
        Firehose(ROLE, STREAM),
        EventBridge(BUS + "default"),
        Pinpoint(APP),
        dimension(name="ses:configuration-set"),
        dimension(name="From", source="MESSAGE_TAG"),
        dimension(name="n" * 256, default="v" * 256),
    ],
)
def test_what_is_right_is_kept_as_it_is(target):
    assert check(target, types=("OPEN", "SEND")).target == target


def test_event_types_are_each_there_once_in_the_order_of_the_api():
    assert check(TOPIC, types=("OPEN", "SEND", "OPEN")).event_types == ("SEND", "OPEN")
    assert check(TOPIC, types=EVENT_TYPES[::-1]).event_types == EVENT_TYPES


def test_pinpoint_v1_takes_neither_dots_nor_at_signs_in_values():
    check(dimension(default="a-_9"), dotted=False)
    with pytest.raises(BadRequest) as caught:
        check(dimension(default="a@b"), dotted=False)
    assert caught.value.message.endswith("'_', and '-' are allowed.")


@given(st.text(), st.text(), st.sampled_from(["MESSAGE_TAG", "EMAIL_HEADER", "LINK_TAG"]))
def test_any_text_is_a_dimension_or_refused(name, default, source):
    try:
        kept = check(dimension(name, source, default))
    except BadRequest:
        return
    assert kept.target == dimension(name, source, default)
    assert (name + default).isascii()


@given(st.text())
def test_any_text_is_an_arn_or_refused(text):
    for target in (Sns(text), Pinpoint(text), EventBridge(text), Firehose(ROLE, text)):
        with pytest.raises(BadRequest):
            check(target)
