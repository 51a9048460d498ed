"""A store with rows in every table, so many of each, for tests that go through all pages.

Every text that nobody has said a shape for (`stock_shapes.py`) is a word of the test's choice: a
new table or column comes in by itself. All belongs to ACCOUNT; what has parts (a message, a set, a
list, a topic, an address) has all of them in its first row, so that pages about one thing grow with
the number as lists do.
"""

import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import msgspec
from sqlalchemy import (
    Boolean,
    Column,
    Connection,
    Float,
    Integer,
    LargeBinary,
    Table,
    Text,
    insert,
    update,
)

from pillarbox.deliver.capture import CapturedMessage, day_of
from pillarbox.store.tables import accounts, metadata
from tests.console.conftest import ACCOUNT, NOW
from tests.console.stock_contents import Rows, mail_bytes
from tests.console.stock_shapes import CHECKED, ELSEWHERE, SEGMENTS, SHAPES

Words = Callable[[str], str]


class Stock(Rows):
    """Rows of every table. `words`: gives the text of a field, named `table.column`.

    `asked`: the fields that were given a word.
    """

    def __init__(self, words: Words) -> None:
        self._words = words
        self.asked: set[str] = set()

    def word(self, field: str) -> str:
        """Give the text of a field; where it stands in paths, without a slash."""
        self.asked.add(field)
        text = self._words(field)
        if field in CHECKED:
            return re.sub("[^A-Za-z0-9_-]", "", text)[:40]
        return text.replace("/", "") if field in SEGMENTS else text

    def value(self, field: str, number: int) -> Any:
        """Give what a field of a row holds."""
        table, _, column = field.partition(".")
        shapes = SHAPES.get(table, {})
        if column not in shapes:
            return self._plain(metadata.tables[table].c[column], number)
        shape = shapes[column]
        return shape(self, number) if callable(shape) else shape

    def _plain(self, column: Column[Any], number: int) -> Any:
        """Give a value of the column's type."""
        field = f"{column.table.name}.{column.name}"
        if column.name == "account_id":
            return ACCOUNT
        if isinstance(column.type, Text):
            return f"{self.word(field)}{number}" if _tells_apart(column) else self.word(field)
        if isinstance(column.type, LargeBinary):
            return self.key(column.table.name, number)
        if isinstance(column.type, Boolean):
            return True
        if isinstance(column.type, Float):
            return 1.0
        assert isinstance(column.type, Integer), field
        return NOW - number * 1000 if column.name.endswith(("_at", "until", "bucket")) else number

    def row(self, table: Table, number: int) -> dict[str, Any]:
        """Give a row of a table."""
        return {one.name: self.value(f"{table.name}.{one.name}", number) for one in table.c}

    def fill(self, conn: Connection, numbers: Iterable[int], folder: Path) -> None:
        """Put rows of these numbers into every table, and captured mail into its folder."""
        numbers = list(numbers)
        for table in metadata.sorted_tables:
            if table.name not in ELSEWHERE:
                conn.execute(insert(table), [self.row(table, one) for one in numbers])
        own = {"name": self.word("accounts.name"), "status": "active", "enforcement": "PROBATION"}
        own["enforcement_reason"] = self.word("accounts.enforcement_reason")
        conn.execute(update(accounts).where(accounts.c.id == ACCOUNT).values(**own))
        for one in numbers:
            self._capture(folder, one)

    def _capture(self, folder: Path, number: int) -> None:
        key = self.key("captured", number)
        mail = CapturedMessage(
            recipient=self.word("captured.recipient"),
            sender=self.word("captured.sender"),
            message_id=self.message_id(number),
            return_path=self.word("captured.return_path"),
            captured_at=NOW,
            raw=mail_bytes(self, "captured"),
        )
        day = folder / day_of(key)
        day.mkdir(parents=True, exist_ok=True)
        file = day / f"{key.hex()}-000-{ACCOUNT}.json"
        file.write_bytes(msgspec.json.encode(mail))


def _tells_apart(column: Column[Any]) -> bool:
    """Tell whether rows must differ in a column."""
    return bool(column.primary_key or column.unique or column.name in {"name", "folded", "arn"})
