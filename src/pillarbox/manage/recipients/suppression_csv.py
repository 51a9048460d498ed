"""The suppression list as CSV (RFC 4180): a row for each address.

    address,reason,updated_at,message_id,feedback_id

Only the address must be there. Without a first line that names the columns, they are taken in this
order, which also reads the `address,REASON` of the real service's import files. `updated_at` is a
moment as RFC 3339 writes it, or milliseconds since the epoch. A line is read by itself, in bounded
memory: a quote that is not closed spoils no other line.
"""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import BinaryIO

from pillarbox.base.clock import iso8601
from pillarbox.base.errors import BadRequest
from pillarbox.manage.recipients.suppression import canonical_address
from pillarbox.model.account import SUPPRESSION_REASONS
from pillarbox.store.lists.suppression import SuppressedRow

COLUMNS = ("address", "reason", "updated_at", "message_id", "feedback_id")
MAX_LINE = 16 * 1024
MAX_TOLD = 60
#: Other names that columns have elsewhere, without regard to case, spaces and underscores.
_NAMES = {
    **{one.replace("_", ""): one for one in COLUMNS},
    "email": "address",
    "emailaddress": "address",
    "lastupdatetime": "updated_at",
}
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that can't be imported, by its number from 1, and why."""

    number: int
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Defaults:
    """What rows that don't say get. `now`: milliseconds since the epoch."""

    account_id: str
    reason: str
    now: int


def read_rows(file: BinaryIO, defaults: Defaults) -> Iterator[SuppressedRow | BadLine]:
    """Read a file line by line; each line is an entry or a bad line, empty ones are nothing."""
    columns: Sequence[str] = COLUMNS
    for number, line in _lines(file):
        cells = _cells(number, line)
        if isinstance(cells, BadLine):
            yield cells
        elif not any(cells):
            continue
        elif number == 1 and (named := _named(cells)) is not None:
            columns = named
        else:
            yield _row(number, dict(zip(columns, cells, strict=False)), defaults)


def write_rows(rows: Iterable[SuppressedRow]) -> str:
    """Write entries as lines, without the first one that names the columns."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        written = (row.message_id or "", row.feedback_id or "")
        writer.writerow((row.address, row.reason, iso8601(row.updated_at), *written))
    return out.getvalue()


def _lines(file: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """Give the lines with their numbers; None for one that is too long, which is passed over."""
    number = 0
    while line := file.readline(MAX_LINE + 1):
        number += 1
        if len(line) <= MAX_LINE:
            yield number, line.removeprefix(_BOM) if number == 1 else line
            continue
        while line and not line.endswith(b"\n"):
            line = file.readline(MAX_LINE)
        yield number, None


def _cells(number: int, line: bytes | None) -> list[str] | BadLine:
    if line is None:
        return BadLine(number, f"longer than {MAX_LINE} bytes")
    try:
        text = line.decode("utf-8").strip("\r\n")
        found = next(csv.reader([text], strict=True), [])
    except UnicodeDecodeError:
        return BadLine(number, "not UTF-8")
    except csv.Error as error:
        return BadLine(number, f"no CSV: {error}")
    return [cell.strip() for cell in found]


def _named(cells: Sequence[str]) -> list[str] | None:
    """Read the line that names the columns; None when it is an entry already."""
    found = [_NAMES.get(cell.lower().replace(" ", "").replace("_", ""), "") for cell in cells]
    return found if "address" in found and not any("@" in cell for cell in cells) else None


def _row(number: int, cells: dict[str, str], defaults: Defaults) -> SuppressedRow | BadLine:
    address = cells.get("address", "")
    reason = cells.get("reason", "").upper() or defaults.reason
    if reason not in SUPPRESSION_REASONS:
        return BadLine(number, f"the reason is BOUNCE or COMPLAINT, not {reason[:MAX_TOLD]!r}")
    try:
        written = cells.get("updated_at", "")
        updated_at = _moment(written) if written else defaults.now
    except (ValueError, OverflowError):
        return BadLine(number, f"no moment: {written[:MAX_TOLD]!r}")
    try:
        name = canonical_address(address)
    except BadRequest:
        return BadLine(number, f"no address: {address[:MAX_TOLD]!r}")
    return SuppressedRow(
        account_id=defaults.account_id,
        address=name,
        reason=reason,
        updated_at=updated_at,
        message_id=_kept(cells.get("message_id")),
        feedback_id=_kept(cells.get("feedback_id")),
    )


def _moment(text: str) -> int:
    if text.isascii() and text.isdigit():
        found = int(text)
        datetime.fromtimestamp(found / 1000, UTC)  # refuses what is no moment
        return found
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return round(moment.timestamp() * 1000)


def _kept(text: str | None) -> str | None:
    return text.replace("\x00", "")[:200] if text else None
