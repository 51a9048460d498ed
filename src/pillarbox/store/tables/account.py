"""Tables of accounts: access keys, counts of what was sent, the suppression list."""

from sqlalchemy import BigInteger, Boolean, Column, Float, Index, LargeBinary, Table, Text

from pillarbox.store.tables.schema import metadata

#: `status`: active, suspended, restricted (for good), closed (OptInRequired). `max_24h` -1: no
#: limit. `suppressed_reasons`: a JSON list; null: both reasons. `enforcement_since`, `_reason`: of
#: the enforcement status, null while nothing ever happened. `reputation_from`: mail accepted before
#: is no longer held against the account.
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
    Column("enforcement_since", BigInteger),
    Column("enforcement_reason", Text),
    Column("reputation_from", BigInteger),
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
    Index("suppressed_destinations_updated", "account_id", "updated_at", "address"),
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
