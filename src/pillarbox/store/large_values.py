"""Values of megabytes, written and read without the copies that a statement makes of its values.

Takes a column of octets and its rows; hands on the same values. A value that is bound to a
statement is in memory two or three times more, and some of those copies stay with the connection:
SQLite keeps what was bound until the statement is used again, libpq never gives a buffer back. So
on SQLite a large value goes into a row that waits for it (incremental I/O), and on PostgreSQL it
goes by COPY and comes in pieces (docs/why/0075). Smaller values take the usual way.
"""

import io
import sqlite3
import struct
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    BindParameter,
    Column,
    ColumnElement,
    Connection,
    Select,
    Table,
    bindparam,
    case,
    func,
    insert,
    literal_column,
    select,
)
from sqlalchemy.exc import DBAPIError

#: Octets from which on a value is large.
LARGE = 1024 * 1024
_PIECE = 1024 * 1024
_READ_PIECE = 4 * _PIECE  # a compressed value is unpacked from its beginning for each
_ROWID: ColumnElement[int] = literal_column("rowid")
_COPY_BEGINS = b"PGCOPY\n\xff\r\n\0" + bytes(8)  # no flags, no header extension
_COPY_ENDS = struct.pack("!h", -1)


class LargeValues:
    """The octets in one column of a table whose key is one column of octets as well."""

    def __init__(self, table: Table, key: str, column: str) -> None:
        self._table = table
        self._key: Column[bytes] = table.c[key]
        self._column: Column[bytes] = table.c[column]
        self._insert = insert(table)
        self._of_id = self._key == bindparam("id")
        # Built once: SQLAlchemy finds their compiled form by identity then.
        self._reading = {
            "sqlite": self._select(func.length),
            "postgresql": self._select(func.octet_length),
        }

    def insert(self, conn: Connection, rows: Sequence[dict[str, Any]]) -> None:
        """Insert rows; a row's other values are octets, texts, 64-bit integers or None."""
        small = [row for row in rows if len(row[self._column.name]) < LARGE]
        if small:
            conn.execute(self._insert, small)
        if len(small) == len(rows):
            return
        write = self._fill if conn.dialect.name == "sqlite" else self._copy
        for row in rows:
            if len(row[self._column.name]) >= LARGE:
                write(conn, row)

    def read(self, conn: Connection, ids: Sequence[bytes]) -> dict[bytes, bytes]:
        """Give the values of rows, by their keys; one that is gone is missing from the answer."""
        found = {}
        rows = conn.execute(self._reading[conn.dialect.name], {"ids": list(ids)}).all()
        for key, size, value in rows:
            whole = self._read_large(conn, key, size) if value is None else value
            if whole is not None:
                found[key] = whole
        return found

    def _select(self, octets_of: Callable[[Any], ColumnElement[int]]) -> Select[Any]:
        """Select keys, lengths, and the values that are not large.

        `octets_of`: the function that counts octets without reading them.
        """
        length = octets_of(self._column)
        ids: BindParameter[Any] = bindparam("ids", expanding=True)
        small = case((length < LARGE, self._column), else_=None)
        return select(self._key, length, small).where(self._key.in_(ids))

    def _read_large(self, conn: Connection, key: bytes, size: int) -> bytes | None:
        if conn.dialect.name != "sqlite":
            return self._read_pieces(conn, key, size)
        query = select(_ROWID).select_from(self._table).where(self._of_id)
        rowid = conn.execute(query, {"id": key}).scalar_one_or_none()
        if rowid is None:
            return None
        with _errors_of(conn), self._opened(conn, rowid, readonly=True) as blob:
            return blob.read()

    # SQLite: incremental I/O.

    def _fill(self, conn: Connection, row: Mapping[str, Any]) -> None:
        """Insert a row of zeros and write the value over them."""
        value = row[self._column.name]
        zeros = {**row, self._column.name: func.zeroblob(len(value))}
        rowid = conn.execute(self._insert.values(zeros).returning(_ROWID)).scalar_one()
        with _errors_of(conn), self._opened(conn, rowid, readonly=False) as blob:
            blob.write(value)

    def _opened(self, conn: Connection, rowid: int, *, readonly: bool) -> sqlite3.Blob:
        connection: Any = conn.connection.driver_connection
        opened: sqlite3.Blob = connection.blobopen(
            self._table.name, self._column.name, rowid, readonly=readonly
        )
        return opened

    # PostgreSQL: COPY in its binary format, and substrings.

    def _copy(self, conn: Connection, row: Mapping[str, Any]) -> None:
        """Insert a row; the value goes last, in pieces."""
        value = memoryview(row[self._column.name])
        others = [name for name in row if name != self._column.name]
        names = ", ".join((*others, self._column.name))
        head = (
            _COPY_BEGINS,
            struct.pack("!h", len(row)),
            *(_field(row[name]) for name in others),
            struct.pack("!i", len(value)),
        )
        statement = f"COPY {self._table.name} ({names}) FROM STDIN WITH (FORMAT binary)"
        connection: Any = conn.connection.driver_connection
        with _errors_of(conn), connection.cursor() as cursor, cursor.copy(statement) as copying:
            copying.write(b"".join(head))
            for at in range(0, len(value), _PIECE):
                copying.write(bytes(value[at : at + _PIECE]))
            copying.write(_COPY_ENDS)

    def _read_pieces(self, conn: Connection, key: bytes, size: int) -> bytes | None:
        piece = func.substring(self._column, bindparam("start"), _READ_PIECE)
        query = select(piece).where(self._of_id)
        whole = io.BytesIO()
        for start in range(1, size + 1, _READ_PIECE):
            found = conn.execute(query, {"id": key, "start": start}).scalar_one_or_none()
            if found is None:
                return None
            whole.write(found)
        return whole.getvalue()


def _field(value: bytes | str | int | None) -> bytes:
    """Write a field of COPY's binary format."""
    if value is None:
        return struct.pack("!i", -1)
    if isinstance(value, int):
        return struct.pack("!iq", 8, value)
    octets = value.encode() if isinstance(value, str) else value
    return struct.pack("!i", len(octets)) + octets


@contextmanager
def _errors_of(conn: Connection) -> Iterator[None]:
    """Have errors of the driver be those that its statements raise through SQLAlchemy."""
    driver: Any = conn.dialect.loaded_dbapi
    try:
        yield
    except driver.Error as error:
        raise DBAPIError.instance(
            None, None, error, driver.Error, hide_parameters=True, dialect=conn.dialect
        ) from error
