"""Tables of templates, and of what messages made from one share."""

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Table, Text, text

from pillarbox.store.tables.schema import metadata

#: `version_id`: the version in force, a row of `shared_contents`. `tags`: JSON.
email_templates = Table(
    "email_templates",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version_id", LargeBinary(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
    Column("tags", Text, nullable=False),
)

#: Versions of templates, and what the messages of one call share, encoded (`model/template.py`).
#: Never changed but for `superseded_at`: since then no new message refers to a row.
shared_contents = Table(
    "shared_contents",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("content", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("superseded_at", BigInteger),
)

Index(
    "shared_contents_superseded",
    shared_contents.c.superseded_at,
    sqlite_where=text("superseded_at IS NOT NULL"),
    postgresql_where=text("superseded_at IS NOT NULL"),
)
