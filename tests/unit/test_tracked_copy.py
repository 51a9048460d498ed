"""Tracked copies of messages: changed is what tracking changes, and not one octet else."""

import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pillarbox.model.tracking import ANONYMOUS, TRAP, TrackingPlan
from pillarbox.render.links import all_link_tags, link_tags
from pillarbox.render.tracked_copy import track
from tests.unit.letters import (
    BASE,
    ID,
    KEY,
    PLAN,
    URL,
    html_of,
    html_part,
    letter,
    multipart,
    tokens_of,
)

U = "https://shop.example/a?b=1"
PIXEL = re.compile(r'<img alt="" src="([^"]*)" width="1" height="1" border="0" style="[^"]*">')


def copy(message: bytes, position: int = 3, plan: TrackingPlan = PLAN) -> bytes:
    return track(message, ID, plan, KEY).for_recipient(position)


def restored(html: str) -> str:
    """Put the targets back and take the pixel out."""
    html = PIXEL.sub("", html)
    targets = iter([token.target for _, token in tokens_of(html)])
    return URL.sub(lambda _: next(targets), html)


def said(html: bytes) -> list[tuple[str | None, int | None, bool]]:
    """What the tokens say: target, index, tagged."""
    tokens = (token for _, token in tokens_of(html.decode()))
    return [(token.target, token.link, token.tagged) for token in tokens]


CASES = [
    ("utf-8", "Grüße, 日本語 😀"), ("us-ascii", "Hello"), ("iso-8859-1", "Grüße"),
    ("iso-8859-2", "Žluťoučký"), ("iso-8859-5", "Привет"), ("iso-8859-15", "10 €"),
    ("windows-1251", "Привет"), ("windows-1252", "“10 €”"), ("windows-1256", "مرحبا"),
    ("koi8-r", "Привет"), ("shift_jis", "ソ能表十予"), ("cp932", "①ソ能"), ("euc-jp", "日本語"),
    ("iso-2022-jp", "日本語<です"), ("gb2312", "汉字"), ("gbk", "漢字"),
    ("gb18030", "漢字€😀\U00020000"), ("big5", "功能許蓋"), ("euc-kr", "한국어"),
    ("windows-949", "똠방각하"), ("iso-2022-kr", "한국어"),
    ("utf-16le", "Grüße 日本語 😀"), ("utf-16be", "Grüße 日本語 😀"), ("utf-16", "Grüße 日本語 😀"),
]  # fmt: skip


ENCODINGS = ("7bit", "8bit", "binary", "quoted-printable", "base64")
ENCODED = [
    (charset, text, encoding)
    for charset, text in CASES
    for encoding in (ENCODINGS[3:] if charset.startswith("utf-16") else ENCODINGS)  # NUL
]


@pytest.mark.parametrize(("charset", "text", "encoding"), ENCODED)
def test_every_charset_and_encoding_comes_back(charset, text, encoding):
    python = {"windows-949": "cp949"}.get(charset, charset)
    html = (
        f"<p>{text}</p>\r\n<a href='{U}'>{text}</a>\r\n<a href=http://b.example>{text}</body>\r\n"
    )
    octets = html.encode(python)
    out = copy(letter(html_part(octets, charset, encoding)))
    (got,) = html_of(out)
    assert [token.target for _, token in tokens_of(got.decode(python))] == [
        U, "http://b.example", None,
    ]  # fmt: skip
    assert restored(got.decode(python)).encode(python) == octets
    for line in out.split(b"\r\n"):
        assert len(line) <= 998
        if encoding in {"quoted-printable", "base64"}:
            assert len(line) <= 76


@pytest.mark.parametrize("encoding", ["8bit", "quoted-printable", "base64"])
def test_what_is_wrong_in_the_charset_stays_as_it_is(encoding):
    octets = b"\xff\xfe\xc3(\x80 <a href='" + U.encode() + b"'>\xed\xa0\x80</a>\xf0\r\n"
    (got,) = html_of(copy(letter(html_part(octets, "utf-8", encoding))))
    assert URL.sub(U, PIXEL.sub("", got.decode("latin-1"))).encode("latin-1") == octets


@given(
    st.lists(
        st.sampled_from([b"a", b" ", b"\t", b"\r\n", b"\r", b"\n", b"=", b".", b"\xff", b"<p>"])
        | st.just(f"<a href='{U}'>".encode())
        | st.binary(max_size=4).filter(lambda one: b"<" not in one and b"\x00" not in one),
        max_size=40,
    ).map(b"".join),
    st.sampled_from(["quoted-printable", "base64"]),
)
def test_any_octets_come_back_from_an_encoding(octets, encoding):
    """Also lone CR and LF, white space at the ends of lines, and no end of the last line."""
    out = copy(letter(html_part(octets, "iso-8859-1", encoding)))
    (got,) = html_of(out)
    (before,) = html_of(letter(html_part(octets, "iso-8859-1", encoding)))
    assert restored(got.decode("latin-1")).encode("latin-1") == before
    assert all(len(line) <= 76 for line in out.split(b"\r\n"))


def test_soft_line_breaks_with_padding_are_soft_line_breaks():
    body = b"<a href=3D'https://shop.exa=  \r\nmple/'>a=\t\r\nb</a>= "
    out = copy(letter(html_part(b"", "utf-8", "quoted-printable") + body))
    (html,) = html_of(out)
    assert restored(html.decode()) == "<a href='https://shop.example/'>ab</a>"


def test_recipients_copies_say_who_they_are_for_and_are_as_long():
    message = letter(html_part(f"<a href={U}>".encode() * 3, "utf-8", "quoted-printable"))
    copies = track(message, ID, PLAN, KEY)
    first, second = copies.for_recipient(0), copies.for_recipient(1)
    assert copies.personal
    assert len(first) == len(second)
    for position, one in enumerate((first, second)):
        tokens = [token for _, token in tokens_of(html_of(one)[0].decode())]
        assert {(token.message_id, token.position) for token in tokens} == {(ID, position)}
        assert [token.link for token in tokens] == [0, 1, 2, None]


def test_anonymous_copies_name_nobody_and_are_the_same():
    plan = TrackingPlan(pixel=BASE, http_links=BASE, https_links=BASE, anonymous=True)
    copies = track(letter(html_part(f"<a href={U}>".encode(), "utf-8", "8bit")), ID, plan, KEY)
    assert not copies.personal
    assert copies.for_recipient(0) == copies.for_recipient(9)
    tokens = tokens_of(copies.for_recipient(0).decode())
    assert {token.position for _, token in tokens} == {ANONYMOUS}


@pytest.mark.parametrize(
    ("plan", "tracked"),
    [
        (TrackingPlan(), []),
        (TrackingPlan(pixel=BASE), ["pixel"]),
        (TrackingPlan(http_links=BASE), ["http", "mso"]),
        (TrackingPlan(https_links=BASE), ["https"]),
        (TrackingPlan(https_links=BASE, http_links=BASE, mso_comments=False), ["https", "http"]),
    ],
)
def test_only_what_the_plan_says_is_tracked(plan, tracked):
    html = (
        "<a href=https://https.example><a href=http://http.example>"
        "<!--[if mso]><a href=http://mso.example><![endif]-->"
    )
    message = letter(html_part(html.encode(), "utf-8", "8bit"))
    out = copy(message, plan=plan).decode()
    names = [token.target or "//pixel." for _, token in tokens_of(out)]
    assert [name.partition("//")[2].partition(".")[0] for name in names] == tracked
    assert restored(out).encode() == message


@pytest.mark.parametrize(
    "message",
    [
        letter(b"Content-Type: text/plain\r\n\r\n<a href='https://x.example/'>\r\n"),
        letter(b"\r\n<a href='https://x.example/'>\r\n"),
        letter(html_part(b"<a href='mailto:a@b.example'><a href=/x>", "utf-8", "8bit")),
    ],
    ids=["plain", "no type", "no link"],
)
def test_a_message_with_nothing_to_track_is_not_touched(message):
    plan = TrackingPlan(http_links=BASE, https_links=BASE)
    assert copy(message, plan=plan) is message


LINKED = html_part(f"<a href={U}>x</a>".encode(), "utf-8", "8bit")


@pytest.mark.parametrize(
    "message",
    [
        letter(
            multipart(
                "multipart/signed; micalg=sha-256",
                LINKED,
                b"Content-Type: application/pkcs7-signature\r\n\r\nx",
            )
        ),
        letter(
            multipart(
                "multipart/encrypted",
                b"Content-Type: application/pgp-encrypted\r\n\r\nVersion: 1",
                LINKED,
            )
        ),
        letter(
            multipart(
                "multipart/mixed", multipart("multipart/signed", LINKED, LINKED, boundary="c")
            )
        ),
        letter(b"Content-Type: application/pkcs7-mime; smime-type=signed-data\r\n\r\n" + LINKED),
        letter(b"Content-Type: message/rfc822\r\n\r\n" + letter(LINKED)),
        letter(
            multipart("multipart/mixed", b"Content-Type: message/rfc822\r\n\r\n" + letter(LINKED))
        ),
        letter(
            html_part(
                f"<a href={U}>".encode(), "utf-8", "8bit", b"Content-Disposition: attachment\r\n"
            )
        ),
        letter(
            html_part(
                f"<a href={U}>".encode(),
                "utf-8",
                "8bit",
                b'Content-Disposition: inline; filename="a.html"\r\n',
            )
        ),
        letter(html_part(f"<a href={U}>".encode(), "x-unknown", "8bit")),
        letter(html_part(f"<a href={U}>".encode(), "utf-8", "x-uuencode")),
        letter(html_part(f"<a href={U}>".encode(), "utf-16le", "base64") + b"AAAA"),
        letter(
            b"Content-Type: text/html\r\nContent-Transfer-Encoding: base64\r\n\r\n"
            b"PGEgaHJlZj1odHRwOi8vYT4=PGE="
        ),
        letter(
            html_part(
                f"<pre>-----BEGIN PGP SIGNED MESSAGE-----\r\n<a href={U}>".encode(), "utf-8", "8bit"
            )
        ),
        letter(b"Content-Type: multipart/mixed\r\n\r\n" + LINKED),
        LINKED.replace(b"\r\n\r\n", b"\r\n"),
        b"",
    ],
)
def test_what_a_change_could_break_is_left_alone(message):
    assert copy(message) is message


def test_all_html_parts_are_tracked_with_one_pixel_and_links_counted_over_them():
    other = html_part(f"<a href={U}2 ses:tags=a:b>".encode(), "utf-8", "base64")
    plain = b"Content-Type: text/plain\r\n\r\nsee " + U.encode()
    related = multipart(
        "multipart/related", LINKED, b"Content-Type: image/gif\r\n\r\nGIF", boundary="r"
    )
    alternative = multipart("multipart/alternative", plain, related, boundary="a")
    message = letter(multipart("multipart/mixed", alternative, other))
    out = copy(message)
    first, second = html_of(out)
    assert said(first) == [(U, 0, False), (None, None, False)]
    assert said(second) == [(U + "2", 1, True)]
    assert restored(out.split(b"--b\r\n")[1].decode()).encode() == message.split(b"--b\r\n")[1]
    assert out.startswith(message[: message.index(b"--r")])
    assert out.endswith(b"--b--\r\nepilogue\r\n")


def test_a_marker_places_the_pixel_and_further_ones_go():
    mark = b"{{ses:openTracker}}"
    first = html_part(b"a<p>b", "utf-8", "8bit")
    second = html_part(
        b"<p>" + mark + b"</p>" + mark + b"<a ses:no-track href=mailto:x>",
        "utf-8",
        "quoted-printable",
    )
    message = letter(multipart("multipart/mixed", first, second))
    one, two = html_of(copy(message))
    assert one == b"a<p>b"
    assert PIXEL.sub("PIXEL", two.decode()) == "<p>PIXEL</p><a  href=mailto:x>"
    assert html_of(copy(message, plan=TrackingPlan()))[1] == b"<p></p><a  href=mailto:x>"


@pytest.mark.parametrize("field", [b"Content-Transfer-Encoding: 8bit\r\n", b""])
def test_a_line_that_would_grow_too_long_makes_its_part_quoted_printable(field):
    body = b"<p>\xc3\xa4" + f"<a href={U}>x</a>".encode() * 24 + b"</p>\r\nnext\r\n"
    assert 800 < len(body) < 998
    message = letter(b"Content-Type: text/html; charset=utf-8\r\n" + field + b"\r\n" + body)
    out = copy(message)
    head = letter(b"Content-Type: text/html; charset=utf-8\r\n")
    assert out.startswith(head + b"Content-Transfer-Encoding: quoted-printable\r\n\r\n<p>=C3=A4")
    assert all(len(line) <= 76 for line in out.partition(b"\r\n\r\n")[2].split(b"\r\n"))
    assert restored(html_of(out)[0].decode()).encode() == body


def test_list_unsubscribe_targets_are_left_alone():
    field = b"List-Unsubscribe: <mailto:u@shop.example>,\r\n <https://shop.example/u?id=1&x=2>\r\n"
    html = b"<a href='https://shop.example/u?id=1&amp;x=2'>out</a><a href=https://shop.example/u>"
    out = copy(field + letter(html_part(html, "utf-8", "8bit")))
    assert [token.target for _, token in tokens_of(out.decode())] == [
        "https://shop.example/u",
        None,
    ]


def test_tags_are_found_by_the_index_of_the_token():
    html = (
        f"<a href={U} ses:tags='a:1;b:2;a:3'><a href=/x ses:tags=no:no><a href={U}>"
        f"<a href={U} ses:tags=c:4>"
    )
    message = letter(html_part(html.encode(), "utf-8", "base64"))
    tokens = [token for _, token in tokens_of(html_of(copy(message))[0].decode())]
    assert [(token.link, token.tagged) for token in tokens] == [
        (0, True),
        (1, False),
        (2, True),
        (None, False),
    ]
    assert link_tags(message, 0) == {"a": ["1", "3"], "b": ["2"]}
    assert all_link_tags(message) == {0: {"a": ["1", "3"], "b": ["2"]}, 2: {"c": ["4"]}}
    assert link_tags(message, 1) == link_tags(message, 99) == link_tags(b"", 0) == {}


def test_links_beyond_the_limit_stay_as_they_are():
    html = b"".join(f"<a href={U}{n}>\r\n".encode() for n in range(300))
    out = copy(letter(html_part(html, "utf-8", "8bit")))
    tokens = [token.target for _, token in tokens_of(out.decode())]
    assert tokens == [f"{U}{n}" for n in range(250)] + [None]
    assert out.count(f"<a href={U}".encode()) == 50


def test_a_trap_is_one_hidden_link_to_the_tracking_host_itself():
    message = letter(html_part(f"<body><a href={U}>x</a></body>".encode(), "utf-8", "base64"))
    for plan, traps in ((replace(PLAN, trap=True), 1), (TrackingPlan(pixel=BASE, trap=True), 0)):
        (html,) = html_of(copy(message, plan=plan))
        tokens = [token for _, token in tokens_of(html.decode()) if token.link == TRAP]
        assert [(token.target, token.position) for token in tokens] == [(f"{BASE}/", 3)] * traps
        assert html.endswith(b"</body>")
        assert html.count(b'tabindex="-1" style="display:none"></a>') == traps
    assert not all_link_tags(message)


@given(st.binary(max_size=300))
def test_any_octets_are_rendered_without_an_error(octets):
    copy(octets)
    copy(letter(b"Content-Type: text/html\r\n\r\n" + octets))
    copy(letter(multipart("multipart/mixed", octets, html_part(octets, "utf-16", "base64"))))
