"""The suppression list, and for which reasons an account suppresses (expand)."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
phase = "expand"


def upgrade() -> None:
    """Add table and column; accounts made before suppress for both reasons, as new ones do."""
    op.add_column("accounts", sa.Column("suppressed_reasons", sa.Text(), nullable=True))
    op.create_table(
        "suppressed_destinations",
        sa.Column("account_id", sa.Text(), primary_key=True),
        sa.Column("address", sa.Text(), primary_key=True),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("message_id", sa.Text(), nullable=True),
        sa.Column("feedback_id", sa.Text(), nullable=True),
    )
    op.create_index(
        "suppressed_destinations_folded", "suppressed_destinations", ["account_id", "folded"]
    )
