"""Unsubscribe links, what mail programs post to them, and the mail that carries them."""

import email
import email.policy
from dataclasses import replace

import dkim
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.dkim import Signer, generate_key, public_record, sign
from pillarbox.proto.links.one_click import is_one_click
from pillarbox.proto.links.unsubscribe_token import (
    UnsubscribeLink,
    read_unsubscribe_token,
    write_unsubscribe_url,
)
from pillarbox.proto.mime.unsubscribe import with_unsubscribe, without_unsubscribe
from tests.unit.letters import html_part, letter, multipart

KEY, HOST = b"k" * 32, "email.shop.example"
BASE = f"https://{HOST}"
URL = f"{BASE}/u/token"
LINK = UnsubscribeLink(
    account_id="123456789012",
    list_name="shop",
    topic="news",
    address="ann@example.org",
    message_id=bytes(range(16)),
    position=3,
)
PLACE = b"{{amazonSESUnsubscribeUrl}}"


def token(link=LINK, base=BASE, key=KEY):
    return write_unsubscribe_url(link, base, key).removeprefix(f"{base}/u/")


@pytest.mark.parametrize(
    "link", [LINK, replace(LINK, topic=None), replace(LINK, address="a" * 64 + "@" + "b" * 250)]
)
def test_a_link_says_what_was_written(link):
    assert read_unsubscribe_token(token(link), HOST, KEY) == link
    assert read_unsubscribe_token(token(link), f"{HOST.upper()}:443", KEY) == link


@pytest.mark.parametrize(
    ("text", "host", "key"),
    [
        (token(), "other.example", KEY),
        (token(), HOST, b"x" * 32),
        (token()[:-1], HOST, KEY),
        (token() + "=", HOST, KEY),
        (token().swapcase(), HOST, KEY),
        ("", HOST, KEY),
        ("ü", HOST, KEY),
    ],
    ids=["host", "key", "cut", "padded", "changed", "empty", "not-ascii"],
)
def test_a_forged_link_says_nothing(text, host, key):
    assert read_unsubscribe_token(text, host, key) is None


@given(st.binary(max_size=200), st.text(max_size=40))
def test_nothing_but_what_we_wrote_is_read(data, host):
    found = read_unsubscribe_token(data.decode("latin-1"), host, KEY)
    assert found is None


FORM_DATA = (
    b'--x\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--x--\r\n'
)


@pytest.mark.parametrize(
    ("body", "asks"),
    [
        (b"List-Unsubscribe=One-Click", True),
        (b"List-Unsubscribe=One%2DClick\r\n", True),
        (FORM_DATA, True),
        (FORM_DATA.replace(b"One-Click", b"No"), False),
        (b"", False),
        (b"list=One-Click", False),
        (b"action=all", False),
        (b"\xff=1", False),
        (b"&".join(b"a=%d" % n for n in range(200)) + b"&List-Unsubscribe=One-Click", False),
    ],
)
def test_one_click_is_asked_for_in_either_form(body, asks):
    assert is_one_click(body) is asks


@given(st.binary(max_size=300))
def test_no_body_breaks_the_reader(body):
    assert is_one_click(body) in {True, False}
    assert is_one_click(b"--" + body) in {True, False}


def test_our_fields_take_the_place_of_the_senders():
    part = html_part(
        b"hi", "utf-8", "8bit", b"List-Unsubscribe: <mailto:x@y.example>,\r\n <u:1>\r\n"
    )
    message = letter(b"list-unsubscribe-post: x\r\n" + part)
    fields = email.message_from_bytes(with_unsubscribe(message, URL), policy=email.policy.SMTP)
    assert fields.get_all("List-Unsubscribe") == [f"<{URL}>"]
    assert fields.get_all("List-Unsubscribe-Post") == ["List-Unsubscribe=One-Click"]
    gone = without_unsubscribe(message)
    assert b"unsubscribe" not in gone.lower()
    assert with_unsubscribe(gone, URL) == with_unsubscribe(message, URL)


@pytest.mark.parametrize(
    ("encoding", "charset"),
    [
        ("7bit", "utf-8"),
        ("8bit", "utf-8"),
        ("quoted-printable", "utf-8"),
        ("base64", "utf-8"),
        ("base64", "utf-16le"),
    ],
)
def test_the_first_two_places_of_each_shown_part_become_links(encoding, charset):
    def octets(text):
        return text.encode("utf-16-le" if charset == "utf-16le" else charset)

    place = PLACE.decode()
    html = html_part(octets(f'<a href="{place}">go</a> {place} {place}'), charset, encoding)
    plain = html_part(octets(f"leave: {place}\r\n"), charset, encoding)
    plain = plain.replace(b"text/html", b"text/plain")
    attached = html_part(PLACE, "us-ascii", "7bit", b"Content-Disposition: attachment\r\n")
    message = letter(multipart("multipart/mixed", plain, html, attached))
    parsed = email.message_from_bytes(with_unsubscribe(message, URL), policy=email.policy.SMTP)
    shown = [part.get_payload(decode=True) for part in parsed.iter_parts()]
    assert shown[0] == octets(f"leave: {URL}\r\n")
    assert shown[1] == octets(f'<a href="{URL}">go</a> {URL} {place}')
    assert shown[2] == PLACE


def test_a_letter_without_a_content_type_has_its_links_too():
    message = b"From: a@b.example\r\nSubject: x\r\n\r\nleave " + PLACE + b"\r\n"
    assert with_unsubscribe(message, URL).endswith(f"\r\n\r\nleave {URL}\r\n".encode())


def test_the_signature_covers_both_fields():
    key = generate_key(1024)
    message = with_unsubscribe(letter(html_part(b"hi", "utf-8", "8bit")), URL)
    signed = sign(message, Signer("shop.example", "s", key), 1_700_000_000) + message
    names = signed.partition(b"h=")[2].partition(b";")[0].lower()
    assert {b"list-unsubscribe", b"list-unsubscribe-post"} <= {
        one.strip() for one in names.split(b":")
    }
    record = public_record(key).encode()
    assert dkim.verify(signed, dnsfunc=lambda *_args, **_named: record)
    forged = signed.replace(URL.encode(), b"https://evil.example/u/x")
    assert not dkim.verify(forged, dnsfunc=lambda *_args, **_named: record)
