"""Names of identities and sets: what is taken, what is refused, and what always holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.base.errors import BadRequest
from pillarbox.manage.names import IdentityName, canonical_domain, check_set_name, parse_identity

TAKEN = [
    ("example.com", IdentityName("example.com", "DOMAIN")),
    ("Mail.Example.COM", IdentityName("mail.example.com", "DOMAIN")),
    ("BÜCHER.example", IdentityName("xn--bcher-kva.example", "DOMAIN")),
    ("_dmarc.example.com", IdentityName("_dmarc.example.com", "DOMAIN")),
    ("Ann@Example.com", IdentityName("Ann@Example.com", "EMAIL_ADDRESS")),
    ("o'neil+x@example.com", IdentityName("o'neil+x@example.com", "EMAIL_ADDRESS")),
    ("Ann@Bücher.Example", IdentityName("Ann@xn--bcher-kva.example", "EMAIL_ADDRESS")),
]


@pytest.mark.parametrize(("text", "name"), TAKEN)
def test_names_have_one_canonical_form(text, name):
    assert parse_identity(text) == name
    assert parse_identity(name.name) == name


@pytest.mark.parametrize(
    "text",
    ["a", "a.1", "1.2.3.4", ".a.b", "a.b.", "a b.c", "a\0.b", "a.b\n", "x" * 64 + ".b", "a-.b",
     "a." * 127 + "bc", "\u00ad.example", "xn--\u00fc.example", "ü" * 300 + ".example"],
)  # fmt: skip
def test_what_is_no_domain_has_no_canonical_form(text):
    assert canonical_domain(text) is None


@given(st.text(max_size=400))
def test_any_text_is_an_ascii_name_or_refused(text):
    try:
        parsed = parse_identity(text)
    except BadRequest:
        return
    assert parsed.name.isascii()
    assert parsed.name.isprintable()
    assert " " not in parsed.name
    assert parse_identity(parsed.name) == parsed


@given(st.text(max_size=80))
def test_a_set_name_comes_back_as_it_is_or_is_refused(text):
    try:
        assert check_set_name(text) == text
    except BadRequest:
        return
    assert text.isascii()
    assert 0 < len(text) <= 64
