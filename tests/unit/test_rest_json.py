"""REST-JSON: what a body, a path and a query become, and in which words they are refused."""

from typing import Annotated, Literal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta

from pillarbox.proto.aws.json_refusal import DuplicateRefusal
from pillarbox.proto.aws.rest_json import (
    Refusal,
    RequestCodec,
    SerializationRefusal,
    Shape,
    ValidationRefusal,
    encode,
    epoch_seconds,
)


class Tag(Shape, kw_only=True):
    key: Annotated[str, Meta(min_length=1, max_length=4)]
    value: str | None = None


class Thing(Shape, kw_only=True):
    name: Annotated[str, Meta(min_length=2, max_length=5)]
    enabled: bool = False
    seconds: Annotated[int, Meta(ge=300, le=50400)] | None = None
    share: Annotated[float, Meta(ge=0)] | None = None
    policy: Literal["REQUIRE", "OPTIONAL"] | None = None
    data: bytes | None = None
    tags: Annotated[list[Tag], Meta(max_length=2)] | None = None
    words: tuple[str, ...] = ()
    attributes: dict[str, str] | None = None
    first: Tag | None = None


class Required(Shape, kw_only=True):
    raw_data: bytes
    tag: Tag


CODEC = RequestCodec(Thing)
LISTS = RequestCodec(Thing, query=("Seconds", "Words", "Enabled", "Name", "Policy", "Share"))


def test_a_body_becomes_the_shape():
    body = b"""{"Name":"abc","Enabled":true,"Seconds":300,"Share":1,"Policy":"REQUIRE",
      "Data":"aGk=",
      "Tags":[{"Key":"a","Value":"b"}],"Words":["x"],"Attributes":{"p":"q"},"Unknown":[1]}"""
    expected = Thing(
        name="abc",
        enabled=True,
        seconds=300,
        share=1.0,
        policy="REQUIRE",
        data=b"hi",
        tags=[Tag(key="a", value="b")],
        words=("x",),
        attributes={"p": "q"},
    )
    assert CODEC.decode(body, {}) == expected
    assert CODEC.decode(bytearray(body), {}) == expected


@pytest.mark.parametrize(
    ("body", "member", "value"),
    [
        (b'{"Name":"abc","Enabled":"no"}', "enabled", True),
        (b'{"Name":"abc","Enabled":null}', "enabled", False),
        (b'{"Name":"abc","Words":null}', "words", ()),
        (b'{"Name":"abc","Tags":null}', "tags", None),
        (b'{"Name":"abc","Seconds":300.0}', "seconds", 300),
        (b'{"Name":"abc","Enabled":"","Data":"aGk=","Words":["x"]}', "data", b"hi"),
        (b'{"Name":"abc","Enabled":"","First":{"Key":"k"}}', "first", Tag(key="k")),
        (b'{"Name":"\\\\u00"}', "name", "\\u00"),
    ],
)
def test_what_the_real_service_takes_is_taken(body, member, value):
    assert getattr(CODEC.decode(body, {}), member) == value


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"Name":1}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"Name":1.5}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"Name":true}', "TRUE_VALUE can not be converted to a String"),
        (b'{"Name":false}', "FALSE_VALUE can not be converted to a String"),
        (b'{"Name":[]}', "Start of list found where not expected"),
        (b'{"Name":{}}', "Start of structure or map found where not expected."),
        (b'{"Name":"abc","Tags":{}}', "Expected list or null"),
        (b'{"Name":"abc","Tags":"x"}', "Expected list or null"),
        (b'{"Name":"abc","Words":[1]}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"Name":"abc","Attributes":[]}', "Expected map or null"),
        (b'{"Name":"abc","First":"x"}', "Expected null"),
        (b'{"Name":"abc","Tags":[1]}', "Expected null"),
        (b'{"Name":"abc","Enabled":1}', "NUMBER_VALUE can not be converted to a Boolean"),
        (b'{"Name":"abc","Seconds":"5"}', "STRING_VALUE can not be converted to an Integer"),
        (b'{"Name":"abc","Seconds":true}', "TRUE_VALUE can not be converted to an Integer"),
        (b'{"Name":"abc","Seconds":1e999}', "The request body is not valid JSON."),
        (b'{"Name":"abc","Share":"x"}', "STRING_VALUE can not be converted to a Double"),
        (b'{"Name":"abc","Policy":1}', "NUMBER_VALUE can not be converted to a String"),
        (b'{"Name":"abc","Data":1}', "NUMBER_VALUE can not be converted to a Blob"),
        (b'{"Name":"abc","Data":"!"}', "The value at 'data' is not valid base64."),
        (b"{", "The request body is not valid JSON."),
        (b"{} {}", "The request body is not valid JSON."),
        (b"\xff", "The request body is not valid JSON."),
        (b'{"Name":"\xff"}', "The request body is not valid JSON."),
        (b'{"Name":"\\ud800"}', "The request body is not valid JSON."),
        (b'{"Name":' + b"[" * 50_000, "The request body is not valid JSON."),
        (b"[]", "Expected null"),
        (b'"x"', "Expected null"),
    ],
)
def test_a_wrong_type_is_a_serialization_error(body, text):
    with pytest.raises(SerializationRefusal) as caught:
        CODEC.decode(body, {})
    assert str(caught.value) == text


NULL = "failed to satisfy constraint: Member must not be null"


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b"", f"1 validation error detected: Value at 'name' {NULL}"),
        (b"null", f"1 validation error detected: Value at 'name' {NULL}"),
        (b"{}", f"1 validation error detected: Value at 'name' {NULL}"),
        (b'{"Name":null}', f"1 validation error detected: Value at 'name' {NULL}"),
        (b'{"Name":"abc","First":{}}', f"1 validation error detected: Value at 'first.key' {NULL}"),
        (
            b'{"Name":"abc","Tags":[{"Key":"a"},{}]}',
            f"1 validation error detected: Value at 'tags.2.member.key' {NULL}",
        ),
        (
            b'{"Name":"abc","Words":[null]}',
            f"1 validation error detected: Value at 'words.1.member' {NULL}",
        ),
        (
            b'{"Name":"abc","Policy":"Require"}',
            (
                "1 validation error detected: Value at 'policy' failed to satisfy constraint:"
                " Member must satisfy enum value set: [OPTIONAL, REQUIRE]"
            ),
        ),
        (
            b'{"Name":"a","Seconds":299}',
            (
                "2 validation errors detected: Value at 'name' failed to satisfy constraint: Member"
                " must have length greater than or equal to 2; Value at 'seconds' failed to satisfy"
                " constraint: Member must have value greater than or equal to 300"
            ),
        ),
        (
            b'{"Name":"abcdef","Seconds":50401}',
            (
                "2 validation errors detected: Value at 'name' failed to satisfy constraint: Member"
                " must have length less than or equal to 5; Value at 'seconds' failed to satisfy"
                " constraint: Member must have value less than or equal to 50400"
            ),
        ),
        (
            b'{"Name":"abc","Tags":[{"Key":"a"},{"Key":"b"},{"Key":"c"}]}',
            (
                "1 validation error detected: Value at 'tags' failed to satisfy constraint: Member"
                " must have length less than or equal to 2"
            ),
        ),
        (b'{"Name":"a\\u0000c"}', "The request contains a NUL character."),
        (b'{"Name":"a\\\\\\u0000"}', "The request contains a NUL character."),
    ],
)
def test_a_broken_constraint_is_a_validation_error(body, text):
    with pytest.raises(ValidationRefusal) as caught:
        CODEC.decode(body, {})
    assert str(caught.value) == text


def test_labels_win_over_the_query_and_that_over_the_body():
    query = (("Name", "query"), ("Seconds", "400"), ("X-Amz-Date", "x"))
    assert LISTS.decode(b'{"Name":"body","Seconds":300}', {"Name": "path"}, query) == Thing(
        name="path", seconds=400
    )
    assert LISTS.decode(b'{"Name":"body"}', {}, query).name == "query"


@pytest.mark.parametrize(
    ("query", "member", "value"),
    [
        ((("Words", "a"), ("Words", "b")), "words", ("a", "b")),
        ((("Words", "a"),), "words", ("a",)),
        ((("Enabled", "TRUE"),), "enabled", True),
        ((("Enabled", "x"),), "enabled", False),
        ((("Policy", "REQUIRE"),), "policy", "REQUIRE"),
    ],
)
def test_a_query_parameter_is_read_by_the_type_of_its_member(query, member, value):
    assert getattr(LISTS.decode(b"", {"Name": "abc"}, query), member) == value


@pytest.mark.parametrize(
    ("query", "refusal"),
    [
        ((("Seconds", "x"),), SerializationRefusal),
        ((("Seconds", "٣"),), SerializationRefusal),
        ((("Seconds", "9" * 5000),), SerializationRefusal),
        ((("Seconds", "400"), ("Seconds", "400")), DuplicateRefusal),
        ((("Seconds", "1"),), ValidationRefusal),
        ((("Policy", "x"),), ValidationRefusal),
        ((("Words", "\0"),), ValidationRefusal),
    ],
)
def test_a_wrong_query_parameter_is_refused(query, refusal):
    with pytest.raises(refusal):
        LISTS.decode(b"", {"Name": "abc"}, query)


def test_an_answer_leaves_out_what_is_absent():
    assert encode(Thing(name="abc", data=b"hi")) == b'{"Name":"abc","Data":"aGk="}'


def test_times_are_seconds_as_a_number():
    assert msgspec.json.encode(epoch_seconds(1542589323456)) == b"1542589323.456"


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: (
        st.lists(inner)
        | st.dictionaries(
            st.sampled_from([f.encode_name for f in msgspec.structs.fields(Thing)]), inner
        )
    ),
)


@given(st.binary() | JSON.map(msgspec.json.encode))
def test_any_body_is_read_or_refused(body):
    try:
        assert isinstance(CODEC.decode(body, {}), Thing)
    except Refusal as refusal:
        assert str(refusal)


def test_many_errors_make_a_short_text():
    with pytest.raises(ValidationRefusal) as caught:
        CODEC.decode(b'{"Name":"abc","Words":[' + b",".join([b"null"] * 100_000) + b"]}", {})
    assert str(caught.value).startswith("100000 validation errors detected: ")
    assert len(str(caught.value)) < 10_000


@pytest.mark.parametrize("shape", [Required])
def test_every_missing_member_is_counted(shape):
    with pytest.raises(ValidationRefusal, match="2 validation errors detected"):
        RequestCodec(shape).decode(b"{}", {})


NOON = 1_767_268_800.0


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01T12:00:00Z",
        "2026-01-01T12:00:00",
        "2026-01-01T12:00:00.000000Z",
        "2026-01-01T13:00:00+01:00",
        "1767268800",
        "1767268800.0",
    ],
)
def test_a_time_in_a_query_is_iso_8601_or_epoch_seconds(text):
    assert LISTS.decode(b"", {"Name": "abc"}, (("Share", text),)).share == NOON


@pytest.mark.parametrize("text", ["", "now", "nan", "inf", "1e9", "2026-13-01", "0x10"])
def test_what_is_no_time_is_refused(text):
    with pytest.raises(SerializationRefusal) as caught:
        LISTS.decode(b"", {"Name": "abc"}, (("Share", text),))
    assert str(caught.value) == f"'{text}' can not be converted to Timestamp"


@given(st.text() | st.datetimes().map(lambda one: one.isoformat()))
def test_any_text_is_a_time_of_this_side_of_1970_or_refused(text):
    try:
        share = LISTS.decode(b"", {"Name": "abc"}, (("Share", text),)).share
    except Refusal:
        return
    assert share is not None
    assert 0 <= share < float("inf")
