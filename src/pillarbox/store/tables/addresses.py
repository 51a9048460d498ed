"""Tables of the addresses that mail is sent from."""

from sqlalchemy import BigInteger, Column, Index, Integer, Table, Text

from pillarbox.store.tables.schema import metadata

dedicated_ip_pools = Table(
    "dedicated_ip_pools",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("scaling_mode", Text, nullable=False),
    Column("tags", Text, nullable=False),
)

#: Addresses that mail leaves by. `account_id` null: shared. `pool` null: the default or the shared
#: pool. `warmup_started_at` null: warm.
dedicated_ips = Table(
    "dedicated_ips",
    metadata,
    Column("address", Text, primary_key=True),
    Column("account_id", Text),
    Column("pool", Text),
    Column("node", Text, nullable=False),
    Column("bind", Text, nullable=False),
    Column("helo", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("warmup_started_at", BigInteger),
    Index("dedicated_ips_account", "account_id", "address"),
)

#: What an address took of a day's warm-up volume, and what had to go another way. `day`: days since
#: the epoch.
dedicated_ip_days = Table(
    "dedicated_ip_days",
    metadata,
    Column("address", Text, primary_key=True),
    Column("day", Integer, primary_key=True),
    Column("taken", BigInteger, nullable=False),
    Column("overflowed", BigInteger, nullable=False),
)
