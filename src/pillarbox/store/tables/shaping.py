"""Tables of limits that all workers share, and of what hosts say of too much."""

from sqlalchemy import BigInteger, Column, Float, Integer, Table, Text

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

#: Groups of hosts that complained: what stands before their limits, their last complaint.
shaping_groups = Table(
    "shaping_groups",
    metadata,
    Column("name", Text, primary_key=True),
    Column("factor", Float, nullable=False),
    Column("why", Text, nullable=False),
    Column("shrunk_at", BigInteger, nullable=False),
    Column("changed_at", BigInteger, nullable=False),
)

#: Addresses that a group blocks: taken out for it until then. `address` empty: the system's own.
address_blocks = Table(
    "address_blocks",
    metadata,
    Column("address", Text, primary_key=True),
    Column("group_name", Text, primary_key=True),
    Column("since", BigInteger, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("times", Integer, nullable=False),
    Column("reply", Text, nullable=False),
)

#: What an address took of a day's warm-up volume for one group of hosts.
dedicated_ip_group_days = Table(
    "dedicated_ip_group_days",
    metadata,
    Column("address", Text, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("group_name", Text, primary_key=True),
    Column("taken", BigInteger, nullable=False),
    Column("overflowed", BigInteger, nullable=False),
)
