"""MTA-STS (RFC 8461): the TXT record and the policy's text as values, and which hosts it names.

Takes what a domain's owner published, hands on a policy or None: what can't be read is no policy
(§3.1, §3.2). Pure; bounded by MAX_POLICY and linear in what it reads.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, cast, get_args

Mode = Literal["enforce", "testing", "none"]

MAX_POLICY = 65_536
"""Octets of a policy's text that are read at most (§3.3 suggests 64 kilobytes)."""
MAX_AGE = 31_557_600
"""Seconds that a policy is kept at most (§3.2); a longer time counts as this one."""

_VERSION = re.compile(r"v=STSv1[ \t]*;")
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_SECONDS = re.compile(r"[0-9]{1,10}")
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,31}")
_MX = re.compile(r"(?:\*\.)?[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")


@dataclass(frozen=True, slots=True)
class StsPolicy:
    """One policy: `mx` are patterns in lower case, `max_age` seconds."""

    mode: Mode
    mx: tuple[str, ...]
    max_age: int

    def names(self, host: str) -> bool:
        """Tell whether a host matches (§4.1): a `*` stands for exactly one label."""
        name = host.rstrip(".").lower()
        _, dot, parent = name.partition(".")
        return name in self.mx or (bool(dot) and f"*.{parent}" in self.mx)


def policy_id(records: Sequence[str]) -> str | None:
    """Give the id of the policy that `_mta-sts` TXT records announce; None: no policy (§3.1).

    Records of other kinds do not count; two that count announce nothing.
    """
    ours = [record for record in records if _VERSION.match(record)]
    if len(ours) != 1:
        return None
    for part in ours[0].split(";")[1:]:
        name, equals, value = part.strip(" \t").partition("=")
        if equals and name == "id":
            return value if _ID.fullmatch(value) else None
    return None


def parse_policy(body: bytes) -> StsPolicy | None:
    """Read a policy's text (§3.2); None when it is not one.

    Unknown fields are passed over, and of a field that comes twice the first one counts.
    """
    if len(body) > MAX_POLICY:
        return None
    try:
        text = body.decode()
        fields = list(_fields(text))
    except ValueError:
        return None
    first: dict[str, str] = {}
    for name, value in fields:
        first.setdefault(name, value)
    mode, age = first.get("mode"), first.get("max_age", "")
    if first.get("version") != "STSv1" or mode not in get_args(Mode) or not _SECONDS.fullmatch(age):
        return None
    mx = tuple(dict.fromkeys(value.rstrip(".").lower() for name, value in fields if name == "mx"))
    if any(_MX.fullmatch(one) is None for one in mx) or (mode != "none" and not mx):
        return None
    return StsPolicy(cast("Mode", mode), mx, min(int(age), MAX_AGE))


def _fields(text: str) -> Iterator[tuple[str, str]]:
    """Give the fields in their order. Raises ValueError at a line that is none."""
    for line in text.split("\n"):
        bare = line.removesuffix("\r")
        if not bare.strip(" \t"):
            continue
        name, colon, value = bare.partition(":")
        if not colon or _NAME.fullmatch(name.rstrip(" \t")) is None:
            raise ValueError(bare[:80])
        yield name.rstrip(" \t"), value.strip(" \t")
