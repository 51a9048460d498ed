"""Counts for reputation, since when and why an account is held back (expand)."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
phase = "expand"


def upgrade() -> None:
    """Make the table, and the columns of accounts and recipients."""
    op.create_table(
        "reputation_counts",
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("bucket", sa.BigInteger(), nullable=False),
        sa.Column("worker", sa.Text(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=False),
        sa.Column("bounces", sa.BigInteger(), nullable=False),
        sa.Column("complaints", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("scope", "account_id", "name", "bucket", "worker"),
    )
    op.add_column("accounts", sa.Column("enforcement_since", sa.BigInteger()))
    op.add_column("accounts", sa.Column("enforcement_reason", sa.Text()))
    op.add_column("accounts", sa.Column("reputation_from", sa.BigInteger()))
    op.add_column("recipients", sa.Column("sent_from", sa.Text()))
