"""What happened to mail, counted by the hour (expand)."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
phase = "expand"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "event_counts",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("events", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "bucket", "type", "kind", "worker"),
    )
