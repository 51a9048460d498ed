"""X-SES-* fields and message tags."""

from typing import Literal

import pytest

from pillarbox.proto.mime.raw import parse_raw
from pillarbox.proto.mime.ses_headers import SesHeaders, TagError, check_tags, read_ses_headers

NAMES = "only alphanumeric ASCII characters, '_',  '-' are allowed."
VALUES = "only alphanumeric ASCII characters, '_',  '-' , '.', '@' are allowed."


def test_the_first_of_each_field_counts() -> None:
    raw = parse_raw(
        b"X-SES-CONFIGURATION-SET: one\r\nx-ses-configuration-set: two\r\n"
        b"X-SES-MESSAGE-TAGS: a=1,\r\n b = 2,\r\nX-Ses-From-Arn: arn\r\n\r\n"
    )
    assert read_ses_headers(raw.fields) == SesHeaders(
        configuration_set="one", tags=(("a", "1"), ("b", "2")), from_arn="arn"
    )


@pytest.mark.parametrize(
    ("name", "value", "api", "message"),
    [
        ("", "v", "v2", "The tag name must be specified."),
        ("n", "", "v2", "The tag value must be specified."),
        ("n.", "v", "v2", f"Invalid tag name <n.>: {NAMES}"),
        ("ses:other", "v", "v2", f"Invalid tag name <ses:other>: {NAMES}"),
        ("n", "v!", "v2", f"Invalid tag value <v!>: {VALUES}"),
        ("n", "v\n", "v2", f"Invalid tag value <v\n>: {VALUES}"),
        ("n", "ü", "v2", f"Invalid tag value <ü>: {VALUES}"),
        ("n", "a.b", "v1", f"Invalid tag value <a.b>: {NAMES}"),
        ("n" * 256, "v", "v2", "Tag name cannot exceed 255 characters."),
        ("n", "v" * 256, "v2", "Tag value cannot exceed 255 characters."),
        ("n" * 257, "v", "v1", "Tag name cannot exceed 256 characters."),
        ("n", "v" * 257, "v1", "Tag value cannot exceed 256 characters."),
    ],
)
def test_a_wrong_tag_is_refused_with_the_services_text(
    name: str, value: str, api: Literal["v1", "v2"], message: str
) -> None:
    with pytest.raises(TagError) as caught:
        check_tags([(name, value)], api)
    assert str(caught.value) == message


def test_good_tags_pass() -> None:
    check_tags([("campaign", "a.b@c"), ("ses:feedback-id-a", "x"), ("n" * 255, "v" * 255)])
    check_tags([("n" * 256, "v" * 256)], "v1")
