"""Attempts on record (expand)."""

import sqlalchemy as sa
from alembic import op

from pillarbox.base.clock import now_ms
from pillarbox.store.partitions import ensure_partitions, make_default_partitions

revision = "0012"
down_revision = "0011"
phase = "expand"


def upgrade() -> None:
    """Make the table, partitioned as the others are."""
    op.create_table(
        "attempts",
        sa.Column("message_id", sa.LargeBinary(16), nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("message_id", "id"),
        postgresql_partition_by="RANGE (message_id)",
    )
    make_default_partitions(op.get_bind())
    ensure_partitions(op.get_bind(), now_ms())
