"""Indexes to find messages by account, and by recipient (expand)."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
phase = "expand"


def upgrade() -> None:
    """Add the indexes; on PostgreSQL each partition gets them."""
    op.create_index("messages_account", "messages", ["account_id", "id"])
    op.create_index(
        "recipients_address",
        "recipients",
        [
            sa.text("substr(message_id, 1, 3)"),
            sa.text("lower(address)"),
            "account_id",
            "message_id",
        ],
    )
