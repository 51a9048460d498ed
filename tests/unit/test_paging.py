"""Page tokens: opaque, signed, bound to the account and the list."""

import base64
from dataclasses import dataclass, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.manage.paging import BadToken, Page, Paging
from pillarbox.model.list_order import ListOrder

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


@dataclass(frozen=True)
class Row:
    """A row of a list that is sorted as a whole."""

    name: str
    value: float | None


@pytest.mark.parametrize("falling", [False, True], ids=["rising", "falling"])
@given(
    values=st.lists(st.none() | st.integers(-3, 3) | st.floats(-2, 2, allow_nan=False), max_size=9)
)
def test_a_whole_list_is_cut_into_pages_without_loss_and_the_unknown_come_last(falling, values):
    rows = [Row(str(number), value) for number, value in enumerate(values)]
    paging = replace(PAGING, order=ListOrder("value", falling))
    seen, token = [], None
    while token is not None or not seen:
        page = paging.cut(rows, token, 2, lambda one: one.name)
        seen, token = [*seen, *page.items], page.next_token
        if not page.items:
            break
    assert sorted(seen, key=lambda one: one.name) == rows
    known = [one.value for one in seen if one.value is not None]
    assert known == sorted(known, reverse=falling)
    assert all(one.value is None for one in seen[len(known) :])
