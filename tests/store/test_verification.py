"""Verifying domains and addresses as SES v1 asks for it, and identity notifications."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from sqlalchemy import select

from pillarbox.accept.prepare import Stamp
from pillarbox.base.errors import BadRequest, LimitExceeded, NotFound
from pillarbox.manage.identities.identities import delete_identity, get_identities, get_identity
from pillarbox.manage.identities.notifications import (
    get_notifications,
    set_headers_in_notifications,
    set_notification_topic,
)
from pillarbox.manage.identities.settings import set_dkim_enabled
from pillarbox.manage.identities.verification import (
    check_now,
    confirm_address,
    needs_dkim_tokens,
    verify_domain,
    verify_domain_dkim,
    verify_email,
)
from pillarbox.manage.identities.verification_mail import VerificationMails
from pillarbox.proto.links.verify_link import decode
from pillarbox.store.identity.identities import TokenRow
from pillarbox.store.store import Store
from pillarbox.store.tables import identities, message_bodies, messages, recipients
from tests.peers.wait import ARRIVAL_SECONDS
from tests.store.rows import ACCOUNT, NOW, add_account

DOMAIN, ADDRESS, KEY = "example.com", "Me+x@Example.com", b"k" * 32
TOKENS = [TokenRow(token=f"t{n}", private_key_sealed=b"s", public_key="p") for n in range(3)]
MAILS = VerificationMails(
    service="mail.test",
    region="us-east-1",
    base="https://track.mail.test",
    key=KEY,
    stamp=lambda now: Stamp.make(now, "us-east-1", "email.mail.test", "boundary"),
    signing=None,
)


@pytest.fixture
def run(store):
    """Run a function for the account in a transaction."""
    with store.transaction() as conn:
        add_account(conn)

    def call(function, *args, **options):
        with store.transaction() as conn:
            return function(conn, ACCOUNT, *args, **options)

    return call


def shown(run, name=DOMAIN):
    return run(get_identity, name, everything_verified=False)


def verify(run, now=NOW, address=ADDRESS):
    run(verify_email, address, MAILS.make(ACCOUNT, address, now), now=now)


def sent(store):
    """(recipient, content) of every mail that is queued, in order."""
    with store.transaction() as conn:
        query = (
            select(recipients.c.address, message_bodies.c.content)
            .select_from(
                messages.join(recipients, recipients.c.message_id == messages.c.id).join(
                    message_bodies, message_bodies.c.message_id == messages.c.id
                )
            )
            .order_by(messages.c.id)
        )
        return [tuple(row) for row in conn.execute(query)]


def link_in(content):
    text = content.decode().replace("=\r\n", "").replace("=3D", "=")
    (url,) = [word for word in text.split() if word.startswith("https://track.mail.test/verify/")]
    return decode(url.removeprefix("https://track.mail.test/verify/"), KEY)


def test_a_domain_verified_by_txt_has_no_dkim_until_it_is_asked_for(run):
    token = run(verify_domain, "Example.COM", now=NOW)
    one = shown(run)
    assert (one.txt_token, one.status, one.dkim_status) == (token, "PENDING", "NOT_STARTED")
    assert (one.tokens, one.signing_enabled) == ((), False)
    assert run(needs_dkim_tokens, DOMAIN)
    assert run(verify_domain_dkim, DOMAIN, TOKENS, now=NOW) == ("t0", "t1", "t2")
    one = shown(run)
    assert (one.dkim_status, one.signing_enabled) == ("PENDING", True)
    assert not run(needs_dkim_tokens, DOMAIN)
    assert run(verify_domain_dkim, DOMAIN, (), now=NOW) == ("t0", "t1", "t2")


def test_dkim_may_come_first(run):
    assert run(verify_domain_dkim, DOMAIN, TOKENS, now=NOW) == ("t0", "t1", "t2")
    token = run(verify_domain, DOMAIN, now=NOW)
    assert (shown(run).txt_token, shown(run).dkim_status) == (token, "PENDING")


def test_two_domains_have_two_tokens(run):
    assert run(verify_domain, "a.example", now=NOW) != run(verify_domain, "b.example", now=NOW)


@pytest.mark.parametrize("name", ["", "localhost", "me@example.com", "a b.example"])
def test_what_is_no_domain_is_refused(run, name):
    for call in (
        lambda: run(verify_domain, name, now=NOW),
        lambda: run(needs_dkim_tokens, name),
        lambda: run(verify_domain_dkim, name, TOKENS, now=NOW),
    ):
        with pytest.raises(BadRequest):
            call()


def test_the_limit_of_identities_holds_here_too(run):
    run(verify_domain, "a.example", now=NOW, most=1)
    with pytest.raises(LimitExceeded):
        run(verify_domain, "b.example", now=NOW, most=1)
    with pytest.raises(LimitExceeded):
        run(verify_domain_dkim, "b.example", TOKENS, now=NOW, most=1)
    with pytest.raises(LimitExceeded):
        run(verify_email, ADDRESS, MAILS.make(ACCOUNT, ADDRESS, NOW), now=NOW, most=1)
    assert run(verify_domain, "a.example", now=NOW, most=1)


@pytest.mark.parametrize("kind", ["txt", "dkim"])
def test_two_who_begin_at_once_are_told_the_same(store, migrated_url, run, kind):
    """The second waits for the first and takes what is there."""
    other = Store(migrated_url)

    def begin(conn, prefix):
        if kind == "txt":
            return verify_domain(conn, ACCOUNT, DOMAIN, now=NOW)
        rows = [replace(one, token=f"{prefix}{one.token}") for one in TOKENS]
        return verify_domain_dkim(conn, ACCOUNT, DOMAIN, rows, now=NOW)

    def second():
        with other.transaction() as conn:
            return begin(conn, "b")

    with ThreadPoolExecutor(1) as threads:
        with store.transaction() as conn:
            first = begin(conn, "a")
            told = threads.submit(second)
        assert told.result(timeout=ARRIVAL_SECONDS) == first
    other.close()


def test_of_two_who_take_the_last_place_one_is_told(store, migrated_url, run):
    other = Store(migrated_url)

    def second():
        with other.transaction() as conn:
            return verify_domain(conn, ACCOUNT, "b.example", now=NOW, most=1)

    with ThreadPoolExecutor(1) as threads:
        with store.transaction() as conn:
            verify_domain(conn, ACCOUNT, "a.example", now=NOW, most=1)
            told = threads.submit(second)
        assert isinstance(told.exception(timeout=ARRIVAL_SECONDS), LimitExceeded)
    other.close()


def test_dkim_can_not_be_switched_on_where_there_is_none(run):
    run(verify_domain, DOMAIN, now=NOW)
    with pytest.raises(
        BadRequest, match=r"^Domain example.com is not verified for DKIM signing\.$"
    ):
        run(set_dkim_enabled, DOMAIN, enabled=True)
    run(set_dkim_enabled, DOMAIN, enabled=False)


def test_an_address_gets_a_mail_whose_link_verifies_it(run, store):
    verify(run)
    ((to, content),) = sent(store)
    assert to == "Me+x@example.com"
    assert b"Subject: Email Address Verification Request in region us-east-1\r\n" in content
    assert b"Auto-Submitted: auto-generated\r\n" in content
    link = link_in(content)
    assert (link.account_id, link.address, link.issued_at) == (ACCOUNT, ADDRESS, NOW)
    assert shown(run, ADDRESS).status == "PENDING"
    assert run(confirm_address, link.address, issued_at=link.issued_at, now=NOW + 5)
    one = shown(run, ADDRESS)
    assert (one.status, one.verified, one.last_success_at) == ("SUCCESS", True, NOW + 5)


def test_asking_again_sends_again_until_it_is_verified(run, store):
    verify(run)
    verify(run, NOW + 1000)
    assert [link_in(content).issued_at for _, content in sent(store)] == [NOW, NOW + 1000]
    for issued_at in (NOW, NOW + 1000):  # both mails may be on their way
        assert run(confirm_address, ADDRESS, issued_at=issued_at, now=NOW + 2000)
    verify(run, NOW + 3000)
    assert len(sent(store)) == 2
    assert shown(run, ADDRESS).status == "SUCCESS"


def test_an_expired_address_waits_anew(run, store):
    verify(run)
    with store.transaction() as conn:
        conn.execute(identities.update().values(status="FAILED", next_check_at=None))
    verify(run, NOW + 1000)
    assert (shown(run, ADDRESS).status, len(sent(store))) == ("PENDING", 2)


def test_a_link_is_worth_nothing_for_an_identity_that_was_made_anew(run):
    verify(run)
    run(delete_identity, ADDRESS, now=NOW)
    assert not run(confirm_address, ADDRESS, issued_at=NOW, now=NOW + 1)
    verify(run, NOW + 1000)
    assert not run(confirm_address, ADDRESS, issued_at=NOW, now=NOW + 2000)
    assert run(confirm_address, ADDRESS, issued_at=NOW + 1000, now=NOW + 2000)


def test_a_mail_that_was_made_before_its_identity_confirms_it(run):
    run(verify_email, ADDRESS, MAILS.make(ACCOUNT, ADDRESS, NOW), now=NOW + 7)
    assert run(confirm_address, ADDRESS, issued_at=NOW, now=NOW + 8)


def test_a_domain_is_no_address_to_confirm(run):
    run(verify_domain, DOMAIN, now=NOW)
    assert not run(confirm_address, DOMAIN, issued_at=NOW, now=NOW)
    assert shown(run).status == "PENDING"


@pytest.mark.parametrize("address", ["example.com", "a b@example.com", "a@", "ü@example.com"])
def test_what_is_no_address_is_refused_and_gets_no_mail(run, store, address):
    mail = MAILS.make(ACCOUNT, "me@example.com", NOW)
    with pytest.raises(BadRequest, match=r"^Invalid email address<"):
        run(verify_email, address, mail, now=NOW)
    assert sent(store) == []


def test_many_identities_are_given_by_the_names_that_were_asked_for(run):
    run(verify_domain, DOMAIN, now=NOW)
    verify(run)
    asked = ["EXAMPLE.com", ADDRESS, "me+x@example.com", "none.example", "-"]
    found = run(get_identities, asked, everything_verified=False)
    assert {name: one.name for name, one in found.items()} == {
        "EXAMPLE.com": DOMAIN,
        ADDRESS: ADDRESS,
    }


def test_topics_and_headers_are_kept_by_kind_until_the_identity_goes(run):
    run(verify_domain, DOMAIN, now=NOW)
    run(set_notification_topic, "Example.com", "Bounce", "arn:aws:sns:us-east-1:1:b", now=NOW)
    run(set_notification_topic, DOMAIN, "Complaint", "arn:aws:sns:us-east-1:1:c", now=NOW)
    run(set_headers_in_notifications, DOMAIN, "Bounce", enabled=True)
    run(set_headers_in_notifications, DOMAIN, "Delivery", enabled=True)
    run(set_notification_topic, DOMAIN, "Complaint", "", now=NOW)
    (found,) = run(get_notifications, [DOMAIN, "none.example"]).values()
    assert found.topics == {"Bounce": "arn:aws:sns:us-east-1:1:b"}
    assert found.headers == {"Bounce": True, "Complaint": False, "Delivery": True}
    assert found.forwarding is True
    run(delete_identity, DOMAIN, now=NOW)
    run(verify_domain, DOMAIN, now=NOW)
    (found,) = run(get_notifications, [DOMAIN]).values()
    assert (found.topics, found.headers) == ({}, {})


def test_notifications_of_nothing_are_refused(run):
    run(verify_domain, DOMAIN, now=NOW)
    text = r"^Identity a.example is invalid. It must be a verified email address or domain\.$"
    with pytest.raises(BadRequest, match=text):
        run(set_notification_topic, "a.example", "Bounce", "arn", now=NOW)
    with pytest.raises(BadRequest):
        run(set_headers_in_notifications, DOMAIN, "Open", enabled=True)


def test_check_now_of_nothing_is_not_found(run):
    with pytest.raises(NotFound):
        run(check_now, DOMAIN, now=NOW)
