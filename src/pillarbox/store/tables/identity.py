"""Tables of identities: their verification, keys and notifications."""

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
#: `kind` that was ever set. `headers`: whether the notification shows the message's headers. `id`
#: stands for the topic in outbox rows; null until a topic is set.
identity_notifications = Table(
    "identity_notifications",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("identity", Text, primary_key=True),
    Column("kind", Text, primary_key=True),
    Column("topic", Text),
    Column("headers", Boolean, nullable=False),
    Column("id", LargeBinary(16)),
    Index("identity_notifications_id", "id"),
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
