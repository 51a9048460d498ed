"""Addresses: what is read, what is refused and with which text, what comes back."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.proto.mime.addresses import AddressError, Mailbox, parse_address, parse_address_list

READ = [
    ("a@b.c", Mailbox("", "a", "b.c")),
    ("  a@B.C ", Mailbox("", "a", "b.c")),
    ("<a@b.c>", Mailbox("", "a", "b.c")),
    ("Shop <Shop@b.c>", Mailbox("Shop", "Shop", "b.c")),
    ('"Doe, Jane" <j@b.c>', Mailbox("Doe, Jane", "j", "b.c")),
    ('"a \\"b\\" c" <j@b.c>', Mailbox('a "b" c', "j", "b.c")),
    ("Jané <j@b.c>", Mailbox("Jané", "j", "b.c")),
    ("=?UTF-8?Q?Jan=C3=A9?= <j@b.c>", Mailbox("Jané", "j", "b.c")),
    ("=?iso-8859-1?b?SmFu6Q==?= =?iso-8859-1?q?_X?= <j@b.c>", Mailbox("Jané X", "j", "b.c")),
    ("a@bücher.example", Mailbox("", "a", "xn--bcher-kva.example")),
    ("a@BÜCHER.example", Mailbox("", "a", "xn--bcher-kva.example")),
    ("(hi) a@b.c (a (nested) comment)", Mailbox("", "a", "b.c")),
    ('"a b"@b.c', Mailbox("", '"a b"', "b.c")),
    ('"ab"@b.c', Mailbox("", "ab", "b.c")),
    ("a+b=c@b.c", Mailbox("", "a+b=c", "b.c")),
    ("x@y.z <a@b.c>", Mailbox("x@y.z", "a", "b.c")),
    ("a@localhost", Mailbox("", "a", "localhost")),
]
REFUSED = [
    ("", "Missing final '@domain'"),
    ("abc", "Missing final '@domain'"),
    ("Doe, Jane <j@b.c>", "Missing final '@domain'"),
    ("Name <>", "Missing final '@domain'"),
    ("a@", "Missing domain"),
    ("Name <a@>", "Missing domain"),
    ("a@b_c.d", "Domain contains illegal character"),
    ("a@[127.0.0.1]", "Domain contains illegal character"),
    ("a@b c", "Domain contains control or whitespace"),
    ("a@b\r\nRCPT", "Domain contains control or whitespace"),
    ("a@b\x00c", "Domain contains control or whitespace"),
    ("a@b.c.", "Domain ends with dot."),
    ("a b@c.d", "Local address contains control or whitespace"),
    ("a\rb@c.d", "Local address contains control or whitespace"),
    ("ä@c.d", "Local address contains control or whitespace"),
    ("a@b..c", "Invalid domain name: 'b..c'."),
    ("a@-b.c", "Invalid domain name: '-b.c'."),
    ("a@" + "b" * 64 + ".c", "Invalid domain name: '" + "b" * 64 + ".c'."),
    ("a@ⅷ☃.-", "Invalid domain name: 'ⅷ☃.-'."),
    ("@b.c", "Illegal address"),
    ("a..b@c.d", "Illegal address"),
    ("a@b.c, d@e.f", "Illegal address"),
    ("friends: a@b.c;", "Illegal address"),
    ("a@b.c <d@e.f> g", "Illegal address"),
    ('"open <a@b.c>', "Illegal address"),
    ("Na\r\nBcc: x <a@b.c>", "Illegal address"),
    ("Na\x00me <a@b.c>", "Illegal address"),
    ("=?utf-8?q?a=0D=0Ab?= <a@b.c>", "Illegal address"),
    ("\ud800 <a@b.c>", "Illegal address"),
    ("a" * 320 + "@b.c", "Illegal address"),
]


@pytest.mark.parametrize(("text", "mailbox"), READ)
def test_an_address_is_read_in_every_form_callers_write(text: str, mailbox: Mailbox) -> None:
    assert parse_address(text) == mailbox


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_is_no_address_is_refused_with_the_services_text(text: str, message: str) -> None:
    with pytest.raises(AddressError) as caught:
        parse_address(text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("text", "addresses"),
    [
        ("", []),
        ("a@b.c, , D <d@e.f>,", ["a@b.c", "d@e.f"]),
        ('"x, y" <a@b.c>,d@e.f', ["a@b.c", "d@e.f"]),
        ("undisclosed-recipients:;", []),
        ("friends: a@b.c, d@e.f;, g@h.i", ["a@b.c", "d@e.f", "g@h.i"]),
    ],
)
def test_a_header_list_gives_its_mailboxes_and_those_of_its_groups(
    text: str, addresses: list[str]
) -> None:
    assert [mailbox.address for mailbox in parse_address_list(text)] == addresses


@pytest.mark.parametrize(
    ("display", "form"),
    [
        ("", "a@b.c"),
        ("Jane Doe", "Jane Doe <a@b.c>"),
        ("Doe, Jane", '"Doe, Jane" <a@b.c>'),
        ('q"\\', '"q\\"\\\\" <a@b.c>'),
        ("Jané", "=?UTF-8?B?SmFuw6k=?= <a@b.c>"),
        ("=?x?=", "=?UTF-8?B?PT94Pz0=?= <a@b.c>"),
    ],
)
def test_the_header_form_quotes_or_encodes_where_needed(display: str, form: str) -> None:
    assert Mailbox(display, "a", "b.c").header_form() == form


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=200))
def test_every_display_name_comes_back_from_its_header_form(display: str) -> None:
    mailbox = Mailbox(display.strip(), "a", "b.c")
    assert parse_address(mailbox.header_form()) == mailbox
    assert mailbox.header_form().isascii()


@given(st.text(st.sampled_from('a@b.,;:<>()"\\ \t\r\n=?[]ü'), max_size=40) | st.text(max_size=60))
def test_any_text_is_an_address_or_refused_and_never_carries_a_control(text: str) -> None:
    try:
        found = [parse_address(text), *parse_address_list(text)]
    except AddressError:
        return
    for mailbox in found:
        assert not set("\r\n\x00") & set(mailbox.header_form() + mailbox.address)


@pytest.mark.parametrize("hostile", ["()", "(", '"\\', "<", ",", "a@", ":;", "=?a?q?", "=?", "a "])
def test_hostile_lists_take_linear_time(hostile: str) -> None:
    text = hostile * (200_000 // len(hostile))
    try:
        parse_address_list(text)  # pytest's timeout is the bar: quadratic takes hours
    except AddressError as error:
        assert str(error)
