"""Tables of tracking: hosts, settings, the keys of URLs."""

from sqlalchemy import (
    BigInteger,
    Boolean,
    Column,
    Index,
    Integer,
    LargeBinary,
    SmallInteger,
    Table,
    Text,
)

from pillarbox.store.tables.schema import metadata

#: The keys that tracking URLs are signed with, sealed. `id`: 0 to 255, stands in each token.
#: `retired_at`: from when on nothing new is signed with it; what was signed stays good for ever.
tracking_keys = Table(
    "tracking_keys",
    metadata,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("secret_sealed", LargeBinary, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("retired_at", BigInteger),
)

#: Hosts that links and pixels go through beside the service's own; each belongs to one account.
#: `kind`: custom (the domain of a configuration set) or trace (prefix and primary domain). `status`
#: and `https_status` are what checks found, as an identity's; `reason`: why it is not SUCCESS.
tracking_hosts = Table(
    "tracking_hosts",
    metadata,
    Column("host", Text, primary_key=True),
    Column("account_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("prefix", Text),
    Column("primary_domain", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("status", Text, nullable=False),
    Column("check_started_at", BigInteger, nullable=False),
    Column("checks", Integer, nullable=False),
    Column("reason", Text),
    Column("https_status", Text, nullable=False),
    Column("https_started_at", BigInteger, nullable=False),
    Column("https_checks", Integer, nullable=False),
    Column("https_reason", Text),
    Column("next_check_at", BigInteger),
    Column("checked_at", BigInteger),
    Column("last_success_at", BigInteger),
    Index("tracking_hosts_account", "account_id"),
    Index("tracking_hosts_next_check", "next_check_at"),
)

#: The tracking settings: the account's own (`domain` empty; it alone has a `dimension`), and those
#: of single sender domains. `host` null: the service's own.
tracking_settings = Table(
    "tracking_settings",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("domain", Text, primary_key=True),
    Column("enabled", Boolean, nullable=False),
    Column("dimension", Text),
    Column("host", Text),
    Column("opens", Boolean, nullable=False),
    Column("clicks", Boolean, nullable=False),
    Column("anonymous", Boolean, nullable=False),
    Column("mso_comments", Boolean, nullable=False),
    Column("trap", Boolean, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)
