"""Tables of mail: messages, recipients, and the queue over them."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    ColumnClause,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
    literal_column,
    text,
)

from pillarbox.store.tables.schema import metadata

#: A message as it was accepted: all that shapes it is frozen here. `mail`: the event record's
#: `mail` object (JSON). `list_plan`: its contact list (JSON, `model/contacts.py`). `scan`: what the
#: scanner said, null while nobody has asked it.
messages = Table(
    "messages",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("source", Text, nullable=False),
    Column("subject", Text),
    Column("configuration_set", Text),
    Column("mail", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("eight_bit", Boolean, nullable=False),
    Column("tls_required", Boolean, nullable=False),
    Column("sending_pool", Text),
    Column("signing_domain", Text),
    Column("signing_token", Text),
    Column("return_path_domain", Text, nullable=False),
    Column("feedback_to", Text),
    Column("deadline", BigInteger, nullable=False),
    Column("tracking", Text),
    Column("list_plan", Text),
    Column("scan", Text),
    Column("template_id", LargeBinary(16)),
    Column("shared_id", LargeBinary(16)),
    Index("messages_account", "account_id", "id"),
    postgresql_partition_by="RANGE (id)",
)

#: Find the messages that still need what they share (`store/tables/templates.py`).
for _column in ("template_id", "shared_id"):
    Index(
        f"messages_{_column}",
        messages.c[_column],
        sqlite_where=text(f"{_column} IS NOT NULL"),
        postgresql_where=text(f"{_column} IS NOT NULL"),
    )

message_bodies = Table(
    "message_bodies",
    metadata,
    Column("message_id", LargeBinary(16), primary_key=True),
    Column("content", LargeBinary, nullable=False),
    postgresql_partition_by="RANGE (message_id)",
)

#: One recipient of one message: what became of it, and while it is queued, its place in the queue.
#: `due_at` of a claimed recipient is the end of its lease: a lease that ends makes it due again by
#: itself. `sent_from`: the address of ours that settled it, null where the system chose one.
recipients = Table(
    "recipients",
    metadata,
    Column("message_id", LargeBinary(16), primary_key=True),
    Column("position", SmallInteger, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("address", Text, nullable=False),
    Column("lane", Text, nullable=False),
    Column("state", SmallInteger, nullable=False),
    Column("size", Integer, nullable=False),
    Column("due_at", BigInteger, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("claim_owner", Text),
    Column("claim_token", LargeBinary(16)),
    Column("last_reply", Text),
    Column("settled_at", BigInteger),
    Column("sent_from", Text),
    postgresql_partition_by="RANGE (message_id)",
)

Index(
    "recipients_due",
    recipients.c.lane,
    recipients.c.due_at,
    sqlite_where=text("state = 0"),
    postgresql_where=text("state = 0"),
)

Index(
    "recipients_claimed",
    recipients.c.claim_owner,
    sqlite_where=text("claim_owner IS NOT NULL"),
    postgresql_where=text("claim_owner IS NOT NULL"),
)

Index(
    "recipients_held",
    recipients.c.lane,
    sqlite_where=text("state = 5"),
    postgresql_where=text("state = 5"),
)

#: Who got what. Its front is the time (`RECIPIENT_SPAN_MS` each), so that accepting mail writes to
#: a few pages of it and not all over it (docs/why/0070).
RECIPIENT_SPAN_MS = 1 << 24
Index(
    "recipients_address",
    text("substr(message_id, 1, 3)"),
    text("lower(address)"),
    recipients.c.account_id,
    recipients.c.message_id,
)
#: Both literally, for only so the engines see what the index is over.
recipient_span: ColumnClause[bytes] = literal_column(
    "substr(recipients.message_id, 1, 3)", LargeBinary
)
recipient_folded: ColumnClause[str] = literal_column("lower(recipients.address)", Text)

#: As conditions, literally: a parameter would keep both engines from using the partial index.
QUEUED_ONLY = text("recipients.state = 0")
HELD_ONLY = text("recipients.state = 5")

#: The lanes that hold queued recipients (destination group, account), and when the first of them is
#: due.
lanes = Table(
    "lanes",
    metadata,
    Column("lane", Text, primary_key=True),
    Column("due_at", BigInteger, nullable=False),
    Index("lanes_due", "due_at"),
)

#: "This lane has something due then": appended by whoever queues, folded into `lanes` by whoever
#: claims.
lane_wakes = Table(
    "lane_wakes",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("lane", Text, nullable=False),
    Column("due_at", BigInteger, nullable=False),
)
