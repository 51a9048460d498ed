"""Contact lists, contacts, custom verification mails; a message's list and its scan (expand)."""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
phase = "expand"


def upgrade() -> None:
    """Make the tables, and the columns of messages."""
    op.add_column("messages", sa.Column("list_plan", sa.Text()))
    op.add_column("messages", sa.Column("scan", sa.Text()))
    op.create_table(
        "contact_lists",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("topics", sa.Text(), nullable=False),
        sa.Column("description", sa.Text()),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "name"),
    )
    op.create_table(
        "contacts",
        sa.Column("list_id", sa.LargeBinary(16), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("unsubscribe_all", sa.Boolean(), nullable=False),
        sa.Column("attributes", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "folded"),
    )
    op.create_table(
        "contact_preferences",
        sa.Column("list_id", sa.LargeBinary(16), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("list_id", "folded", "topic"),
    )
    op.create_index(
        "contact_preferences_topic", "contact_preferences", ["list_id", "topic", "status", "folded"]
    )
    op.create_table(
        "verification_templates",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("from_address", sa.Text(), nullable=False),
        sa.Column("subject", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("success_url", sa.Text(), nullable=False),
        sa.Column("failure_url", sa.Text(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "name"),
    )
