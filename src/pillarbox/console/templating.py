"""Templates of the pages: Jinja2, everything escaped, undefined names are errors."""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined, select_autoescape

from pillarbox.base.ids import row_id_of

_UNITS = (("day", 86_400), ("hour", 3600), ("minute", 60), ("second", 1))


class Templates:
    """The templates of `console/templates`, compiled once; `shared`: what all of them may call."""

    def __init__(self, **shared: Any) -> None:
        self._environment = Environment(
            loader=PackageLoader("pillarbox.console"),
            autoescape=select_autoescape(default=True, default_for_string=True),
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= {
            "moment": moment,
            "moment_attribute": moment_attribute,
            "ago": ago,
            "number": number,
            "percent": percent,
            "octets": octets,
        }
        self._environment.globals |= {"pairs": pairs, "is_message_id": is_message_id} | shared

    def render(self, name: str, values: Mapping[str, Any]) -> str:
        """Render a template."""
        return self._environment.get_template(name).render(values)


def pairs(values: Iterable[str]) -> list[tuple[str, str]]:
    """Give options of a choice that are shown as they are."""
    return [(one, one) for one in values]


def is_message_id(text: str) -> bool:
    """Tell whether a text is a message id of ours."""
    return row_id_of(text) is not None


def moment(ms: int | None) -> str:
    """Write a time for people: `2026-11-21 10:45:03 UTC`; a dash for none."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%d %H:%M:%S} UTC" if ms else "–"


def moment_attribute(ms: int) -> str:
    """Write a time for the `datetime` attribute (HTML, valid date string)."""
    return f"{datetime.fromtimestamp(ms / 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"


def ago(ms: int | None, now: int) -> str:
    """Write how long ago a time was, or how far ahead it lies, in its largest unit."""
    if not ms:
        return "never"
    seconds = (now - ms) // 1000
    for name, size in _UNITS:
        count = abs(seconds) // size
        if count:
            text = f"{count} {name}{'s' if count > 1 else ''}"
            return f"{text} ago" if seconds > 0 else f"in {text}"
    return "now"


def number(value: float) -> str:
    """Write a number with thin separators: `1,234,567`."""
    return f"{value:,.0f}"


def percent(part: float, whole: float) -> str:
    """Write a share; a dash where there is no whole."""
    return f"{100 * part / whole:.2f} %" if whole else "–"


def octets(size: float) -> str:
    """Write a size in bytes, in decimal units."""
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            return f"{size:.0f} {unit}" if unit == "B" else f"{size:.1f} {unit}"
        size /= 1000
    raise AssertionError
