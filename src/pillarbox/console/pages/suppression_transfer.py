"""The suppression list as CSV: all of it as a file, and lines of one put on the list."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse

from pillarbox.base.errors import NotFound
from pillarbox.console.as_it_goes import Words, as_it_goes
from pillarbox.console.form import FormError
from pillarbox.console.page import Bounds, act, show
from pillarbox.console.visit import Visit
from pillarbox.manage.recipients.suppression_csv import (
    COLUMNS,
    BadLine,
    Defaults,
    read_rows,
    write_rows,
)
from pillarbox.model.account import SUPPRESSION_REASONS
from pillarbox.model.user import Role
from pillarbox.store.lists.suppression import SuppressedRow, list_suppressed, put_many_suppressed

PATH = "/{account}/suppression"
#: Entries that are read, or written, at once.
PORTION = 5000
#: Bad lines that are told.
TOLD = 10
#: Octets of one import's lines; as a form, with escapes, they are half as many again or more.
MOST = 20_000_000
#: Characters of lines that a form which is wrong sends back.
SHOWN_AGAIN = 500_000
#: An import takes a while to come, and to be checked.
_BOUNDS = Bounds(octets=3 * MOST, seconds=300)


@dataclass(frozen=True, slots=True)
class Checked:
    """How many lines are good and bad, and the first of the bad ones."""

    good: int
    bad: int
    first: Sequence[BadLine]


async def export(visit: Visit) -> Response:
    """Give the whole list by address, page by page, each read by itself."""
    if visit.label("form") != "csv":
        raise NotFound("The export is csv.")

    async def lines() -> AsyncIterator[str]:
        yield ",".join(COLUMNS) + "\n"
        after = ""
        while page := await visit.read(_after(visit.account_id, after)):
            yield write_rows(page)
            after = page[-1].address

    headers = {"Content-Disposition": 'attachment; filename="suppression.csv"'}
    return StreamingResponse(lines(), media_type="text/csv", headers=headers)


async def ask_import(visit: Visit) -> Response:
    """Show the form; much text is not sent back."""
    if len(visit.form.raw("lines")) > SHOWN_AGAIN:
        visit.form = visit.form.without("lines")
        said = visit.problems.get("lines", "")
        visit.problems = {**visit.problems, "lines": f"{said} Give the lines again.".strip()}
    return visit.page("suppression_import.html", most=MOST)


async def import_lines(visit: Visit) -> Response:
    """Put lines of CSV on the list; all are checked first."""
    form, reason = visit.form, visit.form.text("reason")
    if reason not in SUPPRESSION_REASONS:
        raise FormError({"reason": "Choose one."})
    defaults = Defaults(account_id=visit.account_id, reason=reason, now=visit.now)
    lines = form.raw("lines").encode()
    if len(lines) > MOST:
        raise FormError({"lines": f"At most {MOST:,} bytes."})
    checked = await asyncio.to_thread(_check, lines, defaults)
    if checked.bad and not form.checked("skip"):
        raise FormError({"lines": f"Nothing was imported: {_told(checked)}."})
    if not checked.good:
        raise FormError({"lines": "There is no address here."})
    work, words = _import(visit, lines, defaults), _words(visit, checked)
    if checked.good > PORTION:
        return as_it_goes(visit, work, words)
    async for _ in work:
        pass  # one portion, which is all or nothing
    return visit.redirect(words.back, words.result)


async def _import(visit: Visit, lines: bytes, defaults: Defaults) -> AsyncIterator[int]:
    """Put the good lines on the list, portion by portion; give how many are."""
    found, done = read_rows(io.BytesIO(lines), defaults), 0
    rows = (one for one in found if not isinstance(one, BadLine))
    while portion := await asyncio.to_thread(lambda: list(islice(rows, PORTION))):
        await visit.change(
            "suppression.import", visit.account_id, _put(portion), addresses=len(portion)
        )
        done += len(portion)
        yield done


def _words(visit: Visit, checked: Checked) -> Words:
    result = (
        f"{checked.good:,} {'addresses are' if checked.good > 1 else 'address is'} on the list."
    )
    if checked.bad:
        lines = "lines were" if checked.bad > 1 else "line was"
        numbers = ", ".join(f"{one.number:,}" for one in checked.first)
        result += f" {checked.bad:,} {lines} skipped: {numbers}{_more(checked)}."
    return Words(
        title="Importing addresses",
        so_far=lambda done: f"{done:,} of {checked.good:,} addresses are on the list.",
        result=result,
        stopped="It stopped there: the rest was not imported. Import the lines again; what is on "
        "the list already stays as they say.",
        back=visit.url("/suppression"),
    )


def _check(lines: bytes, defaults: Defaults) -> Checked:
    """Read all lines, and keep none but the first bad ones."""
    good, bad, first = 0, 0, []
    for one in read_rows(io.BytesIO(lines), defaults):
        if not isinstance(one, BadLine):
            good += 1
            continue
        bad += 1
        if bad <= TOLD:
            first.append(one)
    return Checked(good, bad, tuple(first))


def _told(checked: Checked) -> str:
    return "; ".join(f"line {one.number}: {one.why}" for one in checked.first) + _more(checked)


def _more(checked: Checked) -> str:
    more = checked.bad - len(checked.first)
    return f"; and {more:,} more" if more else ""


def _after(account_id: str, after: str) -> Callable[[Connection], Sequence[SuppressedRow]]:
    def read(conn: Connection) -> Sequence[SuppressedRow]:
        return list_suppressed(conn, account_id, after=after, limit=PORTION)

    return read


def _put(portion: Sequence[SuppressedRow]) -> Callable[[Connection], None]:
    def write(conn: Connection) -> None:
        put_many_suppressed(conn, portion)

    return write


PAGES = (
    show(f"{PATH}/export.{{form}}", Role.VIEWER, export),
    show(f"{PATH}/import", Role.OPERATOR, ask_import),
    act(f"{PATH}/import", Role.OPERATOR, import_lines, ask_import, bounds=_BOUNDS),
)
