"""The console's forms, read from what a browser sends."""

from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.base.errors import BadRequest
from pillarbox.console.form import MAX_FIELDS, parse_form

TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=60)
NAME = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40
)


@given(st.lists(st.tuples(NAME, TEXT), max_size=8))
def test_what_a_browser_sends_is_read_as_it_was_typed_but_for_its_line_ends(fields):
    read = parse_form(urlencode(fields).encode()).fields
    assert read == tuple((name, value.replace("\r\n", "\n")) for name, value in fields)


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"a=%zz", "can't be read"),
        (b"a=\xff", "can't be read"),
        (b"a=%ff", "can't be read"),
        (b"a=%00", "NUL"),
        (b"a=1&" * MAX_FIELDS, "too many fields"),
    ],
    ids=["escape", "octet", "encoding", "nul", "fields"],
)
def test_what_no_form_of_ours_sends_is_refused(body, why):
    with pytest.raises(BadRequest, match=why):
        parse_form(body)


def test_a_form_goes_on_without_one_of_its_fields():
    form = parse_form(b"a=1&b=2&a=3")
    assert form.without("a").fields == (("b", "2"),)
