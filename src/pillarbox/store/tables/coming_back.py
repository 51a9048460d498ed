"""Tables of mail that came back: what is still to be forwarded, and what proved nothing."""

from sqlalchemy import Column, Integer, LargeBinary, SmallInteger, Table, Text

from pillarbox.store.tables.schema import metadata

#: Feedback that may still have to be forwarded by mail, written with what it tells of. `id`: the
#: event's, or for an automatic reply, which gives none, its own. `kind`: the event's type, or
#: AutoReply. `report`: the mail that came back as it came, null where there is none (a refusal in
#: the session) or it is too large to be passed on.
feedback_forwards = Table(
    "feedback_forwards",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("message_id", LargeBinary(16), nullable=False),
    Column("position", SmallInteger, nullable=False),
    Column("kind", Text, nullable=False),
    Column("report", LargeBinary),
)

#: Bounces and complaints without proof of whom they are about, the newest so many. `said`: what the
#: report claims (JSON). `content`: its beginning.
kept_reports = Table(
    "kept_reports",
    metadata,
    Column("id", LargeBinary(16), primary_key=True),
    Column("kind", Text, nullable=False),
    Column("sender", Text, nullable=False),
    Column("sent_to", Text, nullable=False),
    Column("said", Text, nullable=False),
    Column("size", Integer, nullable=False),
    Column("content", LargeBinary, nullable=False),
)
