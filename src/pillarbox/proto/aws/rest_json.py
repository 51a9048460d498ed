"""The REST-JSON wire format of the AWS APIs, generic over msgspec shapes.

Takes a body, the labels of the path and the pairs of the query string; hands on a request shape.
Takes an answer shape; hands on a body. Members are written as the API names them
(`FromEmailAddress`), members that are absent are left out, blobs are base64, and times are seconds
since the epoch as a number.

The fast path is msgspec straight into the shape. Only when that refuses does `json_refusal` look
again, to read what AWS reads more leniently (null members, a string for a boolean) or to find the
error text that the real service gives (facts §1.8, §2.8).
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect

from pillarbox.proto.aws.json_refusal import (
    Refusal,
    SerializationRefusal,
    ValidationRefusal,
    coerce_struct,
    plain_type,
    query_value,
)
from pillarbox.proto.aws.query_string import Pairs

__all__ = [
    "Answer",
    "Refusal",
    "RequestCodec",
    "SerializationRefusal",
    "Shape",
    "ValidationRefusal",
    "encode",
    "epoch_seconds",
]

Body = bytes | bytearray

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*+\\u0000")
_NUL_TEXT = "The request contains a NUL character."


class Shape(msgspec.Struct, rename="pascal", omit_defaults=True, frozen=True):
    """A structure of the API. Give optional members of answers the default None: it is left out
    when written.

    Declare subclasses with `kw_only=True`, integers with `Meta(ge=..., le=...)`, and enumerations
    as Literal.
    """


#: What an operation answers: a shape; a bare list where it is no operation of AWS.
Answer = msgspec.Struct | Sequence[Any]

ShapeT = TypeVar("ShapeT", bound=msgspec.Struct)

_encoder = msgspec.json.Encoder()


def encode(answer: Answer) -> bytes:
    """Write an answer."""
    return _encoder.encode(answer)


def epoch_seconds(ms: int) -> float:
    """Write milliseconds since the epoch as the API writes times: seconds with a fraction."""
    return ms / 1000


class RequestCodec(Generic[ShapeT]):
    """Reads the requests of one operation. `query` names the members that may stand in the query
    string.
    """

    def __init__(self, shape: type[ShapeT], query: tuple[str, ...] = ()) -> None:
        self._shape = shape
        self._decoder = msgspec.json.Decoder(shape)
        info = inspect.type_info(shape)
        assert isinstance(info, inspect.StructType)  # noqa: S101  # what type_info gives for a Struct
        self._info = info
        self._query = {
            field.encode_name: plain_type(field.type)
            for field in info.fields
            if field.encode_name in query
        }
        if missing := set(query) - self._query.keys():
            raise TypeError(f"{shape.__name__} has no member {sorted(missing)}")

    def decode(self, body: Body, labels: Mapping[str, str], query: Pairs = ()) -> ShapeT:
        """Read a request; labels win over the query, and that over the body. Raises Refusal."""
        if not labels and not (query and self._query):
            return self._decode_body(body)
        members = _members(_tree(body))
        members |= self._from_query(query)
        members |= labels
        if any("\0" in value for value in labels.values()):
            raise ValidationRefusal(_NUL_TEXT)
        return self._convert(members)

    def _decode_body(self, body: Body) -> ShapeT:
        if not body:
            return self._convert({})
        _refuse_nul(body)
        try:
            return self._decoder.decode(body)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return self._convert(_members(_tree(body)))

    def _convert(self, members: dict[str, object]) -> ShapeT:
        try:
            return msgspec.convert(members, self._shape)
        except msgspec.ValidationError:
            lenient = coerce_struct(members, self._info)
        try:
            return msgspec.convert(lenient, self._shape)
        except msgspec.ValidationError as problem:
            raise SerializationRefusal(str(problem)) from None

    def _from_query(self, query: Pairs) -> dict[str, object]:
        given: dict[str, list[str]] = {}
        for name, value in query:
            if name in self._query:
                given.setdefault(name, []).append(value)
        if any("\0" in value for values in given.values() for value in values):
            raise ValidationRefusal(_NUL_TEXT)
        return {
            name: query_value(name, values, self._query[name]) for name, values in given.items()
        }


def _refuse_nul(body: Body) -> None:
    # A NUL enters a JSON string only as this escape: msgspec refuses raw control characters.
    if b"\\u0000" in body and _NUL.search(body):
        raise ValidationRefusal(_NUL_TEXT)


def _tree(body: Body) -> object:
    if not body:
        return {}
    _refuse_nul(body)
    try:
        return msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise SerializationRefusal("The request body is not valid JSON.") from None


def _members(tree: object) -> dict[str, object]:
    if tree is None:
        return {}
    if not isinstance(tree, dict):
        raise SerializationRefusal("Expected null")
    return tree
