"""Mailboxes in MAIL and RCPT: nothing passes that could end the command or the path."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.smtp.address import refused_recipient, refused_return_path

GOOD = ["a@b.example", "a.b+c@d.example", '"a b"@c.example', "o'x@b.example", "a..b@c.example"]
BAD = [
    ("a", "5.1.3"),
    ("@b.example", "5.1.3"),
    ("a@", "5.1.3"),
    ("a b@c.example", "5.1.3"),
    ("a@b.example\r\nDATA", "5.1.3"),
    ("a@b.example\n", "5.1.3"),
    ("a@b.example> SIZE=1", "5.1.3"),
    ("<a@b.example", "5.1.3"),
    ("a\0@b.example", "5.1.3"),
    ('"a\r\n"@b.example', "5.1.3"),
    ("a" * 250 + "@b.example", "5.1.3"),
    ("ä@b.example", "5.6.7"),
    ("a@bä.example", "5.6.7"),
]


@pytest.mark.parametrize("mailbox", GOOD)
def test_ordinary_mailboxes_pass(mailbox):
    assert refused_recipient(mailbox) is None
    assert refused_return_path(mailbox) is None


@pytest.mark.parametrize(("mailbox", "status"), BAD)
def test_others_are_refused_with_a_status(mailbox, status):
    refused = refused_recipient(mailbox)
    assert refused is not None
    assert (refused.code, refused.enhanced) == (553, status)
    assert refused_return_path(mailbox) is not None


def test_the_null_return_path_passes_and_the_empty_recipient_does_not():
    assert refused_return_path("") is None
    assert refused_recipient("") is not None


@given(st.text(max_size=80))
def test_what_passes_is_one_printable_word_of_a_path(text):
    if refused_recipient(text) is None:
        assert text.isascii()
        assert text.isprintable()
        outside = text.rpartition('"')[2] if text.startswith('"') else text
        assert not set(outside) & set('<> "')
