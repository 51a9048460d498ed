"""Values of template data as Handlebars sees them: looked up, judged, written, merged.

The data is JSON: None, bool, int, float, str, list, dict. They behave as in the language that
Handlebars was written in, so that both render the same.
"""

import re
from collections.abc import Callable, Iterable
from decimal import Decimal
from math import isfinite
from typing import Any

#: What is not there, as opposed to what is null.
MISSING: Any = type("Missing", (), {"__slots__": (), "__repr__": lambda _self: "MISSING"})()
MAX_DATA_DEPTH = 100

_UNSAFE = re.compile(r"[&<>\"'`=]")
_ESCAPES = str.maketrans(
    {
        "&": "&amp;",
        "<": "&lt;",
        ">": "&gt;",
        '"': "&quot;",
        "'": "&#x27;",
        "`": "&#x60;",
        "=": "&#x3D;",
    }
)
_INDEX = re.compile(r"0|[1-9][0-9]{0,8}")


def look_up(value: Any, name: str) -> Any:
    """Give a member of a value, MISSING when it has none of that name."""
    if isinstance(value, dict):
        return value.get(name, MISSING)
    if isinstance(value, list):
        if _INDEX.fullmatch(name):
            at = int(name)
            return value[at] if at < len(value) else MISSING
        return len(value) if name == "length" else MISSING
    return len(value) if isinstance(value, str) and name == "length" else MISSING


def is_empty(value: Any) -> bool:
    """Tell whether `if` counts a value as false."""
    if value is MISSING or value is None or value is False:
        return True
    if isinstance(value, str | list):
        return not value
    return isinstance(value, int | float) and not isinstance(value, bool) and value == 0


def text_of(value: Any, count: Callable[[], None]) -> str:
    """Write a value; `count` is called for each member of a list."""
    if isinstance(value, str):
        return value
    if value is None or value is MISSING:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if isinstance(value, list):
        return ",".join(_counted(value, count))
    return "[object Object]" if isinstance(value, dict) else _whole(value)


def escape(text: str) -> str:
    """Escape a text for HTML, in text and in attributes of any quotes."""
    return text.translate(_ESCAPES) if _UNSAFE.search(text) else text


def keys_in_order(value: dict[str, Any]) -> Iterable[str]:
    """Give the keys of an object as iteration visits them: whole numbers first, by size."""
    numbers = [key for key in value if _INDEX.fullmatch(key)]
    if not numbers:
        return value
    numbers.sort(key=int)
    return [*numbers, *(key for key in value if not _INDEX.fullmatch(key))]


def merge(default: Any, own: Any) -> Any:
    """Lay one object over another, member by member and so on inside; lists are not merged."""
    if not (isinstance(default, dict) and isinstance(own, dict)):
        return own
    merged = dict(default)
    for key, value in own.items():
        merged[key] = merge(default[key], value) if key in default else value
    return merged


def is_shallow(value: Any, depth: int = MAX_DATA_DEPTH) -> bool:
    """Tell whether lists and objects are nested no deeper than is read."""
    if isinstance(value, dict):
        return depth > 0 and all(is_shallow(one, depth - 1) for one in value.values())
    if isinstance(value, list):
        return depth > 0 and all(is_shallow(one, depth - 1) for one in value)
    return True


def _counted(values: list[Any], count: Callable[[], None]) -> Iterable[str]:
    for value in values:
        count()
        yield text_of(value, count)


def _whole(value: int) -> str:
    if abs(value) < 10**21:
        return str(value)
    try:
        return _float(float(value))
    except OverflowError:
        return "Infinity" if value > 0 else "-Infinity"


def _float(value: float) -> str:
    """Write a number with the fewest digits that mean it, without an exponent where it is short."""
    if not isfinite(value):
        return "Infinity" if value > 0 else "-Infinity"
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    if 1e-6 <= abs(value) < 1e21:
        return format(Decimal(repr(value)), "f")
    mantissa, _, exponent = repr(value).partition("e")
    return f"{mantissa}e{int(exponent):+d}"
