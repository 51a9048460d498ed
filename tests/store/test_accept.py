"""Accepting on both engines: what is kept, what is refused in which order, leaving no row."""

import pytest

from pillarbox.accept.commit import DAY_MS
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
from pillarbox.model.send import RawContent, SimpleContent, Text
from pillarbox.store.generations import bump_generation
from pillarbox.store.mail.messages import read_content, read_messages
from pillarbox.store.publishing.events import message_events
from pillarbox.store.tables import accounts, configuration_sets, identities
from tests.store.accepting import mail
from tests.store.rows import (
    ACCOUNT,
    NOW,
    add_configuration_set,
    add_identity,
    states,
)


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
