"""The Feedback-ID header (facts §4)."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.mime.feedback_id import feedback_id

FORM = re.compile(rb"Feedback-ID: [\w.@-]*:[\w.@-]*:1\.us-east-1\.[A-Za-z0-9+/]{43}=:Pillarbox\r\n")
CONTENT = b"Subject: x\r\n\r\nFeedback-ID: in the body\r\n"


def test_it_has_the_callers_words_the_region_and_the_account():
    tags = [("ses:feedback-id-a", "spring"), ("other", "x"), ("ses:feedback-id-b", "shop_7")]
    header = feedback_id(CONTENT, "123456789012", "us-east-1", tags)
    assert FORM.fullmatch(header)
    assert header.startswith(b"Feedback-ID: spring:shop_7:1.")
    assert b"123456789012" not in header


def test_an_account_is_always_the_same_and_another_is_not():
    one, same, other = (feedback_id(CONTENT, name, "us-east-1", ()) for name in ("1", "1", "2"))
    assert one == same != other
    assert one.startswith(b"Feedback-ID: ::1.")


@pytest.mark.parametrize("head", [b"Feedback-ID: mine\r\n", b"A: b\r\nFEEDBACK-id : mine\r\n"])
def test_a_message_keeps_its_own(head):
    assert feedback_id(head + CONTENT, "1", "us-east-1", ()) == b""


@given(st.binary(max_size=200), st.text(), st.text())
def test_it_is_one_line_whatever_the_words(content, a, b):
    tags = [("ses:feedback-id-a", a), ("ses:feedback-id-b", b)]
    header = feedback_id(content, "1", "us-east-1", tags)
    assert header == b"" or FORM.fullmatch(header)
