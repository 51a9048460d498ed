"""The table of attempts on record."""

from sqlalchemy import Column, LargeBinary, SmallInteger, Table, Text

from pillarbox.store.tables.schema import metadata

#: One attempt to deliver to one recipient. `id`: a UUIDv7 of the moment it was settled; `detail`:
#: its conversation as JSON (`events/attempt_record.py`). One index, in which a message's attempts
#: lie beside each other.
attempts = Table(
    "attempts",
    metadata,
    Column("message_id", LargeBinary(16), primary_key=True),
    Column("id", LargeBinary(16), primary_key=True),
    Column("position", SmallInteger, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("detail", Text, nullable=False),
    postgresql_partition_by="RANGE (message_id)",
)
