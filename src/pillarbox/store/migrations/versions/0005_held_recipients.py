"""Recipients that the operator holds back are found without reading all (expand)."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
phase = "expand"


def upgrade() -> None:
    """Add the index; on PostgreSQL each partition gets it."""
    op.create_index(
        "recipients_held",
        "recipients",
        ["lane"],
        sqlite_where=sa.text("state = 5"),
        postgresql_where=sa.text("state = 5"),
    )
