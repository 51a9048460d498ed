"""What always holds of tracked mail: tokens read, links found and restored."""

import re

from fuzz.mail import LETTER
from pillarbox.model.tracking import TokenKey, TrackingPlan, TrackingToken
from pillarbox.proto.html.links import find_links
from pillarbox.proto.links.tracking_token import read_token, write_token
from pillarbox.proto.mime.body import find_long_line
from pillarbox.proto.mime.html import find_html_parts
from pillarbox.proto.mime.raw import normalise_line_ends
from pillarbox.render.links import all_link_tags
from pillarbox.render.tracked_copy import track

KEY = TokenKey(1, b"k" * 32)
HOST = "t.example"
LINK = TrackingToken(message_id=b"m" * 16, position=2, link=3, target="https://shop.example/?a=b")
BASE = "https://t.example"
PLAN = TrackingPlan(pixel=BASE, http_links=BASE, https_links=BASE)
URL = re.compile(r"https://t\.example/c/([A-Za-z0-9_-]+)")
PIXEL = re.compile(r"<img alt=\"\" src=\"https://t\.example/o/[^>]*>")
_TYPE = b"Content-Type: text/html; charset="
_ENCODED = b"\r\nContent-Transfer-Encoding: "
PAGES = (
    (
        b"<html><title>x</title><body><p title='>'><a ses:tags=\"a:b\" "
        b"href='https://x.example/?a&amp;b'><!--[if mso]><v:roundrect href=http://y.example/>"
        b"<![endif]-->{{ses:openTracker}}</body>"
    ),
    (
        b"<script><!--<script></script>--></script><svg><![CDATA[>]]></svg>"
        b"<a\nhref=HTTPS://z.example>"
    ),
)
LETTERS = (
    LETTER.replace(b"text/plain", b"text/html").replace(b"hello", PAGES[0]),
    _TYPE + b"gb18030" + _ENCODED + b"quoted-printable\r\n\r\n"
    b"<a href=3D'https://x.example/'=\r\n>\x81\x30\x89\x38=0D.\r\n",
    _TYPE + b"utf-16le" + _ENCODED + b"base64\r\n\r\n"
    b"PABhACAAaAByAGUAZgA9AGgAdAB0AHAAOgAvAC8AeAA+AA==\r\n",
)
TOKENS = tuple(
    write_token(one, HOST, KEY).encode()
    for one in (LINK, TrackingToken(message_id=b"m" * 16, position=2))
)


def token(data: bytes) -> None:
    """Whatever is read as a token is one that we wrote, in the one spelling it has."""
    text = data.decode(errors="replace")
    read = read_token(text, HOST, {1: KEY.secret}.get)
    assert read is None or write_token(read, HOST, KEY) == text
    assert read_token(text, "other.example", {1: KEY.secret}.get) is None


def links(data: bytes) -> None:
    """Links stand in order and apart, and are found again when they are replaced."""
    text = data.decode("latin-1")
    found = find_links(text)
    spans = [(one.start, one.end) for one in found.links] + found.removed + found.markers
    at = 0
    for start, end in sorted(spans):
        assert at <= start < end <= len(text)
        at = end
    pieces, at = [], 0
    for one in found.links:
        pieces += (text[at : one.start], f"{BASE}/{one.number}")
        at = one.end
    again = find_links("".join([*pieces, text[at:]]))
    assert [one.target for one in again.links] == [f"{BASE}/{one.number}" for one in found.links]


def copies(data: bytes) -> None:
    """A copy reads as the message does, but for its links, its pixel and what was for us."""
    data = normalise_line_ends(data)
    copied = track(data, b"m" * 16, PLAN, KEY).for_recipient(2)
    before, after = find_html_parts(data), find_html_parts(copied)
    assert len(before) == len(after)
    for old, new in zip(before, after, strict=True):
        html = PIXEL.sub("", new.view.text)
        targets = [read_token(one, HOST, {1: KEY.secret}.get) for one in URL.findall(html)]
        assert all(targets)
        if not old.found.removed and not old.found.markers and "&" not in old.view.text:
            real = iter([one.target or "" for one in targets if one])
            assert URL.sub(lambda _, real=real: next(real), html) == old.view.text
    if find_long_line(data) is None:
        assert find_long_line(copied) is None
    all_link_tags(data)
