"""The system's own mail takes the same way: it is queued and delivered, and tells nobody of it."""

import pytest
from sqlalchemy import func, select

from pillarbox.accept.prepare import Stamp
from pillarbox.accept.system_mail import SystemMail, keep_system_mail, prepare_system_mail
from pillarbox.events.outcome_event import Settling, settlement_of
from pillarbox.events.settling import settle_batch
from pillarbox.model.account import is_system, system_account
from pillarbox.model.delay import NextAttempt
from pillarbox.model.outcome import Deferred, Delivered, Failed, Reply
from pillarbox.model.queued import BOUNCED, DELIVERED, QUEUED
from pillarbox.model.send import RawContent, SimpleContent, Text
from pillarbox.proto.mime.error import MimeError
from pillarbox.store.mail.messages import read_content, read_messages
from pillarbox.store.tables import events, recipients, send_counts
from tests.store.rows import ACCOUNT, NOW
from tests.store.test_queue import claim as claim_all

HELLO = SimpleContent(subject=Text("Grüße"), text=Text("hello"))


def prepared(content=HELLO, to="New <you@example.org>", **more):
    mail = SystemMail(
        account_id=ACCOUNT,
        from_address="Us <no-reply@mail.test>",
        to=to,
        content=content,
        **more,
    )
    return prepare_system_mail(mail, Stamp.make(NOW, "us-east-1", "email.mail.test", "boundary"))


def count(conn, table):
    return conn.execute(select(func.count()).select_from(table)).scalar_one()


def test_it_needs_no_account_has_a_null_return_path_and_counts_for_nobody(store):
    one = prepared(signing=("mail.test", "key"))
    with store.transaction() as conn:
        keep_system_mail(conn, [one])
        message = read_messages(conn, [one.message.id])[one.message.id]
        content = read_content(conn, one.message.id)
        assert [count(conn, table) for table in (recipients, events, send_counts)] == [1, 0, 0]
    assert is_system(message.account_id)
    assert not is_system(ACCOUNT)
    assert (message.return_path_domain, message.tracking, message.feedback_to) == ("", None, None)
    assert (message.signing_domain, message.signing_token) == ("mail.test", "key")
    assert b"From: Us <no-reply@mail.test>\r\nTo: New <you@example.org>\r\n" in content
    assert message.size == len(content)


def test_a_whole_message_is_finished_as_any_other(store):
    raw = b"From: a@mail.test\r\nX-SES-Outgoing: x\r\nMessage-ID: <old>\r\n\r\nhello"
    one = prepared(RawContent(raw))
    assert b"<old>" not in one.content
    assert b"@email.mail.test>\r\n" in one.content
    assert one.content.endswith(b"hello\r\n")


@pytest.mark.parametrize("to", ["", "nobody", "a@b\r\nBcc: c@d", "a@b.example, c@d.example"])
def test_what_is_no_address_is_refused(to):
    with pytest.raises(MimeError):
        prepared(to=to)


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        (Delivered(Reply(250, "ok")), DELIVERED),
        (Failed(Reply(550, "5.1.1 no such user", "5.1.1")), BOUNCED),
        (Deferred(Reply(451, "4.7.1 later", "4.7.1")), QUEUED),
    ],
)
def test_what_becomes_of_it_is_no_event(store, outcome, state):
    one = prepared()
    with store.transaction() as conn:
        keep_system_mail(conn, [one])
    (claim,) = claim_all(store).claims
    with store.transaction() as conn:
        settling = Settling(
            claim=claim,
            message=one.message,
            now=NOW,
            reporting_mta="mta.mail.test",
            region="us-east-1",
            again=NextAttempt(due_at=NOW + 1000, delay_type="General"),
        )
        settlement = settlement_of(settling, outcome)
        assert settle_batch(conn, [settlement]) == [True]
        assert (settlement.state, settlement.event) == (state, None)
        assert count(conn, events) == 0


def test_each_account_has_a_system_account_of_its_own():
    assert system_account("1") != system_account("2")
