"""A message keeps what is tracked of it (expand)."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
phase = "expand"


def upgrade() -> None:
    """Add the column; mail accepted before has no plan and is not tracked."""
    op.add_column("messages", sa.Column("tracking", sa.Text(), nullable=True))
