"""Query requests: what is read, what is refused, and that nothing else ever happens."""

import datetime as dt
import time
from typing import Annotated, Literal
from urllib.parse import unquote_to_bytes

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.aws.form import MAX_NAME, MAX_PARAMETERS, read_form
from pillarbox.proto.aws.json_refusal import (
    DuplicateRefusal,
    Refusal,
    SerializationRefusal,
    ValidationRefusal,
)
from pillarbox.proto.aws.query_form import MAX_DEPTH, FormCodec
from pillarbox.proto.aws.rest_json import Shape


class Inner(Shape, kw_only=True):
    name: str
    kind: Literal["a", "b"] | None = None


class Outer(Shape, kw_only=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=5)] | None = None
    inner: Inner | None = None
    many: tuple[Inner, ...] | None = None
    words: tuple[str, ...] | None = None
    by_name: dict[str, int] | None = None
    data: bytes | None = None
    count: Annotated[int, msgspec.Meta(ge=1)] | None = None
    share: float | None = None
    flag: bool | None = None
    at: dt.datetime | None = None


CODEC = FormCodec(Outer)


def read(body: bytes) -> Outer:
    return CODEC.decode(read_form(body))


READ = [
    (b"", Outer()),
    (b"&&Unknown.Thing.member.9=1&", Outer()),
    (b"Text=a%26+b", Outer(text="a& b")),
    (b"Inner.Name=x&Inner.Kind=a", Outer(inner=Inner(name="x", kind="a"))),
    (b"Words=", Outer(words=())),
    (b"Words.member.10=j&Words.member.2=b&Words.member.1=", Outer(words=("", "b", "j"))),
    (b"Many.member.2.Name=y&Many.member.1.Name=x&Many.member.1.Kind=b",
     Outer(many=(Inner(name="x", kind="b"), Inner(name="y")))),
    (b"ByName.entry.1.key=a&ByName.entry.1.value=1&ByName.entry.3.value=-2&ByName.entry.3.key=",
     Outer(by_name={"a": 1, "": -2})),
    (b"Data=%2F%2b%3D%3D", Outer(data=b"\xff")),
    (b"Data=", Outer(data=b"")),
    (b"Count=007&Share=-1.5&Flag=TRUE", Outer(count=7, share=-1.5, flag=True)),
    (b"Flag=false&Share=3", Outer(flag=False, share=3.0)),
    (b"At=2026-11-21T07%3A45%3A00Z", Outer(at=dt.datetime(2026, 11, 21, 7, 45, tzinfo=dt.UTC))),
]  # fmt: skip


@pytest.mark.parametrize(("body", "expected"), READ)
@pytest.mark.parametrize("kind", [bytes, bytearray])
def test_a_form_is_read(body, expected, kind):
    assert read(kind(body)) == expected


WRONG = [
    (b"Text=%zz", SerializationRefusal, "escape"),
    (b"Text=%", SerializationRefusal, "escape"),
    (b"Text=a\nb", SerializationRefusal, "escape"),
    (b"=x", SerializationRefusal, "no name"),
    (b"Text=%ff", SerializationRefusal, "not UTF-8"),
    (b"%ff=x", SerializationRefusal, "not UTF-8"),
    (b"Text=a&Text=b", DuplicateRefusal, "more than once"),
    (b"Text.x=a", SerializationRefusal, "Unexpected complex element at 'Text'"),
    (b"Text=a&Text.x=a", SerializationRefusal, "below a plain value"),
    (b"Inner=x", SerializationRefusal, "it has members"),
    (b"Words=x", SerializationRefusal, "it has members"),
    (b"Words.1=x", SerializationRefusal, "Words.member.N"),
    (b"Words.member=x", SerializationRefusal, "it has members"),
    (b"Words.member.0=x", SerializationRefusal, "number"),
    (b"Words.member.01=x", SerializationRefusal, "number"),
    (b"Words.member.1234567=x", SerializationRefusal, "number"),
    (b"Words.member.1.Name=x", SerializationRefusal, "Unexpected complex element"),
    (b"ByName.entry.1.key=a", SerializationRefusal, "a key and a value"),
    (b"ByName.entry.1.key=a&ByName.entry.1.value=1&ByName.entry.2.key=a&ByName.entry.2.value=1",
     SerializationRefusal, "repeats a key"),
    (b"Data=!", SerializationRefusal, "not valid base64"),
    (b"Count=x", SerializationRefusal, "'x' can not be converted to Integer"),
    (b"Count=" + b"9" * 30, SerializationRefusal, "converted to Integer"),
    (b"Share=nan", SerializationRefusal, "'nan' can not be converted to Double"),
    (b"Flag=yes", SerializationRefusal, "'yes' can not be converted to Boolean"),
    (b"At=today", SerializationRefusal, "'today' can not be converted to Timestamp"),
    (b"Text=%00", ValidationRefusal, "NUL"),
    (b"Text=", ValidationRefusal,
     "Value at 'text' failed to satisfy constraint: Member must have length greater than or equal"),
    (b"Text=123456", ValidationRefusal, "length less than or equal to 5"),
    (b"Count=0", ValidationRefusal, "greater than or equal to 1"),
    (b"Inner.Kind=a", ValidationRefusal,
     "Value at 'inner.name' failed to satisfy constraint: Member must not be null"),
    (b"Inner.Name=x&Inner.Kind=c", ValidationRefusal, "Member must satisfy enum value set: [a, b]"),
    (b"Many.member.3.Kind=a&Data=eA%3D%3D", ValidationRefusal,
     "Value at 'many.1.member.name' failed"),
    (b"Inner=", ValidationRefusal, "Value at 'inner.name' failed"),
    (b"&" * MAX_PARAMETERS, SerializationRefusal, "more than"),
    (b"x" * (MAX_NAME + 1) + b"=1", SerializationRefusal, "too long"),
    (b"Text" + b".x" * MAX_DEPTH + b"=1", SerializationRefusal, "too many parts"),
]  # fmt: skip


@pytest.mark.parametrize(("body", "kind", "text"), WRONG)
def test_what_is_wrong_is_refused(body, kind, text):
    with pytest.raises(Refusal) as caught:
        read(body)
    assert type(caught.value) is kind
    assert text in str(caught.value)


def test_a_large_blob_is_read_whole_and_fast():
    data = b"\xff\xfb\xef" * 1_000_000
    body = b"Data=" + b"%2F%2Fvv" * 1_000_000
    start = time.thread_time()
    assert read(body).data == data
    assert time.thread_time() - start < 2


def test_many_parameters_take_linear_time():
    def seconds(count: int) -> float:
        body = b"&".join(b"Words.member.%d=x" % n for n in range(1, count))
        start = time.thread_time()
        assert len(read(body).words) == count - 1
        return time.thread_time() - start

    seconds(100)
    assert seconds(9_999) < 1


NAMES = st.sampled_from(
    ["Text", "Inner.Name", "Many.member.1.Name", "Words", "Words.member.2", "ByName.entry.1.key",
     "ByName.entry.1.value", "Data", "Count", "Flag", "At", "Share", "", "Words.member", "."]
)  # fmt: skip
PIECES = st.tuples(NAMES, st.text(max_size=8) | st.binary(max_size=8))


@given(st.lists(PIECES, max_size=8), st.binary(max_size=20))
def test_any_form_is_read_or_refused(pieces, rest):
    written = [
        name.encode() + b"=" + (value.encode() if isinstance(value, str) else value)
        for name, value in pieces
    ]
    try:
        assert isinstance(read(b"&".join([*written, rest])), Outer)
    except Refusal as refusal:
        assert str(refusal)


ESCAPED = st.lists(
    st.sampled_from(["+", "=", "_", ".", "%0A", "%0d", "%20", "%3D", "%25", "%5f", "%ff", "%7E"])
    | st.text(st.characters(codec="ascii", categories=["L", "N"]), max_size=3)
)


@given(ESCAPED.map("".join))
def test_a_value_is_unescaped_as_forms_are(value):
    ((name, read_value),) = read_form(b"x=" + value.encode())
    assert (name, read_value) == ("x", unquote_to_bytes(value.replace("+", " ")))


def test_megabytes_of_escapes_take_no_longer_than_others():
    start = time.thread_time()
    for before in (b"", b"1", b"12"):  # so that a chunk ends at each place of an escape
        (_, value), *_ = read_form(bytearray(b"x=" + before + b"%41" * 1_000_000))
        assert value == before + b"A" * 1_000_000
    assert time.thread_time() - start < 1.5


def test_escapes_that_never_end_are_refused():
    with pytest.raises(SerializationRefusal):
        list(read_form(b"x=" + b"%" * 1_000_000))
