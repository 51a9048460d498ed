"""Tables of contact lists and of what their contacts want; custom verification mails."""

from sqlalchemy import BigInteger, Boolean, Column, Index, LargeBinary, Table, Text

from pillarbox.store.tables.schema import metadata

#: A contact list. `topics`: JSON (`model/contacts.py`). Contacts go by `id`, so that those of a
#: deleted list never come back with its name: such a row waits, under no account, until they are
#: gone.
contact_lists = Table(
    "contact_lists",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("id", LargeBinary(16), nullable=False),
    Column("topics", Text, nullable=False),
    Column("description", Text),
    Column("tags", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

#: A contact of a list. `folded`: the address in lower case, by which recipients are compared.
contacts = Table(
    "contacts",
    metadata,
    Column("list_id", LargeBinary(16), primary_key=True),
    Column("folded", Text, primary_key=True),
    Column("address", Text, nullable=False),
    Column("unsubscribe_all", Boolean, nullable=False),
    Column("attributes", Text),
    Column("created_at", BigInteger, nullable=False),
    Column("updated_at", BigInteger, nullable=False),
)

#: What a contact said of a topic: `status` is OPT_IN or OPT_OUT; without a row the topic's default
#: holds.
contact_preferences = Table(
    "contact_preferences",
    metadata,
    Column("list_id", LargeBinary(16), primary_key=True),
    Column("folded", Text, primary_key=True),
    Column("topic", Text, primary_key=True),
    Column("status", Text, nullable=False),
    Index("contact_preferences_topic", "list_id", "topic", "status", "folded"),
)

#: A custom verification mail.
verification_templates = Table(
    "verification_templates",
    metadata,
    Column("account_id", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("from_address", Text, nullable=False),
    Column("subject", Text, nullable=False),
    Column("content", Text, nullable=False),
    Column("success_url", Text, nullable=False),
    Column("failure_url", Text, nullable=False),
    Column("tags", Text, nullable=False),
    Column("created_at", BigInteger, nullable=False),
)
