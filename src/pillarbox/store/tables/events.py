"""Tables of events and of their way to destinations."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)

from pillarbox.store.tables.schema import metadata

#: `detail`: the event's own block (JSON); the `mail` object is the message's. Of a test event,
#: which is of no message, it is the whole record.
events = Table(
    "events",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("message_id", LargeBinary(16), nullable=False),
    Column("position", SmallInteger),
    Column("type", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("detail", Text, nullable=False),
    Index("events_message", "message_id"),
    postgresql_partition_by="RANGE (id)",
)

#: An event on its way to one destination. A shard keeps the order of a message's events.
outbox = Table(
    "outbox",
    metadata,
    Column("event_id", LargeBinary(16), primary_key=True),
    Column("destination_id", LargeBinary(16), primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("message_id", LargeBinary(16), nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claim_owner", Text),
    Column("claim_token", LargeBinary(16)),
    Column("last_error", Text),
    Column("waiting_since", BigInteger),  # null: since the event
    Index("outbox_order", "destination_id", "shard", "event_id"),
    postgresql_partition_by="RANGE (event_id)",
)

#: What topics are told besides events, which `outbox.event_id` may name as well: that an event
#: happened (`event_id`), in the form of an identity's notifications, or a text of its own.
#: `message_id`: the message's; the notice's own id where it is about none.
notices = Table(
    "notices",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("message_id", LargeBinary(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("event_id", LargeBinary(16)),
    Column("headers", Boolean, nullable=False),
    Column("text", Text),
    Index("notices_message", "message_id"),
)

#: The lease on a destination's shard, and when it is tried again after nothing went through.
outbox_shards = Table(
    "outbox_shards",
    metadata,
    Column("destination_id", LargeBinary(16), primary_key=True),
    Column("shard", SmallInteger, primary_key=True),
    Column("owner", Text, nullable=False),
    Column("until", BigInteger, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("failures", Integer, nullable=False),
)

#: Events that a destination refused, or did not take in time.
dead_letters = Table(
    "dead_letters",
    metadata,
    Column("event_id", LargeBinary(16), primary_key=True),
    Column("destination_id", LargeBinary(16), primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("message_id", LargeBinary(16), nullable=False),
    Column("shard", SmallInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("died_at", BigInteger, nullable=False),
    Column("reason", Text, nullable=False),
    Index("dead_letters_destination", "destination_id", "event_id"),
    Index("dead_letters_message", "message_id"),
    Index("dead_letters_account", "account_id", "event_id"),
)
