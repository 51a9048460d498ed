"""DKIM signatures, verified from outside by dkimpy."""

import dkim
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pillarbox.proto.dkim import Signer, body_hash, generate_key, public_record, sign

KEY = generate_key(2048)
SIGNER = Signer("example.com", "tok", KEY)
HEADER = b"From: a@example.com\r\nTo: b@x.org\r\nSubject: hi\r\n"


def verified(message: bytes) -> bool:
    record = public_record(KEY).encode()

    def lookup(name: bytes, timeout: int = 5) -> bytes:
        assert name == b"tok._domainkey.example.com."
        return record

    return bool(dkim.verify(message, dnsfunc=lookup))


@pytest.mark.parametrize(
    "message",
    [
        HEADER + b"\r\nhello\r\n",
        HEADER + b"\r\n",
        HEADER + b"\r\n\r\n\r\n",
        HEADER + b"\r\n \t\r\n \r\n",
        HEADER + b"\r\nno end of line",
        HEADER + b"\r\n  two   spaces\t \r\n\r\n\r\n",
        HEADER + b"References: <a@b>\r\n <c@d>\r\n\t<e@f>\r\n\r\nfolded\r\n",
        b"from:  a@example.com \r\nSUBJECT: odd\r\n\r\n\xc3\xa9\xff 8 bit\r\n",
        b"From: a@example.com\r\n" + b"Received: x\r\n" * 5 + b"\r\n" + b"line\r\n" * 400_000,
    ],
    ids=lambda message: repr(message[-24:]),
)
def test_a_signed_message_is_verified(message: bytes) -> None:
    assert verified(sign(message, SIGNER, 1_700_000_000) + message)


LINES = st.lists(st.text("ab \t.é", max_size=20), max_size=12)


@settings(deadline=None, max_examples=60)
@given(body=LINES, subject=st.text("ab \té=?", max_size=60))
def test_any_message_is_verified(body: list[str], subject: str) -> None:
    text = "".join(line + "\r\n" for line in body)
    message = b"From: a@example.com\r\nSubject: %s\r\n\r\n" % subject.encode() + text.encode()
    assert verified(sign(message, SIGNER, 1_700_000_000) + message)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"hello", b"hallo"),
        (b"Subject: hi", b"Subject: ho"),
        (b"From: a@", b"From: c@"),
        (b"From: a@", b"From: evil@x.org\r\nFrom: a@"),
    ],
)
def test_a_tampered_message_is_refused(before: bytes, after: bytes) -> None:
    message = HEADER + b"\r\nhello\r\n"
    signed = sign(message, SIGNER, 1_700_000_000) + message
    assert verified(signed)
    assert not verified(signed.replace(before, after, 1))


def test_the_signature_is_folded_and_names_from_twice() -> None:
    header = sign(HEADER + b"\r\nhello\r\n", SIGNER, 1_700_000_000)
    assert all(len(line) < 100 for line in header.split(b"\r\n"))
    assert b"h=From:From:Subject:To;" in header


def test_a_body_is_hashed_the_same_in_pieces() -> None:
    line = b"x  y\t\r\n"
    whole = line * 500_000
    assert body_hash(memoryview(whole)) == body_hash(memoryview(whole + b"\r\n \r\n"))
