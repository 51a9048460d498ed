"""The Location of a redirect: the target byte for byte, never a second header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.links.redirect_location import location_of, url_octets


@pytest.mark.parametrize(
    ("target", "location"),
    [
        ("https://example.com/a?b=c&d=%20#f", b"https://example.com/a?b=c&d=%20#f"),
        ("HTTP://EXAMPLE.com", b"HTTP://EXAMPLE.com"),
        ("https://e.example/\"<>\\^`{|}'", b"https://e.example/\"<>\\^`{|}'"),
        ("https://e.example/a b", b"https://e.example/a%20b"),
        ("https://münchen.example/é", b"https://m%C3%BCnchen.example/%C3%A9"),
        ("https://e.example/\r\nSet-Cookie: a=b", b"https://e.example/%0D%0ASet-Cookie:%20a=b"),
        ("https://e.example/\ud800\x00\x7f", b"https://e.example/%ED%A0%80%00%7F"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//evil.example", None),
        (" https://example.com", None),
        ("https:/example.com", None),
        ("", None),
    ],
)
def test_a_location_is_the_target_as_a_header_can_carry_it(target, location):
    assert location_of(target) == location


@given(st.text(st.characters(exclude_categories=[])))
def test_no_text_becomes_a_second_header(text):
    octets = url_octets(text)
    assert all(0x21 <= octet <= 0x7E for octet in octets)
    if text.isascii() and text.isprintable() and " " not in text:
        assert octets == text.encode()


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E)))
def test_visible_ascii_stays_as_it_is(text):
    assert location_of(f"https://{text}") == f"https://{text}".encode()
