"""MTA-STS policies of recipients' domains, for all nodes together."""

from sqlalchemy import BigInteger, Column, Table, Text

from pillarbox.store.tables.schema import metadata

#: By domain, the policy that was fetched last: `mx` its patterns, one a line; `max_age` seconds;
#: `used_at`: when mail last had it fetched.
sts_policies = Table(
    "sts_policies",
    metadata,
    Column("domain", Text, primary_key=True),
    Column("announced_id", Text, nullable=False),
    Column("mode", Text, nullable=False),
    Column("mx", Text, nullable=False),
    Column("max_age", BigInteger, nullable=False),
    Column("fetched_at", BigInteger, nullable=False),
    Column("used_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger, nullable=False, index=True),
)
