"""ARNs of resources: whatever is written, it is read or refused in words, and reads as itself."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pillarbox.base.errors import BadRequest, NotFound
from pillarbox.manage.resource_tags import Resource, parse_arn

ME, HERE = "123456789012", "us-east-1"
PARTS = st.sampled_from(
    ["arn", "aws", "ses", "sns", HERE, "", ME, "identity", "identity/a", "/", "x/y", "%"]
)


@given(st.text(max_size=80) | st.lists(PARTS, max_size=9).map(":".join))
@example(f"arn:aws:ses:{HERE}:{ME}:identity/a:b")
@example("arn:" * 1000)
def test_any_text_is_an_arn_of_ours_or_is_refused_in_words(text):
    try:
        found = parse_arn(text, ME, HERE, "elsewhere")
    except (BadRequest, NotFound) as error:
        assert error.message
        assert len(error.message) < 400
    else:
        assert text.endswith(f":ses:{HERE}:{ME}:{found.kind}/{found.written}")


@pytest.mark.parametrize(
    ("resource", "found"),
    [
        ("identity/Example.COM", Resource("identity", "example.com", "Example.COM")),
        ("identity/Me@Example.com", Resource("identity", "Me@Example.com", "Me@Example.com")),
        ("identity/not a name", Resource("identity", "not a name", "not a name")),
        ("configuration-set/A", Resource("configuration-set", "A", "A")),
        ("dedicated-ip-pool/a/b", Resource("dedicated-ip-pool", "a/b", "a/b")),
    ],
)
def test_an_arn_names_a_resource_as_it_is_stored(resource, found):
    assert parse_arn(f"arn:aws:ses:{HERE}:{ME}:{resource}", ME, HERE, "elsewhere") == found
