"""The outbox's shards, dead letters, topics and their subscriptions (expand)."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
phase = "expand"


def upgrade() -> None:
    """Make the tables, and the column that says since when an event has waited."""
    op.add_column("outbox", sa.Column("waiting_since", sa.BigInteger()))
    op.create_table(
        "outbox_shards",
        sa.Column("destination_id", sa.LargeBinary(16), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("owner", sa.Text(), nullable=False),
        sa.Column("until", sa.BigInteger(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("failures", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("destination_id", "shard"),
    )
    op.create_table(
        "dead_letters",
        sa.Column("event_id", sa.LargeBinary(16), nullable=False),
        sa.Column("destination_id", sa.LargeBinary(16), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.LargeBinary(16), nullable=False),
        sa.Column("shard", sa.SmallInteger(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("died_at", sa.BigInteger(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("event_id", "destination_id"),
    )
    op.create_index("dead_letters_destination", "dead_letters", ["destination_id", "event_id"])
    op.create_index("dead_letters_message", "dead_letters", ["message_id"])
    op.create_table(
        "topics",
        sa.Column("arn", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("signature_version", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("arn"),
    )
    op.create_table(
        "topic_subscriptions",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("topic_arn", sa.Text(), nullable=False),
        sa.Column("endpoint", sa.Text(), nullable=False),
        sa.Column("raw", sa.Boolean(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("confirmed_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(
        "topic_subscriptions_endpoint",
        "topic_subscriptions",
        ["topic_arn", "endpoint"],
        unique=True,
    )
