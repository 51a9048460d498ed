"""Tables of configuration sets and of where their events go."""

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, LargeBinary, Table, Text, text

from pillarbox.store.tables.schema import metadata

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
#: the request to confirm goes there. The id stands for the webhook in outbox rows. `style`: null
#: for SNS's envelope, `standard` for a Standard Webhook, which has a secret; the former one counts
#: until `former_secret_until`.
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
    Column("style", Text),
    Column("secret_sealed", LargeBinary),
    Column("former_secret_sealed", LargeBinary),
    Column("former_secret_until", BigInteger),
    Index("topic_subscriptions_endpoint", "topic_arn", "endpoint", unique=True),
)

#: Finds the custom domains of configuration sets, which are looked for twice a second.
Index(
    "configuration_sets_redirect",
    configuration_sets.c.custom_redirect_domain,
    sqlite_where=text("custom_redirect_domain IS NOT NULL"),
    postgresql_where=text("custom_redirect_domain IS NOT NULL"),
)
