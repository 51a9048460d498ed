"""Tables of what is known of recipients, and of segments of them."""

from sqlalchemy import BigInteger, Column, Integer, Table, Text

from pillarbox.model.engagement import KINDS
from pillarbox.store.tables.schema import metadata

#: A recipient of an application. `folded`: the address in lower case, by which recipients are
#: compared; a kind's `…_at`: when it happened last, 0: never. No further index: each of them would
#: make each event dearer, and segments are counted by one walk over the key.
engagement = Table(
    "engagement",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("application", Text, primary_key=True),
    Column("folded", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("since", BigInteger, nullable=False),
    *(Column(kind, Integer, nullable=False) for kind in KINDS),
    *(Column(f"{kind}_at", BigInteger, nullable=False) for kind in KINDS),
)

#: The tags of the message that last had one of this name. `at`: when that was accepted.
engagement_attributes = Table(
    "engagement_attributes",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("application", Text, primary_key=True),
    Column("folded", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("value", Text, nullable=False),
    Column("at", BigInteger, nullable=False),
)

#: A saved segment. `rule`: as it was written (`proto/segment_rule.py`).
segments = Table(
    "segments",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("application", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("rule", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
