"""Destination groups: who operates an MX host, and what we open to that operator all together.

Takes the table of known operators (`groups.toml`, which says where each number comes from) and the
operator's own file; hands on the group of a host. A host of nobody in the table belongs to the
group of its domain, with the defaults.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

from pillarbox.base.errors import SettingsError

#: Second-level names under which countries register domains: `example.co.uk` is a domain.
_REGISTRIES = frozenset({"ac", "co", "com", "edu", "gob", "gov", "ne", "net", "or", "org"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """One operator's hosts, and its limits over all workers and nodes.

    `messages_per_second` 0: no limit. `warmup_share`: of a day's warm-up volume of one address, 0
    to 1. `listed`: it is in a table, so that its limits are kept exactly.
    """

    name: str
    connections: int
    messages_per_connection: int = 100
    messages_per_second: float = 0.0
    warmup_share: float = 0.5
    listed: bool = False


@dataclass(frozen=True, slots=True)
class _Row:
    """A group with the ends of its hosts' names and the source of its numbers."""

    group: Group
    mx: tuple[str, ...]
    source: str


class Groups:
    """All groups. `rows`: by name; `default`: the limits of those that nobody listed."""

    def __init__(self, default: Group, rows: Mapping[str, _Row]) -> None:
        self._default = default
        self._rows = rows
        self._by_end = {end: row.group for row in rows.values() for end in row.mx}

    @property
    def listed(self) -> tuple[Group, ...]:
        """The groups in the tables."""
        return tuple(row.group for row in self._rows.values())

    def source(self, name: str) -> str:
        """Say where a group's numbers come from, empty for one that nobody listed."""
        return self._rows[name].source if name in self._rows else ""

    def named(self, name: str) -> Group:
        """Give a group by its name."""
        return self._rows[name].group if name in self._rows else replace(self._default, name=name)

    def of(self, host: str) -> Group:
        """Give the group of an MX host, in lower case; the longest end of its name decides."""
        rest = host
        while rest:
            group = self._by_end.get(rest)
            if group is not None:
                return group
            rest = rest.partition(".")[2]
        return replace(self._default, name=domain_of_host(host))


def domain_of_host(host: str) -> str:
    """Give the domain that a host's name is in, as well as that can be known from the name."""
    labels = host.split(".")
    if len(labels) <= 2 or all(label.isdigit() for label in labels):
        return host
    if len(labels) == 3 and len(labels[2]) == 2 and labels[1] in _REGISTRIES:
        return host
    return ".".join(labels[1:])


def load_groups(connections: int, own_file: str = "") -> Groups:
    """Read the table, and over it the operator's own file.

    `connections`: of a group that nobody listed. Raises SettingsError that names file and row.
    """
    shipped = files("pillarbox.deliver").joinpath("groups.toml").read_text("utf-8")
    default = Group(name="", connections=connections)
    rows: dict[str, _Row] = {}
    default = _merge("groups.toml", tomllib.loads(shipped), default, rows)
    if own_file:
        default = _merge(own_file, _read(own_file), default, rows)
    return Groups(default, rows)


def _read(file: str) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(file).read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"[deliver] groups_file {file} can't be read: {error}") from error
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"[deliver] groups_file {file} is not TOML: {error}") from error


def _merge(file: str, table: Mapping[str, Any], default: Group, rows: dict[str, _Row]) -> Group:
    """Lay one file's rows over those known; give the defaults."""
    unknown = set(table) - {"default", "group"}
    if unknown:
        raise SettingsError(f"{file}: unknown table [{min(unknown)}]; there are default and group")
    default = _changed(f"{file}: [default]", _mapping(file, table.get("default", {})), default)
    for name, values in _mapping(file, table.get("group", {})).items():
        where = f"{file}: [group.{name}]"
        given = dict(_mapping(where, values))
        known = rows.get(name)
        ends = _ends(where, given.pop("mx", known.mx if known else ()))
        source = given.pop("from", file if known is None or given else known.source)
        base = known.group if known else replace(default, name=name, listed=True)
        rows[name] = _Row(_changed(where, given, base), ends, str(source))
    return default


def _mapping(where: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise SettingsError(f"{where} must be a table")
    return value


def _ends(where: str, value: Any) -> tuple[str, ...]:
    ends = tuple(value) if isinstance(value, list | tuple) else ()
    if not ends or not all(isinstance(end, str) and end.strip(".") for end in ends):
        raise SettingsError(f'{where}: mx must be a list of ends of host names: ["example.com"]')
    return tuple(end.strip(".").lower() for end in ends)


def _changed(where: str, given: Mapping[str, Any], group: Group) -> Group:
    """Give a group with some values changed; each is checked."""
    for key, value in given.items():
        if key not in _CHECKS:
            raise SettingsError(f"{where}: unknown key {key}; there are {', '.join(_CHECKS)}")
        what, good = _CHECKS[key]
        if isinstance(value, bool) or not isinstance(value, int | float) or not good(value):
            raise SettingsError(f"{where}: {key} must be {what}, not {value!r}")
    return replace(group, **given)


_WHOLE = ("a whole number of at least 1", lambda value: value >= 1 and value == int(value))
_CHECKS: dict[str, Any] = {
    "connections": _WHOLE,
    "messages_per_connection": _WHOLE,
    "messages_per_second": ("a number of at least 0", lambda value: 0 <= value < 1e9),
    "warmup_share": ("a number above 0 and up to 1", lambda value: 0 < value <= 1),
}
