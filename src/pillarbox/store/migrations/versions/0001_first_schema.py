"""The first schema (expand)."""

import sqlalchemy as sa
from alembic import op

from pillarbox.base.clock import now_ms
from pillarbox.store.partitions import ensure_partitions, make_default_partitions

revision = "0001"
down_revision = None
phase = "expand"


def upgrade() -> None:
    """Make every table."""
    op.create_table(
        "access_keys",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("secret_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("session_token_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("operations", sa.Text(), nullable=True),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=True),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_access_keys_account_id"), "access_keys", ["account_id"], unique=False)
    op.create_table(
        "accounts",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("production", sa.Boolean(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("sending_enabled", sa.Boolean(), nullable=False),
        sa.Column("auto_warmup", sa.Boolean(), nullable=False),
        sa.Column("enforcement", sa.Text(), nullable=False),
        sa.Column("max_24h", sa.Float(), nullable=False),
        sa.Column("max_rate", sa.Float(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "configuration_sets",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("sending_enabled", sa.Boolean(), nullable=False),
        sa.Column("reputation_metrics", sa.Boolean(), nullable=False),
        sa.Column("last_fresh_start", sa.BigInteger(), nullable=True),
        sa.Column("tls_policy", sa.Text(), nullable=True),
        sa.Column("sending_pool", sa.Text(), nullable=True),
        sa.Column("max_delivery_seconds", sa.Integer(), nullable=True),
        sa.Column("custom_redirect_domain", sa.Text(), nullable=True),
        sa.Column("https_policy", sa.Text(), nullable=True),
        sa.Column("suppressed_reasons", sa.Text(), nullable=True),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "name"),
    )
    op.create_table(
        "dedicated_ip_pools",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("scaling_mode", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "name"),
    )
    op.create_table(
        "dkim_tokens",
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("private_key_sealed", sa.LargeBinary(), nullable=False),
        sa.Column("public_key", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("retired_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("token"),
    )
    op.create_index("dkim_tokens_identity", "dkim_tokens", ["account_id", "identity"], unique=False)
    op.create_table(
        "event_destinations",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("configuration_set", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("event_types", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("settings", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "event_destinations_name",
        "event_destinations",
        ["account_id", "configuration_set", "name"],
        unique=True,
    )
    op.create_table(
        "events",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=True),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index("events_message", "events", ["message_id"], unique=False)
    op.create_table(
        "generations",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope"),
    )
    op.create_table(
        "identities",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("check_started_at", sa.BigInteger(), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("checked_at", sa.BigInteger(), nullable=True),
        sa.Column("last_success_at", sa.BigInteger(), nullable=True),
        sa.Column("next_check_at", sa.BigInteger(), nullable=True),
        sa.Column("check_error", sa.Text(), nullable=True),
        sa.Column("signing_enabled", sa.Boolean(), nullable=False),
        sa.Column("signing_key_bits", sa.Integer(), nullable=False),
        sa.Column("feedback_forwarding", sa.Boolean(), nullable=False),
        sa.Column("mail_from_domain", sa.Text(), nullable=True),
        sa.Column("mail_from_status", sa.Text(), nullable=True),
        sa.Column("mail_from_behavior", sa.Text(), nullable=False),
        sa.Column("configuration_set", sa.Text(), nullable=True),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "name"),
    )
    op.create_index("identities_next_check", "identities", ["next_check_at"], unique=False)
    op.create_table(
        "lane_wakes",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "lanes",
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("lane"),
    )
    op.create_index("lanes_due", "lanes", ["due_at"], unique=False)
    op.create_table(
        "leases",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "message_bodies",
        sa.Column("message_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("message_id"),
        postgresql_partition_by="RANGE (message_id)",
    )
    op.create_table(
        "messages",
        sa.Column("id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=True),
        sa.Column("configuration_set", sa.Text(), nullable=True),
        sa.Column("mail", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("eight_bit", sa.Boolean(), nullable=False),
        sa.Column("tls_required", sa.Boolean(), nullable=False),
        sa.Column("sending_pool", sa.Text(), nullable=True),
        sa.Column("signing_domain", sa.Text(), nullable=True),
        sa.Column("signing_token", sa.Text(), nullable=True),
        sa.Column("return_path_domain", sa.Text(), nullable=False),
        sa.Column("feedback_to", sa.Text(), nullable=True),
        sa.Column("deadline", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_table(
        "meta",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_table(
        "outbox",
        sa.Column("event_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("destination_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim_owner", sa.Text(), nullable=True),
        sa.Column("claim_token", sa.LargeBinary(length=16), nullable=True),
        sa.Column("last_error", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("event_id", "destination_id"),
        postgresql_partition_by="RANGE (event_id)",
    )
    op.create_index("outbox_order", "outbox", ["destination_id", "shard", "event_id"], unique=False)
    op.create_table(
        "recipients",
        sa.Column("message_id", sa.LargeBinary(length=16), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("lane", sa.Text(), nullable=False),
        sa.Column("state", sa.SmallInteger(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("claim_owner", sa.Text(), nullable=True),
        sa.Column("claim_token", sa.LargeBinary(length=16), nullable=True),
        sa.Column("last_reply", sa.Text(), nullable=True),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("message_id", "position"),
        postgresql_partition_by="RANGE (message_id)",
    )
    op.create_index(
        "recipients_claimed",
        "recipients",
        ["claim_owner"],
        unique=False,
        sqlite_where=sa.text("claim_owner IS NOT NULL"),
        postgresql_where=sa.text("claim_owner IS NOT NULL"),
    )
    op.create_index(
        "recipients_due",
        "recipients",
        ["lane", "due_at"],
        unique=False,
        sqlite_where=sa.text("state = 0"),
        postgresql_where=sa.text("state = 0"),
    )
    op.create_table(
        "send_counts",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("recipients", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "bucket", "worker"),
    )
    # ### end Alembic commands ###
    make_default_partitions(op.get_bind())
    ensure_partitions(op.get_bind(), now_ms())
    if op.get_bind().dialect.name == "postgresql":
        # Mail is encoded already: compressing it again costs more than it saves.
        op.execute("ALTER TABLE message_bodies ALTER COLUMN content SET STORAGE EXTERNAL")
