"""The requests of the AWS Query protocol, generic over msgspec shapes.

Takes parameters as `form` reads them (`Destination.ToAddresses.member.1`, `a@b.c`); hands on a
request shape. Structures are dotted names, lists are `member.N` (an empty one is the bare name
without a value), maps are `entry.N.key` and `entry.N.value`, blobs are base64, timestamps ISO 8601
(facts §1.5).

Linear in time; the depth of names and indexes are bounded. Nothing but Refusal is raised, for any
octets.
"""

import binascii
import re
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import inspect

from pillarbox.proto.aws.form import Value
from pillarbox.proto.aws.json_refusal import (
    DuplicateRefusal,
    SerializationRefusal,
    ValidationRefusal,
    coerce_struct,
    plain_type,
)

Parameters = Iterable[tuple[str, Value]]
ShapeT = TypeVar("ShapeT", bound=msgspec.Struct)

MAX_DEPTH = 16

_Branch = dict[str, Any]
_Node = _Branch | Value

_INDEX = re.compile(r"[1-9][0-9]{0,5}")
_INTEGER = re.compile(r"-?[0-9]{1,18}")
_NUMBER = re.compile(r"-?[0-9]{1,18}(\.[0-9]{1,18})?")
_SHOWN = 100


class FormCodec(Generic[ShapeT]):
    """Reads the requests of one operation."""

    def __init__(self, shape: type[ShapeT]) -> None:
        self._shape = shape
        info = inspect.type_info(shape)
        assert isinstance(info, inspect.StructType)  # noqa: S101  # what type_info gives for a Struct
        self._info = info

    def decode(self, parameters: Parameters) -> ShapeT:
        """Read a request; parameters it does not know are ignored. Raises Refusal."""
        members = _structure(_tree(parameters), self._info, "")
        try:
            return msgspec.convert(members, self._shape)
        except msgspec.ValidationError:
            lenient = coerce_struct(members, self._info)
        try:
            return msgspec.convert(lenient, self._shape)
        except msgspec.ValidationError as problem:
            raise SerializationRefusal(str(problem)) from None


def _tree(parameters: Parameters) -> _Branch:
    """Hang each value where its dotted name says."""
    root: _Branch = {}
    for name, value in parameters:
        *path, last = name.split(".")
        if len(path) >= MAX_DEPTH:
            raise SerializationRefusal("The name of a parameter has too many parts.")
        node = root
        for part in path:
            node = node.setdefault(part, {})
            if not isinstance(node, dict):
                raise SerializationRefusal(f"{name[:_SHOWN]} lies below a plain value.")
        if last in node:
            raise DuplicateRefusal(f"The parameter {name[:_SHOWN]} is given more than once.")
        node[last] = value
    return root


def _read(node: _Node, kind: inspect.Type, at: str) -> object:
    kind = plain_type(kind)
    reader = _COMPOUND.get(type(kind))
    if reader is not None:
        return reader(node, kind, at)
    if isinstance(node, dict):
        raise SerializationRefusal(f"Unexpected complex element at '{at}'.")
    return _PLAIN.get(type(kind), _text)(node, at)


def _structure(node: _Node, kind: inspect.Type, at: str) -> dict[str, object]:
    assert isinstance(kind, inspect.StructType)  # noqa: S101
    return {
        field.encode_name: _read(child, field.type, _below(at, field.encode_name))
        for field in kind.fields
        if (child := _branch(node, at).get(field.encode_name)) is not None
    }


def _list(node: _Node, kind: inspect.Type, at: str) -> list[object]:
    assert isinstance(kind, inspect.ListType | inspect.VarTupleType)  # noqa: S101
    return [
        _read(child, kind.item_type, f"{at}.member.{n}")
        for n, child in _numbered(node, "member", at)
    ]


def _map(node: _Node, kind: inspect.Type, at: str) -> dict[object, object]:
    assert isinstance(kind, inspect.DictType)  # noqa: S101
    found: dict[object, object] = {}
    for n, child in _numbered(node, "entry", at):
        where = f"{at}.entry.{n}"
        entry = _branch(child, where)
        if "key" not in entry or "value" not in entry:
            raise SerializationRefusal(f"'{where}' needs a key and a value.")
        key = _read(entry["key"], kind.key_type, where)
        if key in found:
            raise SerializationRefusal(f"'{where}' repeats a key.")
        found[key] = _read(entry["value"], kind.value_type, where)
    return found


def _branch(node: _Node, at: str) -> _Branch:
    if isinstance(node, dict):
        return node
    if node:
        raise SerializationRefusal(f"Unexpected value at '{at}': it has members.")
    return {}


def _numbered(node: _Node, word: str, at: str) -> list[tuple[int, _Node]]:
    """Give the elements of a list or map in the order of their numbers, which may have gaps."""
    branch = _branch(node, at)
    if branch and branch.keys() != {word}:
        raise SerializationRefusal(f"'{at}' must be given as {at}.{word}.N.")
    elements = _branch(branch.get(word, {}), f"{at}.{word}")
    if not all(map(_INDEX.fullmatch, elements)):
        raise SerializationRefusal(f"'{at}' has a {word} whose number can not be read.")
    return sorted((int(index), child) for index, child in elements.items())


def _below(at: str, name: str) -> str:
    return f"{at}.{name}" if at else name


def _text(value: Value, at: str) -> str:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise SerializationRefusal(f"The value at '{at}' is not UTF-8.") from None
    if "\0" in text:
        raise ValidationRefusal("The request contains a NUL character.")
    return text


def _blob(value: Value, at: str) -> bytes:
    try:
        return binascii.a2b_base64(value, strict_mode=True)
    except ValueError:
        raise SerializationRefusal(f"The value at '{at}' is not valid base64.") from None


def _integer(value: Value, at: str) -> int:
    text = _text(value, at)
    if not _INTEGER.fullmatch(text):
        raise _wrong(text, "Integer")
    return int(text)


def _double(value: Value, at: str) -> float:
    text = _text(value, at)
    if not _NUMBER.fullmatch(text):
        raise _wrong(text, "Double")
    return float(text)


def _boolean(value: Value, at: str) -> bool:
    text = _text(value, at)
    if text.lower() not in {"true", "false"}:
        raise _wrong(text, "Boolean")
    return text.lower() == "true"


def _moment(value: Value, at: str) -> datetime:
    text = _text(value, at)
    try:
        return msgspec.convert(text, datetime)
    except msgspec.ValidationError:
        raise _wrong(text, "Timestamp") from None


def _wrong(text: str, wanted: str) -> SerializationRefusal:
    return SerializationRefusal(f"'{text[:_SHOWN]}' can not be converted to {wanted}")


_COMPOUND: dict[type, Callable[[_Node, inspect.Type, str], object]] = {
    inspect.StructType: _structure,
    inspect.ListType: _list,
    inspect.VarTupleType: _list,
    inspect.DictType: _map,
}
_PLAIN: dict[type, Callable[[Value, str], object]] = {
    inspect.BoolType: _boolean,
    inspect.IntType: _integer,
    inspect.FloatType: _double,
    inspect.BytesType: _blob,
    inspect.DateTimeType: _moment,
}
