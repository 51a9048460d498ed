"""`pillarbox send`: a test mail through the same door as every other."""

import pytest
from sqlalchemy import func, select

from pillarbox.base.ids import row_id_of
from pillarbox.store.mail.messages import read_content, read_messages
from pillarbox.store.tables import messages, recipients

UNVERIFIED = "Email address is not verified. The following identities failed the check in region"


def test_a_mail_is_queued_and_its_id_printed(run, kept):
    ran = run("send", "--from", "me@example.com", "--to", "a@x.org", "--to", "b@x.org")
    assert ran.code == 0, ran.err
    row_id = row_id_of(ran.out.strip())
    message = kept.read(lambda conn: read_messages(conn, [row_id]))[row_id]
    assert (message.source, message.subject) == ("me@example.com", "A test from Pillarbox")
    query = select(recipients.c.address).order_by(recipients.c.position)
    assert kept.read(lambda conn: list(conn.execute(query).scalars())) == ["a@x.org", "b@x.org"]


def test_subject_and_bodies_are_as_given(run, kept):
    options = ("--subject", "Grüße", "--text", "plain text", "--html", "<p>rich</p>")
    ran = run("send", "--from", "me@example.com", "--to", "a@x.org", *options)
    content = kept.read(lambda conn: read_content(conn, row_id_of(ran.out.strip())))
    assert b"Subject: =?" in content
    assert b"plain text" in content
    assert b"<p>rich</p>" in content
    assert b"multipart/alternative" in content


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (
            ("--from", "me@other.example", "--to", "a@x.org"),
            f"{UNVERIFIED} US-EAST-1: me@other.example",
        ),
        (("--from", "me", "--to", "a@x.org"), "Missing final '@domain'"),
        (("--from", "me@example.com", "--to", "a"), "Missing final '@domain'"),
        (
            ("--from", "me@example.com", *["--to", "a@x.org"] * 51),
            "Recipient count exceeds 50.",
        ),
        (
            ("--from", "me@example.com", "--to", "a@x.org", "--account", "000000000000"),
            "The resource you attempted to access doesn't exist.",
        ),
    ],
)
def test_a_refused_mail_is_one_line_and_exit_code_1_and_leaves_nothing(run, kept, options, words):
    ran = run("send", *options)
    assert (ran.code, ran.out, ran.err) == (1, "", f"pillarbox: {words}\n")
    count = select(func.count()).select_from(messages)
    assert kept.read(lambda conn: conn.execute(count).scalar_one()) == 0


@pytest.mark.parametrize("options", [("--to", "a@x.org"), ("--from", "me@example.com")])
def test_sender_and_recipient_must_be_given(run, options):
    ran = run("send", *options)
    assert ran.code == 2
    assert "Missing option" in ran.err
