"""The table of what mail led to, for the reputation of who sent it."""

from sqlalchemy import BigInteger, Column, Table, Text

from pillarbox.store.tables.schema import metadata

#: What became of the recipients of mail that was accepted in an hour (`bucket`: its start, or the
#: set's fresh start within it): `sent` are those tried to an end, of which so many bounced and so
#: many complained. `scope` and `name` say for whom: account (empty), set, domain, ip. A row for
#: each worker, so that workers do not wait for each other.
reputation_counts = Table(
    "reputation_counts",
    metadata,
    Column("scope", Text, primary_key=True),
    Column("account_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("bucket", BigInteger, primary_key=True),
    Column("worker", Text, primary_key=True),
    Column("sent", BigInteger, nullable=False),
    Column("bounces", BigInteger, nullable=False),
    Column("complaints", BigInteger, nullable=False),
)
