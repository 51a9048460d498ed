"""An index of the suppression list by time, so that its newest entries are found (expand)."""

from alembic import op

revision = "0023"
down_revision = "0022"
phase = "expand"


def upgrade() -> None:
    """Make the index."""
    op.create_index(
        "suppressed_destinations_updated",
        "suppressed_destinations",
        ["account_id", "updated_at", "address"],
    )
