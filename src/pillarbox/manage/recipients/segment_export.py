"""Recipients as files: CSV (RFC 4180) with a column for each count and moment, or JSON Lines.

Moments are RFC 3339, empty where it never happened. Attributes have one column, a JSON object.
"""

import csv
import io
from collections.abc import Iterable
from typing import Any

import msgspec

from pillarbox.base.clock import iso8601
from pillarbox.model.engagement import KINDS, Engagement

COLUMNS = (
    "address",
    "since",
    *(column for kind in KINDS for column in (kind, f"last_{kind}")),
    "attributes",
)
#: A cell that begins so is a formula to spreadsheets.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def head_of_csv() -> str:
    """Write the line that names the columns."""
    return ",".join(COLUMNS) + "\n"


def csv_of(members: Iterable[Engagement]) -> str:
    """Write recipients as lines of CSV. An address that a spreadsheet would take for a formula has
    an apostrophe before it.
    """
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for one in members:
        moments = {kind: iso8601(at) for kind, at in one.last.items()}
        happened = [cell for kind in KINDS for cell in (one.counts[kind], moments.get(kind, ""))]
        attributes = msgspec.json.encode(one.attributes).decode() if one.attributes else ""
        writer.writerow((_cell(one.address), iso8601(one.since), *happened, attributes))
    return out.getvalue()


def json_lines_of(members: Iterable[Engagement]) -> str:
    """Write recipients as lines of JSON."""
    return "".join(msgspec.json.encode(as_json(one)).decode() + "\n" for one in members)


def as_json(one: Engagement) -> dict[str, Any]:
    """Give a recipient for programs."""
    happened = {
        kind: {
            "count": one.counts[kind],
            "last": iso8601(one.last[kind]) if kind in one.last else None,
        }
        for kind in KINDS
    }
    return {
        "address": one.address,
        "since": iso8601(one.since),
        **happened,
        "attributes": dict(one.attributes),
    }


def _cell(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text
