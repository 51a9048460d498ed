"""The suppression list as CSV: all of it as a file, and lines of one put on the list."""

import asyncio
import io
from collections.abc import AsyncIterator, Callable, Sequence

from sqlalchemy import Connection
from starlette.responses import Response, StreamingResponse

from pillarbox.base.errors import NotFound
from pillarbox.console.form import FormError
from pillarbox.console.page import act, show
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
from pillarbox.store.suppression import SuppressedRow, list_suppressed, put_many_suppressed

PATH = "/{account}/suppression"
#: Entries that are read, or written, at once.
PORTION = 5000
#: Bad lines that are told.
TOLD = 10


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
    """Show the form."""
    return visit.page("suppression_import.html")


async def import_lines(visit: Visit) -> Response:
    """Put lines of CSV on the list; all are checked first."""
    form, reason = visit.form, visit.form.text("reason")
    if reason not in SUPPRESSION_REASONS:
        raise FormError({"reason": "Choose one."})
    defaults = Defaults(account_id=visit.account_id, reason=reason, now=visit.now)
    good, bad = await asyncio.to_thread(_read, form.raw("lines"), defaults)
    if bad and not form.checked("skip"):
        raise FormError({"lines": _told(bad)})
    if not good:
        raise FormError({"lines": "There is no address here."})
    for start in range(0, len(good), PORTION):
        await visit.services.store.write(_put(good[start : start + PORTION]))
    await visit.change(
        "suppression.import", visit.account_id, lambda _conn: None, addresses=len(good)
    )
    done = f"{len(good):,} addresses are on the list."
    if bad:
        done += f" {len(bad):,} lines were skipped."
    return visit.redirect(visit.url("/suppression"), done)


def _read(text: str, defaults: Defaults) -> tuple[list[SuppressedRow], list[BadLine]]:
    good: list[SuppressedRow] = []
    bad: list[BadLine] = []
    for one in read_rows(io.BytesIO(text.encode()), defaults):
        if isinstance(one, BadLine):
            bad.append(one)
        else:
            good.append(one)
    return good, bad


def _told(bad: Sequence[BadLine]) -> str:
    said = "; ".join(f"line {one.number}: {one.why}" for one in bad[:TOLD])
    more = f"; and {len(bad) - TOLD:,} more" if len(bad) > TOLD else ""
    return f"Nothing was imported: {said}{more}."


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
    act(f"{PATH}/import", Role.OPERATOR, import_lines, ask_import),
)
