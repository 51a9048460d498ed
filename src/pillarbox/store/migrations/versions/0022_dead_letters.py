"""Dead letters by account, so that its pages need not read those of others (expand)."""

from alembic import op

revision = "0022"
down_revision = "0021"
phase = "expand"


def upgrade() -> None:
    """Make the index."""
    op.create_index("dead_letters_account", "dead_letters", ["account_id", "event_id"])
