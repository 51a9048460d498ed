"""What a CloudWatch destination counts: every source, with a value, without one, with a bad one."""

import pytest

from pillarbox.destinations.dimensions import (
    label_names,
    metric_name,
    series_name,
    series_of,
    value_of,
)
from pillarbox.model.event import BLOCKS
from pillarbox.model.event_destination import Dimension
from pillarbox.model.publishing import Record

MAIL = {
    "tags": {"campaign": ["spring", "summer"], "empty": [""], "bad": ["grün"], "long": ["x" * 257]},
    "headers": [
        {"name": "X-Kind", "value": " news "},
        {"name": "X-Kind", "value": "later"},
        {"name": "X-Bad", "value": "ä"},
        {"name": "X-Blank", "value": "  "},
    ],
}
CLICK = {"linkTags": {"product": ["book", "film"], "bad": ["\n"]}}


def record(kind="Send", block=None, mail=MAIL):
    return Record(
        event_id=b"e",
        message_id=b"m",
        account_id="123456789012",
        type=kind,
        created_at=0,
        body={"eventType": kind, "mail": mail, BLOCKS[kind]: block or {}},
    )


@pytest.mark.parametrize(
    ("source", "name", "event", "value"),
    [
        ("MESSAGE_TAG", "campaign", record(), "spring"),
        ("MESSAGE_TAG", "absent", record(), "default"),
        ("MESSAGE_TAG", "empty", record(), "default"),
        ("MESSAGE_TAG", "campaign", record(mail={}), "default"),
        ("MESSAGE_TAG", "Campaign", record(), "default"),
        ("EMAIL_HEADER", "x-kind", record(), "news"),
        ("EMAIL_HEADER", "x-absent", record(), "default"),
        ("EMAIL_HEADER", "x-blank", record(), "default"),
        ("EMAIL_HEADER", "x-kind", record(mail={}), "default"),
        ("LINK_TAG", "product", record("Click", CLICK), "book"),
        ("LINK_TAG", "absent", record("Click", CLICK), "default"),
        ("LINK_TAG", "product", record("Click", {"linkTags": None}), "default"),
        ("LINK_TAG", "product", record("Open"), "default"),
        ("LINK_TAG", "campaign", record(), "default"),
    ],
)
def test_a_value_comes_from_its_source_or_is_the_default(source, name, event, value):
    assert value_of(event, Dimension(name, source, "default")) == value


@pytest.mark.parametrize(
    ("source", "name", "event"),
    [
        ("MESSAGE_TAG", "bad", record()),
        ("MESSAGE_TAG", "long", record()),
        ("EMAIL_HEADER", "x-bad", record()),
        ("LINK_TAG", "bad", record("Click", CLICK)),
    ],
)
def test_an_event_with_a_value_that_cloudwatch_does_not_take_is_not_counted(source, name, event):
    good = Dimension("campaign", "MESSAGE_TAG", "none")
    assert series_of(event, (good, Dimension(name, source, "default"))) is None


def test_all_dimensions_are_on_one_series():
    dimensions = (
        Dimension("campaign", "MESSAGE_TAG", "none"),
        Dimension("product", "LINK_TAG", "nothing"),
    )
    assert series_of(record("Click", CLICK), dimensions) == (
        "aws_ses_click_total",
        (("account_id", "123456789012"), ("campaign", "spring"), ("product", "book")),
    )


@pytest.mark.parametrize(
    ("kind", "metric", "series"),
    [
        ("Send", "Send", "aws_ses_send_total"),
        ("Rendering Failure", "RenderingFailure", "aws_ses_rendering_failure_total"),
        ("DeliveryDelay", "DeliveryDelay", "aws_ses_delivery_delay_total"),
    ],
)
def test_metrics_are_named_as_cloudwatch_and_as_prometheus_have_them(kind, metric, series):
    assert (metric_name(kind), series_name(kind)) == (metric, series)


def test_labels_are_valid_and_each_is_another_one():
    names = ["a-b", "a_b", "ses:from-domain", "1st", "__x", "account_id"]
    found = label_names([Dimension(name, "MESSAGE_TAG", "x") for name in names])
    assert found == ["a_b", "a_b_2", "ses_from_domain", "_1st", "___x", "account_id_2"]
