"""Reading settings: a TOML file, the environment over it, and every mistake named.

Pure but for reading the file. Raises SettingsError with one line that says what to change; an
unknown name is answered with the nearest known one.
"""

import ipaddress
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pillarbox.base.errors import SettingsError
from pillarbox.base.relay_check import check_relay
from pillarbox.base.settings import (
    AWS_SECTIONS,
    Address,
    Aws,
    Console,
    Scan,
    Settings,
    Track,
    is_configured,
)
from pillarbox.base.source_check import check_sources

PREFIX = "PILLARBOX_"
DEFAULT_DATA = Path("pillarbox-data")
#: Names in the environment that are no settings: they say where settings and secrets are.
OTHER_NAMES = {"PILLARBOX_DATA", "PILLARBOX_CONFIG", "PILLARBOX_MASTER_KEY"}
CHOICES = {
    "deliver.mode": ("direct", "relay", "capture"),
    "relay.tls": ("starttls", "tls", "none"),
    "identity.verify": ("auto", "real"),
    "log.level": ("debug", "info", "warning", "error"),
    "log.format": ("auto", "json", "text"),
}
STORE_URLS = ("sqlite:///", "postgresql+psycopg://")
_BASE_URL = re.compile(r"https?://([A-Za-z0-9.-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?/?")
_REGION = re.compile(r"[a-z0-9-]{1,40}")
CAPTURE_DOMAIN = "pillarbox.localhost"

Values = dict[str, dict[str, Any]]


def load(
    config: Path | None,
    environ: Mapping[str, str],
    *,
    capture: bool = False,
    data: Path | None = None,
) -> Settings:
    """Give the settings of this start; `capture` and `data` come from the command line."""
    file = config or _path(environ.get("PILLARBOX_CONFIG"))
    settings = Settings(data=data or _path(environ.get("PILLARBOX_DATA")) or DEFAULT_DATA)
    settings = _apply(settings, _from_file(file), str(file))
    settings = _apply(settings, _from_environment(environ), "the environment")
    mode = "capture" if capture or not (file or settings.deliver.mode) else settings.deliver.mode
    settings = replace(settings, deliver=replace(settings.deliver, mode=mode))
    return _complete(settings)


def _path(text: str | None) -> Path | None:
    return Path(text) if text else None


def _from_file(file: Path | None) -> Values:
    if file is None:
        return {}
    try:
        found = tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError(f"can't read {file}: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"{file} is not TOML: {error}") from error
    for section, values in found.items():
        if not isinstance(values, dict):
            raise SettingsError(f"{file}: {section} stands outside a [section]")
    return found


def _from_environment(environ: Mapping[str, str]) -> Values:
    names = _environment_names()
    found: Values = {}
    for name, text in environ.items():
        if not name.startswith(PREFIX) or name in OTHER_NAMES:
            continue
        if name not in names:
            raise SettingsError(f"unknown setting {name}{_nearest(name, names)}")
        section, setting = names[name]
        found.setdefault(section, {})[setting] = text
    return found


def _environment_names() -> dict[str, tuple[str, str]]:
    return {
        f"{PREFIX}{section}_{one.name}".upper(): (section, one.name)
        for section in _sections()
        for one in fields(_section_type(section))
    }


def _sections() -> list[str]:
    return [one.name for one in fields(Settings) if one.name != "data"]


def _section_type(section: str) -> Any:
    default: Any = next(one for one in fields(Settings) if one.name == section).default_factory
    return default


def _apply(settings: Settings, values: Values, source: str) -> Settings:
    for section, given in values.items():
        if section not in _sections():
            raise SettingsError(
                f"{source}: unknown section [{section}]{_nearest(section, _sections())}"
            )
        known = {one.name: one for one in fields(_section_type(section))}
        changes = {}
        for name, value in given.items():
            if name not in known:
                near = _nearest(name, known)
                raise SettingsError(f"{source}: unknown setting {name} in [{section}]{near}")
            before = getattr(getattr(settings, section), name)
            changes[name] = _convert(value, before, f"{section}.{name}")
        section_value = replace(getattr(settings, section), **changes)
        settings = replace(settings, **{section: section_value})
    return settings


def _nearest(name: str, known: Any) -> str:
    near = get_close_matches(name, list(known), n=1)
    return f"; did you mean {near[0]}?" if near else f"; known are: {', '.join(sorted(known))}"


def _convert(value: Any, before: Any, name: str) -> Any:
    """Bring a value of the file or the environment to the type that the setting has."""
    converted = _CONVERTERS[type(before)](value, name)
    allowed = CHOICES.get(name)
    if allowed and converted not in allowed:
        raise SettingsError(f"{name} is {converted!r}; it can be {', '.join(allowed)}")
    return converted


def _text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise SettingsError(f"{name} must be a text")
    return value


def _whole_number(value: Any, name: str) -> int:
    try:
        number = int(str(value))
    except ValueError:
        raise SettingsError(f"{name} must be a whole number, not {value!r}") from None
    if isinstance(value, bool) or number < 0:
        raise SettingsError(f"{name} must be a whole number, 0 or more")
    return number


def _share(value: Any, name: str) -> float:
    try:
        number = float(str(value))
    except ValueError:
        raise SettingsError(f"{name} must be a number, not {value!r}") from None
    if isinstance(value, bool) or not 0 <= number <= 1:
        raise SettingsError(f"{name} must be a share between 0 and 1: 0.05 for 5 %")
    return number


def _switch(value: Any, name: str) -> bool:
    known = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    text = str(value).lower()
    if text not in known:
        raise SettingsError(f"{name} must be true or false, not {value!r}")
    return known[text]


def parse_address(value: Any, name: str) -> Address:
    """Read `host:port`, IPv6 hosts in brackets.

    Raises SettingsError that names the setting.
    """
    host, _, port = str(value).rpartition(":")
    host = host.strip("[]")
    if not host or not port.isdecimal() or len(port) > 5 or int(port) > 65535:
        raise SettingsError(f"{name} must be host:port, not {value!r}")
    return Address(host, int(port))


def _texts(value: Any, name: str) -> tuple[str, ...]:
    """Read a list of texts; in the environment they are separated by commas."""
    if isinstance(value, str):
        return tuple(one.strip() for one in value.split(",") if one.strip())
    if not isinstance(value, list):
        raise SettingsError(f"{name} must be a list of texts")
    return tuple(_text(one, name) for one in value)


_CONVERTERS: dict[type, Callable[[Any, str], Any]] = {
    str: _text,
    int: _whole_number,
    float: _share,
    bool: _switch,
    tuple: _texts,
    Address: parse_address,
}


def _complete(settings: Settings) -> Settings:
    """Fill in what follows from the mode, and refuse what can't work."""
    if not settings.deliver.mode:
        raise SettingsError('[deliver] mode is missing: set it to "direct", "relay" or "capture"')
    if settings.capturing:
        service = replace(settings.service, domain=settings.service.domain or CAPTURE_DOMAIN)
        network = replace(settings.network, allow_private_destinations=True)
        settings = replace(settings, service=service, network=network)
    if not settings.service.domain:
        raise SettingsError(
            "[service] domain is missing: the domain below which this service lives"
        )
    if settings.dns.resolver:
        parse_address(settings.dns.resolver, "dns.resolver")
    _check_bootstrap(settings)
    check_relay(settings)
    check_sources(settings)
    for one in settings.network.own_endpoints:
        parse_address(one, "network.own_endpoints")
    _check_track(settings.track)
    _check_console(settings.console)
    for section in AWS_SECTIONS:
        _check_aws(section, getattr(settings, section))
    _check_scan(settings.scan)
    _check_store_url(settings.store_url)
    return settings


def _check_bootstrap(settings: Settings) -> None:
    key, secret = settings.bootstrap.access_key_id, settings.bootstrap.secret_access_key
    if bool(key) != bool(secret):
        raise SettingsError("[bootstrap] needs both access_key_id and secret_access_key")


def _check_track(track: Track) -> None:
    for network in track.trusted_proxies:
        try:
            ipaddress.ip_network(network)
        except ValueError:
            raise SettingsError(
                f"[track] trusted_proxies: {network!r} is no network, such as 10.0.0.0/8"
            ) from None
    if track.url and not _BASE_URL.fullmatch(track.url):
        raise SettingsError("[track] url must be http://HOST or https://HOST, without a path")


def _check_console(console: Console) -> None:
    if console.url and not _BASE_URL.fullmatch(console.url):
        raise SettingsError("[console] url must be http://HOST or https://HOST, without a path")


def _check_aws(section: str, aws: Aws) -> None:
    keys = bool(aws.access_key_id), bool(aws.secret_access_key)
    if keys[0] != keys[1]:
        raise SettingsError(f"[{section}] needs both access_key_id and secret_access_key")
    if aws.ambient and any(keys):
        raise SettingsError(f"[{section}] has a key and ambient = true: it takes one of them")
    if (aws.endpoint or aws.region) and not is_configured(aws):
        raise SettingsError(f"[{section}] has no credentials: set its key, or ambient = true")
    if aws.region and not _REGION.fullmatch(aws.region):
        raise SettingsError(f"[{section}] region is no region, such as us-east-1")
    urls = {"endpoint": aws.endpoint, "sts_endpoint": getattr(aws, "sts_endpoint", "")}
    for name, url in urls.items():
        if url and not _BASE_URL.fullmatch(url):
            raise SettingsError(
                f"[{section}] {name} must be http://HOST or https://HOST, without a path"
            )


def _check_scan(scan: Scan) -> None:
    if scan.clamd and not scan.clamd.startswith("/"):
        parse_address(scan.clamd, "scan.clamd")
    for name in ("timeout_seconds", "connections"):
        if not getattr(scan, name):
            raise SettingsError(f"scan.{name} must be 1 or more")


def _check_store_url(url: str) -> None:
    """Refuse other databases, without repeating a URL that may hold a password."""
    if not url.startswith(STORE_URLS):
        raise SettingsError(f"[store] url must begin with {' or '.join(STORE_URLS)}")
