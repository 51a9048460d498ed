"""Tracking hosts with their checks, and the tracking settings (expand)."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
phase = "expand"


def upgrade() -> None:
    """Make both tables, and an index to find the custom domains of configuration sets by."""
    op.create_table(
        "tracking_hosts",
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text()),
        sa.Column("primary_domain", sa.Text()),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("check_started_at", sa.BigInteger(), nullable=False),
        sa.Column("checks", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text()),
        sa.Column("https_status", sa.Text(), nullable=False),
        sa.Column("https_started_at", sa.BigInteger(), nullable=False),
        sa.Column("https_checks", sa.Integer(), nullable=False),
        sa.Column("https_reason", sa.Text()),
        sa.Column("next_check_at", sa.BigInteger()),
        sa.Column("checked_at", sa.BigInteger()),
        sa.Column("last_success_at", sa.BigInteger()),
        sa.PrimaryKeyConstraint("host"),
    )
    op.create_index("tracking_hosts_account", "tracking_hosts", ["account_id"])
    op.create_index("tracking_hosts_next_check", "tracking_hosts", ["next_check_at"])
    op.create_index(
        "configuration_sets_redirect",
        "configuration_sets",
        ["custom_redirect_domain"],
        sqlite_where=sa.text("custom_redirect_domain IS NOT NULL"),
        postgresql_where=sa.text("custom_redirect_domain IS NOT NULL"),
    )
    op.create_table(
        "tracking_settings",
        sa.Column("account_id", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("dimension", sa.Text()),
        sa.Column("host", sa.Text()),
        sa.Column("opens", sa.Boolean(), nullable=False),
        sa.Column("clicks", sa.Boolean(), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("mso_comments", sa.Boolean(), nullable=False),
        sa.Column("trap", sa.Boolean(), nullable=False),
        sa.Column("updated_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("account_id", "domain"),
    )
