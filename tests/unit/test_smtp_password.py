"""SMTP passwords: the verified vectors of facts §12."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.smtp.password import smtp_password


@pytest.mark.parametrize(
    ("secret", "region", "password"),
    [
        ("some+secret+key", "eu-central-1", "BMXhUYlu5Z3gSXVQORxlVa7XPaz91aGWdfHxvkOZdWZ2"),
        ("some+secret+key", "us-west-1", "BH+jbMzper5WwlwUar9E1ySBqHa9whi0GPo+sJ0mVYJj"),
        ("another+secret+key", "eu-central-1", "BBbphbrQmrKMx42d1N6+C7VINYEBGI5v9VsZeTxwskfh"),
        ("another+secret+key", "us-west-1", "BKVmjjMDFk/qqw8EROW99bjCS65PF8WKvK5bSr4Y6EqF"),
    ],
)
def test_the_password_is_the_one_that_aws_derives(secret, region, password):
    assert smtp_password(secret, region) == password


@given(st.text(st.characters(exclude_categories=["Cs"])), st.sampled_from(["us-east-1", "x"]))
def test_a_password_is_version_4_and_44_characters(secret, region):
    password = smtp_password(secret, region)
    assert len(password) == 44
    assert base64.b64decode(password, validate=True)[0] == 4
