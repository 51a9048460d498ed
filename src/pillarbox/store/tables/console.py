"""Tables of the console: its users, their sessions, and who changed what."""

from sqlalchemy import BigInteger, Column, Index, Integer, LargeBinary, SmallInteger, Table, Text

from pillarbox.store.tables.schema import metadata

#: `folded`: the name in lower case, by which users are told apart. `account_id` null: sees all
#: accounts. `totp_step`: the time step of the last one-time code, which works once.
users = Table(
    "users",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("name", Text, nullable=False),
    Column("folded", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),
    Column("role", SmallInteger, nullable=False),
    Column("account_id", Text),
    Column("totp_sealed", LargeBinary),
    Column("totp_step", BigInteger),
    Column("created_at", BigInteger, nullable=False),
    Column("disabled_at", BigInteger),
    Column("last_login_at", BigInteger),
)

#: Signed-in browsers. `token_hash`: SHA-256 of the cookie, so that who reads this table signs in
#: nowhere.
user_sessions = Table(
    "user_sessions",
    metadata,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("user_id", LargeBinary(16), nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("seen_at", BigInteger, nullable=False),
    Index("user_sessions_user", "user_id"),
)

#: Attempts to sign in that failed, in spans of time: by `name/…` and by `ip/…`.
login_failures = Table(
    "login_failures",
    metadata,
    Column("subject", Text, primary_key=True),
    Column("bucket", BigInteger, primary_key=True),
    Column("failures", Integer, nullable=False),
)

#: Who changed what. `account_id` null: the deployment itself. `actor`: a user's name or an access
#: key's id; `via`: console, api or cli. `detail`: JSON, without secrets.
audit_log = Table(
    "audit_log",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("account_id", Text),
    Column("actor", Text, nullable=False),
    Column("via", Text, nullable=False),
    Column("action", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("detail", Text),
    Column("source_ip", Text, nullable=False),
    Index("audit_log_account", "account_id", "id"),
)
