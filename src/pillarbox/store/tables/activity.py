"""The table of what happened to mail, counted by the hour."""

from sqlalchemy import BigInteger, Column, Table, Text

from pillarbox.store.tables.schema import metadata

#: So many events of a type in the hour that begins at `bucket`. `kind`: what tells events of the
#: type apart: the verdict on an open or click, whether a bounce is for good, else empty. A row for
#: each worker, so that workers do not wait for each other.
event_counts = Table(
    "event_counts",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("bucket", BigInteger, primary_key=True),
    Column("type", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("worker", Text, primary_key=True),
    Column("events", BigInteger, nullable=False),
)
