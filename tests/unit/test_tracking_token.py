"""Tracking tokens: short, of one spelling, worth nothing when changed or on another host."""

import base64
import hmac

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.tracking import ANONYMOUS, TokenKey, TrackingToken
from pillarbox.proto.links import tracking_token as module
from pillarbox.proto.links.tracking_token import (
    VARYING,
    TokenPress,
    host_of,
    link_url,
    pixel_url,
    position_octets,
    read_token,
    write_token,
)
from pillarbox.proto.links.web_target import MAX_TARGET, is_web_target

HOST = "email.example.com"
KEY = TokenKey(7, b"k" * 32)
ID = bytes(range(16))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

pixels = st.builds(
    TrackingToken,
    message_id=st.binary(min_size=16, max_size=16),
    position=st.integers(0, ANONYMOUS),
)
links = st.builds(
    TrackingToken,
    message_id=st.binary(min_size=16, max_size=16),
    position=st.integers(0, ANONYMOUS),
    link=st.integers(0, 65535),
    target=st.from_regex(
        r"(http|https|HTTPS)://[a-z]{1,9}(/[!#-;=?-\[\]-~]{0,90})?", fullmatch=True
    ),
    tagged=st.booleans(),
)
keys = st.builds(TokenKey, st.integers(0, 255), st.binary(min_size=1, max_size=100))


def find(key: TokenKey):
    """What finds this key, and no other."""
    return {key.id: key.secret}.get


def link(target="https://shop.example/a?b=1", **changes) -> TrackingToken:
    given = {"message_id": ID, "position": 3, "link": 0, "target": target} | changes
    return TrackingToken(**given)


@given(pixels | links, keys)
def test_what_was_written_comes_back(token, key):
    text = write_token(token, HOST, key)
    assert read_token(text, HOST, find(key)) == token
    assert read_token(text, HOST.upper(), find(key)) == token
    assert set(text) <= set(ALPHABET)


def test_a_link_with_a_target_of_60_octets_stays_under_200():
    target = "https://shop.example/" + "a" * 39
    assert len(target) == 60
    base = "https://email.shop.example"
    assert len(link_url(base, write_token(link(target), host_of(base), KEY))) < 200


def test_urls_of_pixel_and_link_differ_by_their_path():
    assert pixel_url("https://t.example", "abc") == "https://t.example/o/abc"
    assert link_url("https://t.example", "abc") == "https://t.example/c/abc"


@pytest.mark.parametrize(
    "token", [link(), link(tagged=True), TrackingToken(message_id=ID, position=1)]
)
def test_any_one_changed_character_makes_it_worthless(token):
    text = write_token(token, HOST, KEY)
    for at in range(len(text)):
        for letter in ALPHABET + "=+/ é":
            changed = text[:at] + letter + text[at + 1 :]
            if changed != text:
                assert read_token(changed, HOST, find(KEY)) is None


def test_cut_or_longer_is_worthless():
    text = write_token(link(), HOST, KEY)
    for length in range(len(text)):
        assert read_token(text[:length], HOST, find(KEY)) is None
    for more in ("A", "AA", "AAAA", "=", "==", "\n", "." * 9_999, "A" * 9_999):
        assert read_token(text + more, HOST, find(KEY)) is None
        assert read_token(more + text, HOST, find(KEY)) is None


@pytest.mark.parametrize(
    "host", ["other.example.com", "", "email.example.com.", "\ud800", "xemail.example.com"]
)
def test_another_host_is_refused(host):
    assert read_token(write_token(link(), HOST, KEY), host, find(KEY)) is None


def test_another_key_is_refused():
    text = write_token(link(), HOST, KEY)
    assert read_token(text, HOST, {7: b"other"}.get) is None
    assert read_token(text, HOST, {8: KEY.secret}.get) is None
    assert read_token(text, HOST, {}.get) is None


@given(st.text(max_size=200) | st.text(ALPHABET, min_size=40, max_size=200))
def test_any_text_is_refused_without_an_error(text):
    assert read_token(text, HOST, lambda _: b"k" * 32) is None


NO_TARGETS = (
    "javascript:alert(1)", "ftp://a.example/", "//a.example/", "mailto:a@b.example", "", "/a",
    "https:a.example", "https:/a.example", "https:///a", "https://", "https://a b/", " https://a/",
    "https://a/\r\nSet-Cookie: x", "https://a\\@b/", 'https://a/"', "https://a/<",
    "https://a:123456/", "data:text/html,x", "https://a/" + "x" * MAX_TARGET,
)  # fmt: skip


@pytest.mark.parametrize("target", [*NO_TARGETS, "https://a/ä"])
def test_only_web_targets_are_written(target):
    with pytest.raises(ValueError, match="web target"):
        write_token(link(target), HOST, KEY)


@pytest.mark.parametrize("target", NO_TARGETS)
def test_only_web_targets_are_read_even_from_a_genuine_token(target, monkeypatch):
    monkeypatch.setattr(module, "is_web_target", lambda _: True)
    text = write_token(link(target), HOST, KEY)
    monkeypatch.undo()
    assert read_token(text, HOST, find(KEY)) is None


@pytest.mark.parametrize(
    "target",
    [
        "http://a", "https://a.example:8443/x", "HTTPS://A.example/", "https://u:p@a.example/",
        "https://[::1]:80/?q",
        "https://a.example?x=[1]&y={z}|%zz#f", "https://a.example/%20%", "https://xn--bcher.example/",
    ],
)  # fmt: skip
def test_real_web_targets_can_be_tracked(target):
    assert is_web_target(target)
    assert read_token(write_token(link(target), HOST, KEY), HOST, find(KEY)) == link(target)


@pytest.mark.parametrize(
    "token",
    [
        link(position=-1), link(position=1 << 16), link(link=1 << 16), link(link=-1),
        link(message_id=b"short"), link(link=None), link(target=None),
    ],
)  # fmt: skip
def test_what_no_token_can_say_is_an_error(token):
    with pytest.raises(ValueError, match=r"token|neither"):
        write_token(token, HOST, KEY)


def test_a_genuine_mac_over_another_version_or_form_is_refused():
    for first, rest in (
        (0x20, b""),
        (0x14, b""),
        (0x10, b"x"),
        (0x11, b"a\r\n"),
        (0x13, b"ftp://a/"),
    ):
        head, tail = bytes((first, 7)) + ID, b"\x00\x01\x00\x00"
        signed = module._named(HOST) + module._signed(head, tail[2:], rest) + tail[:2]
        octets = head + tail + hmac.digest(KEY.secret, signed, "sha256")[:11] + rest
        text = base64.urlsafe_b64encode(octets).rstrip(b"=").decode()
        assert read_token(text, HOST, find(KEY)) is None


@given(links, keys, st.integers(0, 65535))
def test_recipients_differ_in_the_varying_characters_only(token, key, position):
    mold = TokenPress(HOST, key).mold(token)
    varying = mold.varying(position_octets(position))
    assert len(varying) == VARYING
    read = read_token((mold.before + varying + mold.after).decode(), HOST, find(key))
    assert read is not None
    assert (read.position, read.target, read.link) == (position, token.target, token.link)


@pytest.mark.parametrize(
    ("base", "host"),
    [
        ("https://Email.Example.com", "email.example.com"), ("https://t.example:443", "t.example"),
        ("http://127.0.0.1:8026", "127.0.0.1:8026"), ("http://t.example:80", "t.example"),
        ("http://[::1]:8026", "[::1]:8026"),
    ],
)  # fmt: skip
def test_the_host_is_as_a_client_names_it(base, host):
    assert host_of(base) == host
    assert read_token(write_token(link(), base.partition("//")[2], KEY), host, find(KEY)) == link()
