"""Accepting on both engines: who may send what, and that a refusal leaves no row behind.

Long because the refusals share one world and read as one list, in the order in which they come.
"""

import pytest
from sqlalchemy import func, select, update

from pillarbox.accept.commit import DAY_MS, Acceptance
from pillarbox.accept.decision import Policy
from pillarbox.accept.prepare import Stamp, prepare
from pillarbox.accept.prepared import Prepared
from pillarbox.base.errors import (
    AccountSuspended,
    BadRequest,
    LimitExceeded,
    MailFromNotVerified,
    MessageRejected,
    NotFound,
    SendingPaused,
)
from pillarbox.base.ids import row_id_of
from pillarbox.model.credentials import Caller
from pillarbox.model.queued import Message
from pillarbox.model.send import RawContent, SendRequest, SimpleContent, Text
from pillarbox.store.events import message_events
from pillarbox.store.generations import bump_generation
from pillarbox.store.messages import read_content, read_messages
from pillarbox.store.store import Store
from pillarbox.store.tables import accounts, configuration_sets, identities, metadata
from tests.store.rows import (
    ACCOUNT,
    NOW,
    add_account,
    add_configuration_set,
    add_identity,
    add_token,
    states,
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
    return prepare(request, Stamp.make(now, "us-east-1", "email.example.net", "boundary"))


def rows(conn) -> int:
    """All rows of all tables that accepting may write."""
    kept = {"accounts", "identities", "dkim_tokens", "configuration_sets", "alembic_version"}
    found = [one for one in metadata.sorted_tables if one.name not in kept]
    return sum(conn.execute(select(func.count()).select_from(one)).scalar_one() for one in found)


class World:
    """One account in one store, and the acceptance of one worker."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.acceptance = Acceptance(POLICY, "node/0")

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

    def add(self, function, *args, **values) -> None:
        with self.store.transaction() as conn:
            function(conn, *args, **values)
            bump_generation(conn, ACCOUNT)


@pytest.fixture
def world(store) -> World:
    """A production account with the verified domain example.com."""
    with store.transaction() as conn:
        add_account(conn)
        add_identity(conn)
    return World(store)


def test_an_accepted_message_is_all_there(world):
    prepared = mail("Me <a@example.com>", "to@example.org", cc=("cc@example.org",))
    (message_id,) = world.accept(prepared)
    with world.store.transaction() as conn:
        message = read_messages(conn, [prepared.id])[prepared.id]
        assert (message.source, message.subject) == ("Me <a@example.com>", "Hi")
        assert message.deadline == NOW + 50_400_000
        assert read_content(conn, prepared.id) == prepared.content
        assert [row[0] for row in states(conn)] == ["cc@example.org", "to@example.org"]
        (sent,) = message_events(conn, ACCOUNT, prepared.id)
    assert row_id_of(message_id) == prepared.id
    assert (sent["eventType"], sent["mail"]["messageId"]) == ("Send", message_id)


def test_an_unknown_account_is_refused(world):
    assert isinstance(world.refused(mail(account="000000000000")), NotFound)


def test_refusals_come_in_order(world):
    """Everything is wrong at first; each step mends what was told, and the next is told."""
    wrong = mail(
        "a@unknown.example",
        *[f"r{n}@example.org" for n in range(51)],
        content=SimpleContent(subject=Text("x"), text=Text("x" * 3000)),
        configuration_set="spring",
    )
    values = {"status": "restricted", "sending_enabled": False, "max_24h": 0.0}
    world.change(accounts, **values, enforcement="SHUTDOWN")
    told = [world.refused(wrong)]

    def then(table_or_function, *args, **changes):
        step = world.add if callable(table_or_function) else world.change
        step(table_or_function, *args, **changes)
        told.append(world.refused(wrong))

    then(accounts, status="suspended")
    then(accounts, status="active")
    then(accounts, enforcement="HEALTHY")
    then(accounts, sending_enabled=True)
    then(add_configuration_set, sending_enabled=False)
    then(configuration_sets, sending_enabled=True)
    then(
        add_identity,
        "unknown.example",
        mail_from_domain="m.unknown.example",
        mail_from_status="FAILED",
        mail_from_behavior="REJECT_MESSAGE",
    )
    then(accounts, max_24h=10.0)
    parts = {"content": wrong_content(), "configuration_set": "spring"}
    told.append(world.refused(mail("a@unknown.example", **parts)))
    told.append(world.refused(mail("a@unknown.example", content=unclear_content())))
    told.append(world.refused(mail("a@unknown.example", configuration_set="spring")))
    assert [(type(one), one.query_code) for one in told] == [
        (AccountSuspended, "AccountSuspended"),
        (SendingPaused, "MessageRejected"),
        (SendingPaused, "MessageRejected"),
        (SendingPaused, "AccountSendingPausedException"),
        (NotFound, "ConfigurationSetDoesNotExist"),
        (SendingPaused, "ConfigurationSetSendingPausedException"),
        (MessageRejected, "MessageRejected"),
        (LimitExceeded, "Throttling"),
        (BadRequest, "InvalidParameterValue"),
        (BadRequest, "InvalidParameterValue"),
        (BadRequest, "InvalidParameterValue"),
        (MailFromNotVerified, "MailFromDomainNotVerifiedException"),
    ]
    words = [one.message for one in told[8:11]]
    assert words[0] == "Recipient count exceeds 50."
    assert words[1].startswith("Message length is more than 2000 bytes long: '")
    assert "Duplicate header" in words[2]


def wrong_content() -> SimpleContent:
    return SimpleContent(subject=Text("x"), text=Text("x" * 3000))


def unclear_content() -> RawContent:
    return RawContent(b"From: a@unknown.example\r\nSubject: 1\r\nSubject: 2\r\n\r\nx\r\n")


def test_one_refusal_in_a_batch_leaves_the_others_alone(world):
    results = world.accept(mail(), mail("a@unknown.example"), mail())
    assert [isinstance(one, str) for one in results] == [True, False, True]
    with world.store.transaction() as conn:
        assert len(states(conn)) == 2


@pytest.mark.parametrize(
    ("count", "kinds", "taken"),
    [
        (50, ("to",), True),
        (51, ("to",), False),
        (51, ("bcc",), False),
        (26, ("to", "cc"), False),
        (25, ("to", "bcc"), True),
    ],
)
@pytest.mark.parametrize("same", [True, False])
def test_recipients_count_as_named_even_the_same_one(world, count, kinds, taken, same):
    named = tuple("r@example.org" if same else f"r{n}@example.org" for n in range(count))
    parts = dict.fromkeys(kinds, named)
    to = parts.pop("to", ("r@example.org",))
    prepared = mail("a@example.com", *to, **parts)
    if not taken:
        assert world.refused(prepared).message == "Recipient count exceeds 50."
        return
    world.message(prepared)
    with world.store.transaction() as conn:
        assert len(states(conn)) == len(set(named))


def test_an_address_named_twice_is_written_twice_and_served_once(world):
    prepared = mail("a@example.com", "A <r@example.org>", "r@EXAMPLE.org", "R@example.org")
    assert b"To: A <r@example.org>, r@example.org" in prepared.content.replace(b"\r\n", b"")
    world.message(prepared)
    with world.store.transaction() as conn:
        assert [row[0] for row in states(conn)] == ["R@example.org", "r@example.org"]


@pytest.mark.parametrize(
    ("sender", "names", "taken"),
    [
        ("a@example.com", ["example.com"], True),
        ("a@EXAMPLE.com", ["example.com"], True),
        ("a@b.c.example.com", ["example.com"], True),
        ("a@b.c.example.com", ["c.example.com"], True),
        ("a@c.example.com", ["b.c.example.com"], False),
        ("a@notexample.com", ["example.com"], False),
        ("a@example.com", ["com"], False),
        ("a@example.com", ["a@example.com"], True),
        ("Name <a@example.com>", ["a@example.com"], True),
        ("a+news@example.com", ["a@example.com"], True),
        ("a@example.com", ["a+news@example.com"], False),
        ("A@example.com", ["a@example.com"], False),
        ("b@example.com", ["a@example.com"], False),
    ],
)
def test_an_identity_covers_its_address_labels_and_domains_below(store, sender, names, taken):
    with store.transaction() as conn:
        add_account(conn)
        for name in names:
            add_identity(conn, name)
    result = World(store).accept(mail(sender))[0]
    assert isinstance(result, str) is taken


NAMES = ["a+x@m.example.com", "a@m.example.com", "m.example.com", "example.com"]


@pytest.mark.parametrize("unverified", range(len(NAMES)))
def test_the_most_specific_verified_identity_gives_the_settings(store, unverified):
    """Address before +label before domain before parent; those that are not verified are passed."""
    with store.transaction() as conn:
        add_account(conn)
        for number, name in enumerate(NAMES):
            add_configuration_set(conn, f"set-{number}")
            status = "PENDING" if number < unverified else "SUCCESS"
            add_identity(conn, name, configuration_set=f"set-{number}", status=status)
    message = World(store).message(mail("a+x@m.example.com"))
    assert message.configuration_set == f"set-{unverified}"


@pytest.mark.parametrize(
    ("sending_enabled", "named", "expected"),
    [(True, None, "default"), (False, None, SendingPaused), (False, "spring", "spring")],
)
def test_a_named_set_goes_before_the_identitys_default(world, sending_enabled, named, expected):
    world.add(add_configuration_set, "default", sending_enabled=sending_enabled)
    world.add(add_configuration_set, "spring", tls_policy="REQUIRE", max_delivery_seconds=300)
    world.change(identities, configuration_set="default")
    prepared = mail(configuration_set=named)
    if expected is SendingPaused:
        assert isinstance(world.refused(prepared), SendingPaused)
        return
    message = world.message(prepared)
    strict = expected == "spring"
    assert (message.configuration_set, message.tls_required) == (expected, strict)
    assert message.deadline == NOW + (300 if strict else 50_400) * 1000


def test_a_default_set_that_is_gone_refuses(world):
    world.change(identities, configuration_set="gone")
    assert world.refused(mail()).message == "Configuration set <gone> does not exist."


@pytest.mark.parametrize(
    ("tokens", "unsigned", "sender", "signer"),
    [
        ({"example.com": "t"}, (), "a@m.example.com", "example.com"),
        ({"example.com": "t", "m.example.com": "u"}, (), "a@m.example.com", "m.example.com"),
        ({"example.com": "t"}, (), "b@example.com", "example.com"),
        ({"example.com": "t"}, ("example.com",), "a@example.com", None),
        ({"example.com": "t", "m.example.com": "u"}, ("m.example.com",), "a@m.example.com", None),
        ({}, (), "a@example.com", None),
    ],
)
def test_the_most_specific_domain_signs(store, tokens, unsigned, sender, signer):
    with store.transaction() as conn:
        add_account(conn)
        for name in ("example.com", "m.example.com", "b@example.com"):
            if name in tokens or name == "b@example.com" or name == "example.com":
                add_identity(conn, name, signing_enabled=name not in unsigned)
        for name, token in tokens.items():
            add_token(conn, name, token)
    message = World(store).message(mail(sender))
    token = tokens[signer] if signer else None
    assert (message.signing_domain, message.signing_token) == (signer, token)


@pytest.mark.parametrize("behavior", ["USE_DEFAULT_VALUE", "REJECT_MESSAGE"])
@pytest.mark.parametrize("status", [None, "PENDING", "SUCCESS", "TEMPORARY_FAILURE", "FAILED"])
def test_mail_from_is_used_when_it_stands_and_else_does_as_told(world, status, behavior):
    """Facts §7: in every state but SUCCESS, BehaviorOnMxFailure decides."""
    domain = "m.example.com" if status else None
    values = {"mail_from_domain": domain, "mail_from_status": status}
    world.change(identities, **values, mail_from_behavior=behavior)
    if status not in {None, "SUCCESS"} and behavior == "REJECT_MESSAGE":
        assert isinstance(world.refused(mail()), MailFromNotVerified)
        return
    expected = "m.example.com" if status == "SUCCESS" else "bounce.example.net"
    assert world.message(mail()).return_path_domain == expected


@pytest.mark.parametrize(
    ("to", "failed"),
    [
        (["to@example.com"], None),
        (["to@sub.example.com"], None),
        (["success@simulator.amazonses.com", "bounce+label@simulator.amazonses.com"], None),
        (["to@other.example"], "to@other.example"),
        (["x@notsimulator.amazonses.com"], "x@notsimulator.amazonses.com"),
        (["to@example.com", "Name <b@other.example>"], "Name <b@other.example>"),
        (
            [f"r{n}@other.example" for n in range(11)],
            ", ".join(f"r{n}@other.example" for n in range(10)) + "...",
        ),
    ],
)
def test_a_sandbox_sends_to_verified_recipients_and_the_simulator(world, to, failed):
    world.change(accounts, production=False)
    if failed is None:
        world.message(mail("a@example.com", *to))
        return
    assert world.refused(mail("a@example.com", *to)).message == (
        "Email address is not verified. The following identities failed the check in region "
        f"US-EAST-1: {failed}"
    )


def test_all_whom_a_raw_message_names_as_author_must_be_verified(world):
    data = b"From: a@example.com\r\nSender: b@other.example\r\nTo: to@example.org\r\n\r\nx\r\n"
    error = world.refused(mail(None, content=RawContent(data)))
    assert error.message.endswith("US-EAST-1: b@other.example")


def test_the_daily_quota_counts_recipients_of_the_last_24_hours(world):
    world.change(accounts, max_24h=3.0)
    two = ("r1@example.org", "r2@example.org")
    results = world.accept(*(mail("a@example.com", *two) for _ in range(3)))
    assert [type(one) for one in results] == [str, str, LimitExceeded]
    assert isinstance(world.refused(mail(now=NOW + DAY_MS - 1)), LimitExceeded)
    assert isinstance(world.accept(mail(now=NOW + 2 * DAY_MS))[0], str)


def test_without_a_limit_nothing_is_counted_against_it(world):
    world.change(accounts, max_24h=-1.0)
    assert all(isinstance(one, str) for one in world.accept(*(mail() for _ in range(5))))


def test_what_another_connection_commits_the_next_batch_sees(world):
    world.message(mail())
    world.change(identities, status="FAILED")
    assert isinstance(world.refused(mail()), MessageRejected)
    world.add(add_identity, "a@example.com")
    world.message(mail())
    assert isinstance(world.refused(mail(configuration_set="spring")), NotFound)
    world.add(add_configuration_set)
    assert world.message(mail(configuration_set="spring")).configuration_set == "spring"
    world.change(configuration_sets, sending_enabled=False)
    assert isinstance(world.refused(mail(configuration_set="spring")), SendingPaused)
    world.change(accounts, sending_enabled=False)
    assert isinstance(world.refused(mail()), SendingPaused)


async def test_what_a_failed_transaction_had_seen_is_forgotten(world):
    """The cache must not keep what was read within a transaction that is rolled back."""
    store, acceptance = world.store, world.acceptance
    store.on_rollback(acceptance.cache.clear)

    def add_and_accept_and_fail(conn, batch):
        add_identity(conn, "rolled.example")
        bump_generation(conn, ACCOUNT)
        assert isinstance(acceptance.accept_batch(conn, batch)[0], str)
        raise RuntimeError("the transaction is lost")

    with pytest.raises(RuntimeError):
        await store.submit(add_and_accept_and_fail, mail("a@rolled.example"))
    with store.transaction() as conn:
        bump_generation(conn, ACCOUNT)
    assert isinstance(world.refused(mail("a@rolled.example")), MessageRejected)
