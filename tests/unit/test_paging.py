"""Page tokens: opaque, signed, bound to the account and the list."""

import base64
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.manage.paging import BadToken, Page, Paging

PAGING = Paging(b"key", "123456789012", "identities")


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_a_token_gives_back_its_name(name):
    assert PAGING.after(PAGING.token(name)) == name


@given(st.text())
def test_any_other_text_is_refused(text):
    with pytest.raises(BadToken):
        PAGING.after(text)


@pytest.mark.parametrize(
    "other",
    [
        replace(PAGING, key=b"other"),
        replace(PAGING, account_id="210987654321"),
        replace(PAGING, kind="configuration-sets"),
    ],
)
def test_another_lists_token_is_refused(other):
    with pytest.raises(BadToken):
        PAGING.after(other.token("example.com"))


def test_a_changed_token_is_refused():
    raw = bytearray(base64.urlsafe_b64decode(PAGING.token("example.com") + "="))
    for position in range(len(raw)):
        changed = raw.copy()
        changed[position] ^= 1
        with pytest.raises(BadToken):
            PAGING.after(base64.urlsafe_b64encode(changed).rstrip(b"=").decode())


def test_the_first_page_starts_at_the_beginning():
    assert PAGING.after(None) == ""


@pytest.mark.parametrize(
    ("rows", "more"), [([], False), (["a", "b"], False), (["a", "b", "c"], True)]
)
def test_a_page_has_a_token_only_when_more_follows(rows, more):
    page = PAGING.page(rows, 2, str)
    assert page == Page(tuple(rows[:2]), PAGING.token("b") if more else None)
