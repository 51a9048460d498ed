"""Why a JSON request is refused, in the words of the real service; and what it takes although it is
odd.

Takes decoded JSON and the msgspec description of a shape; hands on the same tree made fit for the
shape, or raises. A wrong type ends the reading at once (SerializationException). Constraints are
all looked at, and the text counts them (facts §2.3, §2.4): `2 validation errors detected: Value at
'a' failed to ...; Value at ...`.
"""

import binascii
import re
from collections.abc import Callable
from datetime import UTC, datetime

from msgspec import inspect


class Refusal(Exception):  # a request is refused; that is no error of ours
    """A request that can't be read; its text is safe to show."""


class SerializationRefusal(Refusal):
    """The request is broken, or a member has the wrong type."""


class ValidationRefusal(Refusal):
    """A member is missing or breaks a constraint."""


class DuplicateRefusal(Refusal):
    """A parameter of the query string that has one value is given several."""


_SHOWN = 50
Problems = list[tuple[str, str]]
Coerce = Callable[[object, inspect.Type, str, Problems], object]

_TOKENS = {bool: "{}_VALUE", int: "NUMBER_VALUE", float: "NUMBER_VALUE", str: "STRING_VALUE"}


def coerce_struct(tree: dict[str, object], info: inspect.StructType) -> dict[str, object]:
    """Make decoded JSON fit for a shape. Raises SerializationRefusal or ValidationRefusal."""
    problems: Problems = []
    fit = _members(tree, info, "", problems)
    if problems:
        count = len(problems)
        found = "; ".join(
            f"Value at '{at}' failed to satisfy constraint: {text}"
            for at, text in problems[:_SHOWN]
        )
        raise ValidationRefusal(
            f"{count} validation error{'s' if count > 1 else ''} detected: {found}"
        )
    return fit


def plain_type(kind: inspect.Type) -> inspect.Type:
    """Give the type of an optional member without its None, and without extra annotations."""
    if isinstance(kind, inspect.Metadata):
        return plain_type(kind.type)
    if isinstance(kind, inspect.UnionType):
        rest = [one for one in kind.types if not isinstance(one, inspect.NoneType)]
        return plain_type(rest[0]) if len(rest) == 1 else kind
    return kind


def query_value(name: str, values: list[str], kind: inspect.Type) -> object:
    """Read a member from its values in the query string. Raises SerializationRefusal or
    DuplicateRefusal.
    """
    if isinstance(kind, inspect.ListType | inspect.VarTupleType):
        return values
    if len(values) > 1:
        raise DuplicateRefusal(f"The parameter {name} is given more than once.")
    text = values[0]
    if isinstance(kind, inspect.IntType):
        if not re.fullmatch(r"-?[0-9]{1,18}", text):
            raise SerializationRefusal(f"'{text}' can not be converted to Integer")
        return int(text)
    if isinstance(kind, inspect.FloatType):
        return _moment(text)
    if isinstance(kind, inspect.BoolType):
        return text.lower() == "true"
    return _timestamp(text) if isinstance(kind, inspect.FloatType) else text


def _timestamp(text: str) -> float:
    """Read a time of a query string, the only fractions there are: ISO 8601, or epoch seconds."""
    if re.fullmatch(r"[0-9]{1,12}(\.[0-9]{1,9})?", text):
        return float(text)
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    except (ValueError, OverflowError):
        raise SerializationRefusal(f"'{text}' can not be converted to Timestamp") from None


def _moment(text: str) -> float:
    """Read a time of the query string: ISO 8601 as SDKs write it there, or seconds."""
    if re.fullmatch(r"-?[0-9]{1,12}(\.[0-9]{1,9})?", text):
        return float(text)
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise SerializationRefusal(f"'{text}' can not be converted to Timestamp") from None


def _members(
    tree: dict[str, object], info: inspect.StructType, at: str, problems: Problems
) -> dict[str, object]:
    fit: dict[str, object] = {}
    for field in info.fields:
        name = field.encode_name
        where = f"{at}.{_lower_first(name)}" if at else _lower_first(name)
        value = tree.get(name)
        if value is None:
            if field.required:
                problems.append((where, "Member must not be null"))
        else:
            fit[name] = _coerce(value, field.type, where, problems)
    return fit


def _lower_first(name: str) -> str:
    return name.lower() if name.isupper() else name[:1].lower() + name[1:]


def _coerce(value: object, kind: inspect.Type, at: str, problems: Problems) -> object:
    kind = plain_type(kind)
    coerce = _COERCE.get(type(kind))
    return coerce(value, kind, at, problems) if coerce else value


def _wrong(value: object, wanted: str) -> SerializationRefusal:
    if isinstance(value, dict):
        return SerializationRefusal("Start of structure or map found where not expected.")
    if isinstance(value, list):
        return SerializationRefusal("Start of list found where not expected")
    token = _TOKENS[type(value)].format(str(value).upper())
    return SerializationRefusal(f"{token} can not be converted to {wanted}")


def _string(value: object, kind: inspect.Type, at: str, problems: Problems) -> object:
    if not isinstance(value, str):
        raise _wrong(value, "a String")
    assert isinstance(kind, inspect.StrType)  # noqa: S101
    _check_length(len(value), kind, at, problems)
    if kind.pattern is not None and not re.search(kind.pattern, value):
        problems.append((at, f"Member must satisfy regular expression pattern: {kind.pattern}"))
    return value


def _boolean(value: object, kind: inspect.Type, at: str, problems: Problems) -> object:  # noqa: ARG001
    if isinstance(value, str):
        return True  # as the real service does (facts §2.8)
    if not isinstance(value, bool):
        raise _wrong(value, "a Boolean")
    return value


def _number(value: object, kind: inspect.Type, at: str, problems: Problems) -> object:
    whole = isinstance(kind, inspect.IntType)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _wrong(value, "an Integer" if whole else "a Double")
    assert isinstance(kind, inspect.IntType | inspect.FloatType)  # noqa: S101
    if kind.ge is not None and value < kind.ge:
        problems.append((at, f"Member must have value greater than or equal to {kind.ge}"))
    if kind.le is not None and value > kind.le:
        problems.append((at, f"Member must have value less than or equal to {kind.le}"))
    return int(value) if whole else value


def _blob(value: object, kind: inspect.Type, at: str, problems: Problems) -> object:
    data = value if isinstance(value, bytes) else _base64(value, at)
    _check_length(len(data), kind, at, problems)
    return data


def _base64(value: object, at: str) -> bytes:
    if not isinstance(value, str):
        raise _wrong(value, "a Blob")
    try:
        return binascii.a2b_base64(value, strict_mode=True)
    except ValueError:
        raise SerializationRefusal(f"The value at '{at}' is not valid base64.") from None


def _list(value: object, kind: inspect.Type, at: str, problems: Problems) -> object:
    if not isinstance(value, list):
        raise SerializationRefusal("Expected list or null")
    assert isinstance(kind, inspect.ListType | inspect.VarTupleType)  # noqa: S101
    _check_length(len(value), kind, at, problems)
    return [
        _element(one, kind.item_type, f"{at}.{n}.member", problems)
        for n, one in enumerate(value, 1)
    ]


def _map(value: object, kind: inspect.Type, at: str, problems: Problems) -> object:
    if not isinstance(value, dict):
        raise SerializationRefusal("Expected map or null")
    assert isinstance(kind, inspect.DictType)  # noqa: S101
    _check_length(len(value), kind, at, problems)
    return {
        key: _element(one, kind.value_type, f"{at}.{key}.member", problems)
        for key, one in value.items()
    }


def _element(value: object, kind: inspect.Type, at: str, problems: Problems) -> object:
    if value is None:
        problems.append((at, "Member must not be null"))
        return None
    return _coerce(value, kind, at, problems)


def _structure(value: object, kind: inspect.Type, at: str, problems: Problems) -> object:
    if not isinstance(value, dict):
        raise SerializationRefusal("Expected null")
    assert isinstance(kind, inspect.StructType)  # noqa: S101
    return _members(value, kind, at, problems)


def _enumeration(value: object, kind: inspect.Type, at: str, problems: Problems) -> object:
    if not isinstance(value, str):
        raise _wrong(value, "a String")
    if isinstance(kind, inspect.EnumType):
        values = [str(one.value) for one in kind.cls]
    else:
        assert isinstance(kind, inspect.LiteralType)  # noqa: S101
        values = [str(one) for one in kind.values]
    if value not in values:
        problems.append((at, f"Member must satisfy enum value set: [{', '.join(sorted(values))}]"))
    return value


def _check_length(length: int, kind: inspect.Type, at: str, problems: Problems) -> None:
    least, most = getattr(kind, "min_length", None), getattr(kind, "max_length", None)
    if least is not None and length < least:
        problems.append((at, f"Member must have length greater than or equal to {least}"))
    if most is not None and length > most:
        problems.append((at, f"Member must have length less than or equal to {most}"))


_COERCE: dict[type, Coerce] = {
    inspect.StrType: _string,
    inspect.BoolType: _boolean,
    inspect.IntType: _number,
    inspect.FloatType: _number,
    inspect.BytesType: _blob,
    inspect.ListType: _list,
    inspect.VarTupleType: _list,
    inspect.DictType: _map,
    inspect.StructType: _structure,
    inspect.EnumType: _enumeration,
    inspect.LiteralType: _enumeration,
}
