"""Time partitions on PostgreSQL: a partition a week for each large table, made ahead of time.

Rows are placed by the time inside their UUIDv7. A default partition takes what no week was made
for, so that nothing is ever refused; making weeks ahead (at migration and daily under a lease)
keeps it empty. On SQLite the tables are whole and none of this does anything.
"""

import re
from datetime import UTC, datetime

from sqlalchemy import Connection, inspect, text

from pillarbox.base.ids import uuid7_floor
from pillarbox.store.tables import PARTITIONED

WEEK_MS = 7 * 24 * 3600 * 1000
#: Thursday 1970-01-01 is day 0; weeks begin on Mondays.
_MONDAY_OFFSET_MS = 3 * 24 * 3600 * 1000
WEEKS_AHEAD = 4


def week_start(ms: int) -> int:
    """Give the start of the week (Monday 00:00 UTC) of a moment, in milliseconds."""
    return ms - (ms + _MONDAY_OFFSET_MS) % WEEK_MS


def partition_name(table: str, start_ms: int) -> str:
    """Name the partition of a week: `events_2026_11_16`."""
    return f"{table}_{datetime.fromtimestamp(start_ms / 1000, UTC):%Y_%m_%d}"


def ensure_partitions(conn: Connection, now_ms: int, weeks: int = WEEKS_AHEAD) -> None:
    """Make the partitions of this week and the next ones where they are missing. Does nothing on
    SQLite.
    """
    if conn.dialect.name != "postgresql":
        return
    for table in _partitioned(conn):
        for week in range(weeks + 1):
            _make_partition(conn, table, week_start(now_ms) + week * WEEK_MS)


def make_default_partitions(conn: Connection) -> None:
    """Make the partition of each table that takes what no week takes. Does nothing on SQLite."""
    if conn.dialect.name != "postgresql":
        return
    for table in _partitioned(conn):
        conn.execute(
            text(f"CREATE TABLE IF NOT EXISTS {table}_default PARTITION OF {table} DEFAULT")
        )


def drop_old_partitions(conn: Connection, before: int) -> None:
    """Drop the weeks that ended before a moment. Does nothing on SQLite.

    A message is final long before (14 hours at most), so that nothing queued is among them.
    """
    if conn.dialect.name != "postgresql":
        return
    for table in _partitioned(conn):
        oldest_kept = partition_name(table, week_start(before))
        for name in _week_partitions(conn, table):
            if name < oldest_kept:
                conn.execute(text(f"DROP TABLE {name}"))


def _partitioned(conn: Connection) -> list[str]:
    """Give the tables that there are: an early migration runs before later ones make theirs."""
    known = set(inspect(conn).get_table_names())
    return [table for table in PARTITIONED if table in known]


def _week_partitions(conn: Connection, table: str) -> list[str]:
    """Give the names of a table's weekly partitions; they sort by time."""
    names = inspect(conn).get_table_names()
    return [name for name in names if re.fullmatch(rf"{table}_\d{{4}}_\d\d_\d\d", name)]


def _make_partition(conn: Connection, table: str, start_ms: int) -> None:
    first, last = uuid7_floor(start_ms).hex(), uuid7_floor(start_ms + WEEK_MS).hex()
    conn.execute(
        text(
            f"CREATE TABLE IF NOT EXISTS {partition_name(table, start_ms)} PARTITION OF {table} "
            rf"FOR VALUES FROM ('\x{first}') TO ('\x{last}')"
        )
    )
