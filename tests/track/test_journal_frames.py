"""Segments of the journal: whatever a crash or a bad disk leaves, whole records come back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.journal_frames import (
    HEADER_BYTES,
    MAX_PAYLOAD,
    Segment,
    frame,
    frames,
    read_records,
    read_segment,
    segment_header,
)

MARKER = b"\x01mrk"
PAYLOADS = st.lists(st.binary(max_size=60), max_size=12)


def segment(payloads) -> bytes:
    """A segment's bytes."""
    return segment_header(MARKER) + frames(MARKER, payloads)


@given(PAYLOADS, st.integers(0, 500))
def test_what_was_written_is_read_and_zeros_are_nothing(payloads, unused):
    assert read_segment(segment(payloads) + bytes(unused)) == Segment(tuple(payloads), 0)


@given(PAYLOADS, st.integers(0, 1000))
def test_a_segment_cut_anywhere_gives_the_records_before_the_cut(payloads, cut):
    cut_off = segment(payloads)[:cut]
    whole = [one for n, one in enumerate(payloads) if len(segment(payloads[: n + 1])) <= cut]
    found = read_segment(cut_off)
    assert found.payloads == tuple(whole)
    assert found.damaged <= max(0, cut - len(segment(whole))) or cut < HEADER_BYTES


@given(PAYLOADS.filter(len), st.data())
def test_a_damaged_record_costs_itself_and_no_other(payloads, data):
    content = bytearray(segment(payloads))
    hurt = data.draw(st.integers(0, len(payloads) - 1))
    start = len(segment(payloads[:hurt]))
    at = data.draw(st.integers(start, len(segment(payloads[: hurt + 1])) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    found = read_segment(bytes(content))
    assert found.payloads == (*payloads[:hurt], *payloads[hurt + 1 :])
    assert found.damaged > 0


@given(st.binary(max_size=400) | st.binary(max_size=400).map(lambda b: segment_header(MARKER) + b))
def test_any_bytes_are_read_without_an_error(data):
    found = read_segment(data)
    used = sum(len(frame(MARKER, one)) for one in found.payloads)
    assert used + found.damaged <= len(data)


def test_a_payload_that_looks_like_a_record_is_not_one():
    hidden = frame(b"\x02xyz", b"forged")
    content = bytearray(segment([b"one", hidden, b"two"]))
    content[len(segment([b"one"])) + 4] ^= 1  # the length of the one that hides it
    assert read_segment(bytes(content)).payloads == (b"one", b"two")


def test_a_part_is_read_from_where_the_last_one_ended():
    before = segment([b"one"])
    rest = segment([b"one", b"two", b"three"])[len(before) :]
    assert read_records(rest, MARKER) == Segment((b"two", b"three"), 0)


@pytest.mark.parametrize("length", [MAX_PAYLOAD + 1, 0xFFFFFFFF])
def test_a_length_out_of_all_reason_is_damage(length):
    content = bytearray(segment([b"one", b"two"]))
    content[HEADER_BYTES + 4 : HEADER_BYTES + 8] = length.to_bytes(4, "little")
    assert read_segment(bytes(content)).payloads == (b"two",)
