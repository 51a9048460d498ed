"""Templates, what messages made from one share, and messages that refer to both (expand)."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
phase = "expand"


def upgrade() -> None:
    """Make the tables and the columns."""
    op.create_table(
        "email_templates",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("version_id", sa.LargeBinary(16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.Column("tags", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "name"),
    )
    op.create_table(
        "shared_contents",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("superseded_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("id"),
    )
    superseded = sa.text("superseded_at IS NOT NULL")
    op.create_index(
        "shared_contents_superseded",
        "shared_contents",
        ["superseded_at"],
        sqlite_where=superseded,
        postgresql_where=superseded,
    )
    for column in ("template_id", "shared_id"):
        op.add_column("messages", sa.Column(column, sa.LargeBinary(16)))
        given = sa.text(f"{column} IS NOT NULL")
        op.create_index(
            f"messages_{column}",
            "messages",
            [column],
            sqlite_where=given,
            postgresql_where=given,
        )
