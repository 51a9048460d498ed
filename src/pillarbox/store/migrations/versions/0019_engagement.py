"""What is known of recipients from events, and segments of them (expand)."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
phase = "expand"

KINDS = (
    *("sent", "delivered", "opened", "clicked"),
    *("bounced", "soft_bounced", "complained"),
)


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "engagement",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        *(sa.Column(kind, sa.Integer(), nullable=False) for kind in KINDS),
        *(sa.Column(f"{kind}_at", sa.BigInteger(), nullable=False) for kind in KINDS),
        sa.PrimaryKeyConstraint("account_id", "application", "folded"),
    )
    op.create_table(
        "engagement_attributes",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "application", "folded", "name"),
    )
    op.create_table(
        "segments",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("application", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "application", "name"),
    )
