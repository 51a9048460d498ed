"""Accepting in tests: a message to decide on, and an account in a store to decide on it for."""

from sqlalchemy import func, select, update

from pillarbox.accept.commit import Acceptance
from pillarbox.accept.decision import Policy
from pillarbox.accept.prepare import Stamp, prepare
from pillarbox.accept.prepared import Prepared
from pillarbox.accept.templated import share
from pillarbox.base.ids import row_id_of
from pillarbox.model.credentials import Caller
from pillarbox.model.queued import Message
from pillarbox.model.send import SendRequest, SimpleContent, TemplatedContent, Text
from pillarbox.store.generations import bump_generation
from pillarbox.store.mail.messages import read_messages
from pillarbox.store.store import Store
from pillarbox.store.tables import metadata
from tests.store.rows import (
    ACCOUNT,
    NOW,
)

HELLO = SimpleContent(subject=Text("Hi"), text=Text("hello"))
POLICY = Policy(
    region="us-east-1",
    return_path_domain="bounce.example.net",
    max_message_bytes=2000,
    verified=lambda identity: identity.status == "SUCCESS",
)


def mail(sender="a@example.com", *to, now=NOW, content=HELLO, account=ACCOUNT, **parts) -> Prepared:
    request = SendRequest(
        caller=Caller(account_id=account, access_key_id="AKIDEXAMPLE", source_ip="192.0.2.1"),
        content=content,
        from_address=sender,
        to=to or ("to@example.org",),
        **parts,
    )
    shared = share(content.use, account, now) if isinstance(content, TemplatedContent) else None
    stamp = Stamp.make(now, "us-east-1", "email.example.net", "boundary")
    return prepare(request, stamp, shared=shared)


def rows(conn) -> int:
    """All rows of all tables that accepting may write."""
    kept = {"accounts", "identities", "dkim_tokens", "configuration_sets", "alembic_version"}
    found = [one for one in metadata.sorted_tables if one.name not in kept]
    return sum(conn.execute(select(func.count()).select_from(one)).scalar_one() for one in found)


class World:
    """One account in one store, and the acceptance of one worker."""

    def __init__(self, store: Store, policy: Policy = POLICY) -> None:
        self.store = store
        self.acceptance = Acceptance(policy, "node/0")

    def accept(self, *batch: Prepared) -> list:
        with self.store.transaction() as conn:
            return self.acceptance.accept_batch(conn, batch)

    def refused(self, prepared: Prepared):
        """The error that refuses a message, which left no row."""
        with self.store.transaction() as conn:
            before = rows(conn)
            (error,) = self.acceptance.accept_batch(conn, [prepared])
            assert rows(conn) == before
        return error

    def message(self, prepared: Prepared) -> Message:
        """The row of a message that is accepted."""
        (message_id,) = self.accept(prepared)
        assert isinstance(message_id, str), message_id
        with self.store.transaction() as conn:
            return read_messages(conn, [row_id_of(message_id)])[prepared.id]

    def change(self, table, where=None, **values) -> None:
        """Change rows as another connection does: with the account's generation."""
        with self.store.transaction() as conn:
            statement = update(table).values(**values)
            conn.execute(statement if where is None else statement.where(where))
            bump_generation(conn, ACCOUNT)

    def count(self, table) -> int:
        """Count the rows of a table."""
        with self.store.transaction() as conn:
            return conn.execute(select(func.count()).select_from(table)).scalar_one()

    def add(self, function, *args, **values) -> None:
        with self.store.transaction() as conn:
            function(conn, *args, **values)
            bump_generation(conn, ACCOUNT)
