"""The schema, once, for SQLite and PostgreSQL.

Times are milliseconds since the epoch. Row ids are UUIDv7 as 16 bytes, which sort by time on both
engines; on PostgreSQL the large tables are partitioned by ranges of it (`store/partitions.py`).
Everything belongs to an account.

Long because it is one list: who looks for a column looks here.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    Text,
    text,
)

metadata = MetaData()

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

#: `status`: active, suspended, restricted (for good), closed (OptInRequired). `max_24h` -1: no
#: limit. `suppressed_reasons`: a JSON list; null: both reasons.
accounts = Table(
    "accounts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("production", Boolean, nullable=False),
    Column("status", Text, nullable=False),
    Column("sending_enabled", Boolean, nullable=False),
    Column("auto_warmup", Boolean, nullable=False),
    Column("enforcement", Text, nullable=False),
    Column("max_24h", Float, nullable=False),
    Column("max_rate", Float, nullable=False),
    Column("generation", BigInteger, nullable=False),
    Column("suppressed_reasons", Text),
)

#: `operations`: JSON list of allowed API operations, null for all. Secrets are sealed with the
#: master key.
access_keys = Table(
    "access_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("account_id", Text, nullable=False, index=True),
    Column("secret_sealed", LargeBinary, nullable=False),
    Column("session_token_sealed", LargeBinary),
    Column("operations", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("expires_at", BigInteger),
    Column("revoked_at", BigInteger),
)

#: `kind`: DOMAIN or EMAIL_ADDRESS. `status`: what the checks found (never "verified because of
#: capture mode"). `dkim_status` null: the same as `status`. `txt_token`: the value of its
#: verification record (SES v1). `signing_origin`: EXTERNAL for a key of the customer's, null for
#: ours. `rotate_at`: when the next key begins to sign. `soa`: primary, administrator and serial
#: number as the last check saw them.
identities = Table(
    "identities",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("kind", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("check_started_at", BigInteger, nullable=False),
    Column("checks", Integer, nullable=False),
    Column("checked_at", BigInteger),
    Column("last_success_at", BigInteger),
    Column("next_check_at", BigInteger),
    Column("check_error", Text),
    Column("signing_enabled", Boolean, nullable=False),
    Column("signing_key_bits", Integer, nullable=False),
    Column("feedback_forwarding", Boolean, nullable=False),
    Column("mail_from_domain", Text),
    Column("mail_from_status", Text),
    Column("mail_from_behavior", Text, nullable=False),
    Column("configuration_set", Text),
    Column("tags", Text, nullable=False),
    Column("txt_token", Text),
    Column("dkim_status", Text),
    Column("dkim_started_at", BigInteger),
    Column("dkim_checks", Integer),
    Column("signing_origin", Text),
    Column("next_key_bits", Integer),
    Column("keys_made_at", BigInteger),
    Column("rotate_at", BigInteger),
    Column("mail_from_started_at", BigInteger),
    Column("mail_from_checks", Integer),
    Column("soa", Text),
    Index("identities_next_check", "next_check_at"),
    Index("identities_rotate", "rotate_at"),
)

#: What an identity's bounces, complaints and deliveries are told to (SES v1): one row for each
#: `kind` that was ever set. `headers`: whether the notification shows the message's headers.
identity_notifications = Table(
    "identity_notifications",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("identity", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("topic", Text),
    Column("headers", Boolean, nullable=False),
)

#: A DKIM key. `token` names it: its selector, or SELECTOR/ID where a selector has had several keys
#: or is the customer's own (`selector` says which, null: the token itself). Position 0 signs; the
#: others are there to rotate to, and -1 waits to be found in DNS. `origin`: EXTERNAL for a
#: customer's key, null for ours. `verified_at`: since when it is known to be in DNS. A deleted
#: identity's keys stay in DNS (`retired_at`) while its mail is still on the way.
dkim_tokens = Table(
    "dkim_tokens",
    metadata,
    Column("token", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("identity", Text, nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("private_key_sealed", LargeBinary, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger),
    Column("selector", Text),
    Column("origin", Text),
    Column("key_bits", Integer),
    Column("verified_at", BigInteger),
    Index("dkim_tokens_identity", "account_id", "identity"),
    Index("dkim_tokens_selector", "selector"),
)

configuration_sets = Table(
    "configuration_sets",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("created_at", BigInteger, nullable=False),
    Column("sending_enabled", Boolean, nullable=False),
    Column("reputation_metrics", Boolean, nullable=False),
    Column("last_fresh_start", BigInteger),
    Column("tls_policy", Text),
    Column("sending_pool", Text),
    Column("max_delivery_seconds", Integer),
    Column("custom_redirect_domain", Text),
    Column("https_policy", Text),
    Column("suppressed_reasons", Text),
    Column("tags", Text, nullable=False),
)

#: `event_types`, `settings`: JSON, the latter of the value that `kind` says
#: (`model/event_destination.py`).
event_destinations = Table(
    "event_destinations",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("configuration_set", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("enabled", Boolean, nullable=False),
    Column("event_types", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("settings", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Index("event_destinations_name", "account_id", "configuration_set", "name", unique=True),
)

#: `folded`: the address in lower case, by which recipients are compared. `message_id`,
#: `feedback_id`: the message and the event that put it there, null when a call did.
suppressed_destinations = Table(
    "suppressed_destinations",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("address", Text, primary_key=True),
    Column("folded", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("message_id", Text),
    Column("feedback_id", Text),
    Index("suppressed_destinations_folded", "account_id", "folded"),
)

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

#: Recipients accepted in a span of ten minutes, a row for each worker so that workers do not wait
#: for each other.
send_counts = Table(
    "send_counts",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("bucket", BigInteger, primary_key=True),
    Column("worker", Text, primary_key=True),
    Column("recipients", BigInteger, nullable=False),
)

#: A message as it was accepted: all that shapes it is frozen here. `mail`: the event record's
#: `mail` object (JSON).
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
    postgresql_partition_by="RANGE (id)",
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
#: itself.
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

#: `detail`: the event's own block (JSON); the `mail` object is the message's.
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
)

#: Local topics. `signature_version`: 1 (SHA-1) or 2 (SHA-256).
topics = Table(
    "topics",
    metadata,
    Column("arn", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("signature_version", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)

#: Webhooks of topics. `raw`: the message alone, without envelope. `confirmed_at` null: nothing but
#: the request to confirm goes there. The id stands for the webhook in outbox rows.
topic_subscriptions = Table(
    "topic_subscriptions",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("topic_arn", Text, nullable=False),
    Column("endpoint", Text, nullable=False),
    Column("raw", Boolean, nullable=False),
    Column("token", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("confirmed_at", BigInteger),
    Index("topic_subscriptions_endpoint", "topic_arn", "endpoint", unique=True),
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

#: The keys that tracking URLs are signed with, sealed. `id`: 0 to 255, stands in each token.
#: `retired_at`: from when on nothing new is signed with it; what was signed stays good for ever.
tracking_keys = Table(
    "tracking_keys",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("secret_sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger),
)

#: Tables that PostgreSQL partitions by time, with the column whose UUIDv7 gives the time.
PARTITIONED = {
    "messages": "id",
    "message_bodies": "message_id",
    "recipients": "message_id",
    "events": "id",
    "outbox": "event_id",
}
