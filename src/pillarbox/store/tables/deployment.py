"""Tables of the deployment itself: its values, what tells caches to look again, leases."""

from sqlalchemy import BigInteger, Column, Table, Text

from pillarbox.store.tables.schema import metadata

#: name -> value: the mode, the master key's check value and the like.
meta = Table(
    "meta",
    metadata,
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
)

#: Counters that tell a cache whether what it holds is still so; scope `keys` for all access keys.
generations = Table(
    "generations",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("generation", BigInteger, nullable=False),
)

#: Work that must happen once at a time on all nodes together: identity checks, partitions,
#: retention.
leases = Table(
    "leases",
    metadata,
    Column("name", Text, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
)
