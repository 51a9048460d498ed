"""Tables of limits that all workers share."""

from sqlalchemy import BigInteger, Column, Float, Table, Text

from pillarbox.store.tables.schema import metadata

#: A worker's portion of a limit, a fraction of it, until its lease ends; `wanted`: what it recently
#: wanted. The row whose holder is empty is the limit's own: it is held while portions change.
portions = Table(
    "portions",
    metadata,
    Column("name", Text, primary_key=True),
    Column("holder", Text, primary_key=True),
    Column("portion", Float, nullable=False),
    Column("wanted", Float, nullable=False),
    Column("until", BigInteger, nullable=False),
)
