"""Notices, identity notifications as destinations, webhooks with a secret (expand)."""

import uuid
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
phase = "expand"


def upgrade() -> None:
    """Make the table, and the columns; what notifications are set get their ids."""
    op.create_table(
        "notices",
        sa.Column("id", sa.LargeBinary(16), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("message_id", sa.LargeBinary(16), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("event_id", sa.LargeBinary(16)),
        sa.Column("headers", sa.Boolean(), nullable=False),
        sa.Column("text", sa.Text()),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("notices_message", "notices", ["message_id"])
    op.add_column("identity_notifications", sa.Column("id", sa.LargeBinary(16)))
    op.create_index("identity_notifications_id", "identity_notifications", ["id"])
    for name, kind in (
        ("style", sa.Text()),
        ("secret_sealed", sa.LargeBinary()),
        ("former_secret_sealed", sa.LargeBinary()),
        ("former_secret_until", sa.BigInteger()),
    ):
        op.add_column("topic_subscriptions", sa.Column(name, kind))
    _give_ids()


def _give_ids() -> None:
    key = ("account_id", "identity", "kind")
    columns: list[sa.ColumnClause[Any]] = [sa.column(name) for name in (*key, "id")]
    table = sa.table("identity_notifications", *columns)
    conn = op.get_bind()
    for row in conn.execute(sa.select(*(table.c[name] for name in key))).all():
        which = [table.c[name] == value for name, value in zip(key, row, strict=True)]
        conn.execute(sa.update(table).where(*which).values(id=uuid.uuid4().bytes))
