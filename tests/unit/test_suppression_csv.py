"""The suppression list as CSV: each line by itself, what is bad by its number."""

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.manage.recipients.suppression_csv import (
    COLUMNS,
    MAX_LINE,
    BadLine,
    Defaults,
    read_rows,
    write_rows,
)
from pillarbox.store.lists.suppression import SuppressedRow

DEFAULTS = Defaults(account_id="1", reason="BOUNCE", now=5_000)


def read(text: str | bytes) -> list:
    data = text.encode() if isinstance(text, str) else text
    return list(read_rows(io.BytesIO(data), DEFAULTS))


def row(address: str, reason: str = "BOUNCE", at: int = 5_000, **more) -> SuppressedRow:
    return SuppressedRow(account_id="1", address=address, reason=reason, updated_at=at, **more)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("a@b.example\n", row("a@b.example")),
        ("a@b.example,COMPLAINT", row("a@b.example", "COMPLAINT")),
        ("A@B.Example,complaint\r\n", row("A@b.example", "COMPLAINT")),
        ('"a@b.example","BOUNCE"\n', row("a@b.example")),
        ("\ufeffa@b.example,BOUNCE\n", row("a@b.example")),
        ("email,REASON\na@b.example,COMPLAINT\n", row("a@b.example", "COMPLAINT")),
        ("Reason,Email Address\nCOMPLAINT,a@b.example\n", row("a@b.example", "COMPLAINT")),
        ("name,address\nsomebody,a@b.example\n", row("a@b.example")),
        ("a@b.example,,1970-01-01T00:00:07Z\n", row("a@b.example", at=7_000)),
        ("a@b.example,,1970-01-01T01:00:07+01:00\n", row("a@b.example", at=7_000)),
        ("a@b.example,,7000\n", row("a@b.example", at=7_000)),
        ("a@b.example,,,m-1,f-1\n", row("a@b.example", message_id="m-1", feedback_id="f-1")),
    ],
)
def test_an_entry_is_read(text: str, found: SuppressedRow) -> None:
    assert read(text) == [found]


@pytest.mark.parametrize(
    ("line", "why"),
    [
        (b"nobody", "no address: 'nobody'"),
        (b"<a@b.example>", "no address"),
        (b"a@b.example\x00", "no address"),
        (b",BOUNCE", "no address: ''"),
        (b"a@b.example,OPTOUT", "the reason is BOUNCE or COMPLAINT, not 'OPTOUT'"),
        (b"a@b.example,,yesterday", "no moment: 'yesterday'"),
        (b"a@b.example,," + b"9" * 30, "no moment"),
        (b'"a@b.example', "no CSV"),
        (b"\xff@b.example", "not UTF-8"),
        (b"x" * (MAX_LINE + 1), "longer than"),
        (b"x" * (MAX_LINE * 3), "longer than"),
    ],
    ids=range(11),
)
def test_a_bad_line_is_told_by_its_number_and_spoils_no_other(line: bytes, why: str) -> None:
    first, bad, last = read(b"a@b.example\n" + line + b"\n\nc@d.example\n")
    assert (first, last) == (row("a@b.example"), row("c@d.example"))
    assert isinstance(bad, BadLine)
    assert (bad.number, why in bad.why) == (2, True)


def test_what_is_written_is_read_again() -> None:
    rows = [
        row('"a,b"@c.example', "COMPLAINT", 1_234),
        row("x@y.example", message_id="m", feedback_id="f"),
    ]
    assert read(",".join(COLUMNS) + "\n" + write_rows(rows)) == rows


@given(st.binary(max_size=400))
def test_any_bytes_are_entries_or_bad_lines(data: bytes) -> None:
    lines = data.count(b"\n") + 1
    found = read(data)
    assert len(found) <= lines
    assert all(isinstance(one, BadLine | SuppressedRow) for one in found)
