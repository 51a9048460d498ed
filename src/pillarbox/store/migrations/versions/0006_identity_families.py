"""Identities have DKIM, MAIL FROM and TXT verification of their own, and notifications (expand)."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
phase = "expand"

_IDENTITY_COLUMNS = (
    ("txt_token", sa.Text()),
    ("dkim_status", sa.Text()),
    ("dkim_started_at", sa.BigInteger()),
    ("dkim_checks", sa.Integer()),
    ("signing_origin", sa.Text()),
    ("next_key_bits", sa.Integer()),
    ("keys_made_at", sa.BigInteger()),
    ("rotate_at", sa.BigInteger()),
    ("mail_from_started_at", sa.BigInteger()),
    ("mail_from_checks", sa.Integer()),
    ("soa", sa.Text()),
)
_TOKEN_COLUMNS = (
    ("selector", sa.Text()),
    ("origin", sa.Text()),
    ("key_bits", sa.Integer()),
    ("verified_at", sa.BigInteger()),
)


def upgrade() -> None:
    """Add the columns, empty: a row without them means what it meant before."""
    for name, kind in _IDENTITY_COLUMNS:
        op.add_column("identities", sa.Column(name, kind, nullable=True))
    op.create_index("identities_rotate", "identities", ["rotate_at"], unique=False)
    for name, kind in _TOKEN_COLUMNS:
        op.add_column("dkim_tokens", sa.Column(name, kind, nullable=True))
    op.create_index("dkim_tokens_selector", "dkim_tokens", ["selector"], unique=False)
    op.create_table(
        "identity_notifications",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("identity", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=True),
        sa.Column("headers", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "identity", "kind"),
    )
