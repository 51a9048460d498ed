"""Return paths: they come back in any case, from the right key only."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.links import verp

KEY = b"k" * 32


@given(
    st.binary(min_size=16, max_size=16), st.integers(0, 65535), st.binary(min_size=1, max_size=64)
)
def test_what_was_encoded_comes_back_in_any_case(row_id: bytes, index: int, key: bytes) -> None:
    local = verp.encode(row_id, index, key)
    assert len(local) <= 64
    assert local == local.lower()
    assert local.isalnum()
    assert verp.decode(local, [KEY + b"old", key]) == (row_id, index)
    assert verp.decode(local.upper(), [key]) == (row_id, index)


@given(st.integers(0, 44), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
def test_a_changed_character_is_no_return_path(at: int, letter: str) -> None:
    local = verp.encode(b"r" * 16, 7, KEY)
    changed = local[:at] + letter + local[at + 1 :]
    assert (verp.decode(changed, [KEY]) is None) == (changed != local)


@given(st.text(max_size=60))
def test_any_text_is_a_return_path_or_none(text: str) -> None:
    assert verp.decode(text, [KEY]) is None


def test_another_key_is_refused() -> None:
    assert verp.decode(verp.encode(b"r" * 16, 7, KEY), [b"other"]) is None
    assert verp.decode(verp.encode(b"r" * 16, 7, KEY), []) is None


@pytest.mark.parametrize(("row_id", "index"), [(b"short", 0), (b"r" * 16, 65536), (b"r" * 16, -1)])
def test_a_row_id_or_index_out_of_range_is_an_error(row_id: bytes, index: int) -> None:
    with pytest.raises(ValueError, match="return path"):
        verp.encode(row_id, index, KEY)
