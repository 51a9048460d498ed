"""Composed messages: Python's `email` reads back what was asked for; no line or header breaks."""

import base64
import email
import email.policy
from email.message import EmailMessage

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.send import SimpleContent, Text
from pillarbox.proto.mime.addresses import Mailbox
from pillarbox.proto.mime.body import write_base64, write_quoted_printable
from pillarbox.proto.mime.compose import compose_simple
from pillarbox.proto.mime.encoded_words import decode_words
from pillarbox.proto.mime.error import MimeError
from pillarbox.proto.mime.multipart import lay_out
from pillarbox.proto.mime.raw import check_raw, normalise_line_ends, parse_raw

SENDER = Mailbox("Doe, Jané", "jane", "example.com")
CHARSETS = {
    None: None,
    "UTF-8": None,
    "ISO-8859-1": "latin-1",
    "Shift_JIS": "shift_jis",
    "ISO-2022-JP": "iso2022_jp",
    "GB18030": None,
    "EUC-KR": "euc_kr",
}

UNSAFE = "\x00\x1b\x0e\x0f¥‾\u3164"  # shifts of the charsets themselves; what doesn't decode back


def compose(content: SimpleContent, **more: tuple[Mailbox, ...]) -> bytes:
    return compose_simple(
        content,
        from_=SENDER,
        date_ms=1476189536123,
        message_id="0100-x@example.org",
        boundary="=_t0ken",
        **more,
    )


def read(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def simple(
    subject: str = "s", text: str | None = "t", html: str | None = None, charset: str | None = None
) -> SimpleContent:
    return SimpleContent(
        subject=Text(subject, charset),
        text=None if text is None else Text(text, charset),
        html=None if html is None else Text(html, charset),
    )


def check_lines(data: bytes) -> None:
    assert data.endswith(b"\r\n")
    assert data.count(b"\r") == data.count(b"\n") == data.count(b"\r\n")
    assert max(map(len, data.split(b"\r\n"))) <= 998
    assert data.isascii()


def unified(text: str) -> str:
    return text.replace("\r\n", "\n").replace("\r", "\n")


@st.composite
def texts(draw: st.DrawFn) -> tuple[str | None, str, str, str]:
    charset = draw(st.sampled_from(list(CHARSETS)))
    codec = CHARSETS[charset] or "utf-8"
    characters = st.characters(codec=codec, exclude_categories=["Cs"], exclude_characters=UNSAFE)
    words = st.text(characters, max_size=300)
    subject = st.text(
        st.characters(
            codec=codec, exclude_categories=["Cs", "Cc", "Zl", "Zp"], exclude_characters=UNSAFE
        ),
        max_size=300,
    )
    long = st.builds(
        lambda unit, count: unit * count, st.text(characters, max_size=5), st.integers(0, 900)
    )
    return charset, draw(subject), draw(words | long), draw(words | long)


@given(texts())
def test_any_texts_in_any_charset_are_read_back(case: tuple[str | None, str, str, str]) -> None:
    charset, subject, text, html = case
    data = compose(simple(subject, text, html, charset), to=(SENDER,))
    check_lines(data)
    message = read(data)
    if "=?" not in subject:
        header = parse_raw(data).first("Subject")
        assert header is not None
        assert decode_words(header.text) == subject
    for kind, expected in (("plain", text), ("html", html)):
        part = message.get_body((kind,))
        assert part is not None
        codec = part.get_content_charset("ascii")
        payload = part.get_payload(decode=True)
        assert isinstance(payload, bytes)
        assert unified(payload.decode(codec)) == unified(expected)
    check_raw(parse_raw(data))


@given(
    st.text(
        st.characters(exclude_categories=["Cs", "Cc", "Zl", "Zp", "Zs"]), min_size=1, max_size=200
    )
)
def test_python_reads_the_subject_back(subject: str) -> None:
    message = read(compose(simple(subject, "x")))
    if "=?" not in subject:
        assert message["subject"] == subject


@given(st.text(), st.text(), st.text())
def test_any_input_is_composed_safely_or_refused(subject: str, text: str, value: str) -> None:
    content = SimpleContent(subject=Text(subject), text=Text(text), headers=(("X-Own", value),))
    try:
        data = compose(content)
    except MimeError:
        return
    check_lines(data)
    names = [field.name for field in parse_raw(data).fields]
    assert names == [
        "From", "Subject", "X-Own", "Date", "Message-ID", "MIME-Version", "Content-Type",
        "Content-Transfer-Encoding",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "charset", "kind", "encoding"),
    [
        ("hello", None, "us-ascii", "7bit"),
        ("hello", "UTF-8", "UTF-8", "7bit"),
        ("x" * 999, None, "us-ascii", "quoted-printable"),
        ("x" * 998, None, "us-ascii", "7bit"),
        ("a few accénts in a long enough text", None, "UTF-8", "quoted-printable"),
        ("日本語", None, "UTF-8", "base64"),
        ("日本語", "iso-2022-jp", "ISO-2022-JP", "7bit"),
        ("日本語", "shift_jis", "Shift_JIS", "base64"),
    ],
)
def test_the_charset_and_the_smallest_safe_encoding_are_chosen(
    text: str, charset: str | None, kind: str, encoding: str
) -> None:
    message = read(compose(simple("s", text, None, charset)))
    assert message["content-type"].params["charset"] == kind
    assert message["content-transfer-encoding"] == encoding


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (simple(charset="klingon"), "Unknown charset: 'klingon'."),
        (simple(charset="utf-16"), "Unknown charset: 'utf-16'."),
        (simple(charset="rot13"), "Unknown charset: 'rot13'."),
        (simple("€", charset="ISO-8859-1"), "The text can't be encoded in the charset ISO-8859-1."),
        (
            simple(text="é", charset="us-ascii"),
            "The text can't be encoded in the charset us-ascii.",
        ),
        (simple("\ud800"), "The text can't be encoded in the charset UTF-8."),
        (simple("a\r\nBcc: x@y.z"), "The header 'Subject' contains a line break or NUL."),
        (simple("a\x00"), "The header 'Subject' contains a line break or NUL."),
        (simple(text="a\x00"), "The body contains NUL."),
        (simple(text=None), "The body has neither a text nor an HTML part."),
        (simple(text="--=_t0ken", html=""), "The boundary occurs in the body."),
    ],
)
def test_what_cannot_be_composed_is_refused(content: SimpleContent, message: str) -> None:
    with pytest.raises(MimeError) as caught:
        compose(content)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ((("", "x"),), "The header name must be specified."),
        ((("a b", "x"),), "The header name contains an illegal character."),
        ((("A:", "x"),), "The header name contains an illegal character."),
        ((("X", "a\nb"),), "The header 'X' contains a line break or NUL."),
        ((("from", "x"),), "The header 'from' can't be set."),
        ((("Bcc", "x"),), "The header 'Bcc' can't be set."),
        ((("Content-Type", "x"),), "The header 'Content-Type' can't be set."),
        ((("X-SES-Message-Tags", "x"),), "The header 'X-SES-Message-Tags' can't be set."),
        ((("List-Id", "x"), ("list-id", "y")), "Duplicate header 'list-id'."),
        ((("X" * 127, "x"),), "The header is too long."),
        ((("X", "x" * 996),), "The header is too long."),
        (tuple((f"X-{n}", "x") for n in range(16)), "The number of headers exceeds 15."),
    ],
)
def test_own_headers_that_are_wrong_or_ours_are_refused(
    headers: tuple[tuple[str, str], ...], message: str
) -> None:
    with pytest.raises(MimeError) as caught:
        compose(SimpleContent(subject=Text("s"), text=Text("t"), headers=headers))
    assert str(caught.value) == message


def test_a_subject_that_is_encoded_words_passes_unchanged() -> None:
    subject = "=?UTF-8?Q?Gr=C3=BC=C3=9Fe?= =?iso-8859-1?B?SmFu6Q==?="
    assert f"Subject: {subject}\r\n".encode() in compose(simple(subject))


def test_every_encoded_word_stands_alone_and_its_line_is_short() -> None:
    for charset in ("UTF-8", "ISO-2022-JP", "GB18030", "Shift_JIS"):
        data = compose(simple("日本語の長い件名です" * 20, charset=charset))
        lines = [line for line in data.split(b"\r\n") if b"=?" in line]
        assert max(map(len, lines)) <= 76
        for line in lines:
            for word in line.split(b"=?")[1:]:
                assert "\ufffd" not in decode_words("=?" + word.decode().split(" <")[0])


def test_long_headers_are_folded_and_unfold_to_the_same() -> None:
    value = "<mailto:" + "a" * 700 + "@b.c>, <https://example.com/" + "b" * 200 + ">"
    content = SimpleContent(
        subject=Text("word  " * 100 + "end"), text=Text("t"), headers=(("List-Unsubscribe", value),)
    )
    data = compose(content, to=(SENDER,) * 50)
    check_lines(data)
    message = read(data)
    assert message["list-unsubscribe"] == value
    assert message["subject"] == "word  " * 100 + "end"
    assert len(message["to"].addresses) == 50


def test_the_header_has_our_date_and_id_and_no_bcc() -> None:
    message = read(compose(simple(), to=(SENDER,), cc=(SENDER,), reply_to=(SENDER,)))
    assert message["date"] == "Tue, 11 Oct 2016 12:38:56 +0000"
    assert message["message-id"] == "<0100-x@example.org>"
    assert message["from"].addresses[0].display_name == "Doe, Jané"
    assert message["bcc"] is None


@given(st.binary(max_size=400))
def test_quoted_printable_and_base64_lines_hold_at_most_76(octets: bytes) -> None:
    lined = normalise_line_ends(octets)
    for written in (write_base64(lined), write_quoted_printable(lined)):
        assert max(map(len, written.split(b"\r\n"))) <= 76
        assert b"\n" not in written.replace(b"\r\n", b"")


@pytest.mark.parametrize("over", [-1, 0, 1, 57, 933_888])
def test_base64_of_a_large_file_is_that_of_its_lines(over: int) -> None:
    """It is written a block at a time (of 933,888 octets), which is not to be seen in it."""
    octets = (bytes(range(256)) * (2 * 3_648))[: 933_888 + over]
    lines = base64.encodebytes(octets)
    assert write_base64(octets) == lines.replace(b"\n", b"\r\n")


def test_a_boundary_in_any_piece_is_refused() -> None:
    for at in range(3):
        pieces = [b"one\r\n", b"two\r\n", b"three"]
        pieces[at] = b"--here\r\n"
        with pytest.raises(MimeError, match="boundary occurs"):
            lay_out("mixed", [(b"Content-Type: text/plain\r\n", pieces)], "here")
