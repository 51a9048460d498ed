"""From a failure to SES's bounce type and subtype (facts §11). Pure; the rules are data.

Takes the enhanced status (RFC 3463), the SMTP code (RFC 5321 §4.2.3) and the text, of a receiver's
reply or of a report that came later; hands on the type. One table serves both: it is packaged
beside this file, says where each row comes from, and is read once. What says nothing is
Undetermined.
"""

import re
import tomllib
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from pillarbox.proto.report.phrases import Phrases, flatten, has_phrase

PERMANENT, TRANSIENT, UNDETERMINED = "Permanent", "Transient", "Undetermined"
MAX_TEXT, MAX_SEARCHED = 2_000, 1_000


@dataclass(frozen=True, slots=True)
class BounceClass:
    """How SES calls a failure."""

    bounce_type: str
    bounce_sub_type: str


_TABLE: dict[str, list[dict[str, Any]]] = tomllib.loads(
    files("pillarbox.proto.report").joinpath("bounce_rules.toml").read_text(encoding="utf-8")
)


def _class(row: dict[str, Any]) -> BounceClass:
    return BounceClass(row["type"], row["subtype"])


_SURE = {of: _class(row) for row in _TABLE["status"] if row.get("sure") for of in row["of"]}
_LIKELY = {of: _class(row) for row in _TABLE["status"] if not row.get("sure") for of in row["of"]}


#: Phrases, a pattern beside them, and what they tell.
_Texts = tuple[tuple[Phrases, re.Pattern[str] | None, BounceClass], ...]


def _texts(when: str) -> _Texts:
    """Give the rows of texts that are looked at `first`, `weak` ones last, or in between."""
    rows = (row for row in _TABLE["text"] if _when(row) == when)
    return tuple((Phrases.of(row["phrases"]), _pattern(row), _class(row)) for row in rows)


def _pattern(row: dict[str, Any]) -> re.Pattern[str] | None:
    return re.compile(row["pattern"]) if "pattern" in row else None


def _when(row: dict[str, Any]) -> str:
    return next((name for name in ("first", "weak") if row.get(name)), "")


_FIRST, _TEXTS, _WEAK = _texts("first"), _texts(""), _texts("weak")
_CODES = {of: _class(row) for row in _TABLE["code"] for of in row["of"]}
_BY_CLASS = {5: BounceClass(PERMANENT, "General"), 4: BounceClass(TRANSIENT, "General")}
_UNDETERMINED = BounceClass(UNDETERMINED, "Undetermined")


def classify(status: str | None, code: int | None, text: str) -> BounceClass:
    """Classify a failure by what is known of it; each of the three may be missing.

    What a server calls temporary (class 4) is, whatever its text says of the recipient.
    """
    found = _known(status, code, flatten(text[:MAX_TEXT]))
    temporary = _by_class(status, code) == _BY_CLASS[4]
    return _BY_CLASS[4] if temporary and found == _BY_CLASS[5] else found


def _known(status: str | None, code: int | None, flat: str) -> BounceClass:
    detail = (status or "").partition(".")[2]
    return (
        _by_text(_FIRST, flat)
        or _SURE.get(detail)
        or _by_text(_TEXTS, flat)
        or _LIKELY.get(detail)
        or _CODES.get(code or 0)
        or _by_class(status, code)
        or _by_text(_WEAK, flat)
        or _UNDETERMINED
    )


def _by_text(rows: _Texts, flat: str) -> BounceClass | None:
    for phrases, pattern, kind in rows:
        if has_phrase(phrases, flat) or (
            pattern is not None and pattern.search(flat[:MAX_SEARCHED])
        ):
            return kind
    return None


def _by_class(status: str | None, code: int | None) -> BounceClass | None:
    """Classify by the class digit alone: of the status, else of the code."""
    digit = int(status[0]) if status and status[0] in "45" else (code or 0) // 100
    return _BY_CLASS.get(digit)
