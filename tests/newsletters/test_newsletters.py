"""Newsletters that real generators make: every link comes back, and they look the same."""

from dataclasses import replace

import pytest

from pillarbox.model.tracking import ANONYMOUS, TrackingPlan
from pillarbox.proto.html.links import find_links
from pillarbox.render.tracked_copy import track
from tests.peers.browser import needs_chromium
from tests.peers.javascript import needs_packages
from tests.unit.letters import ID, KEY, PLAN, URL, html_of, html_part, letter, tokens_of

#: A hundred pictures of a browser take long on a machine that does much else.
pytestmark = [needs_packages, pytest.mark.timeout(600)]
#: What a browser sees as links of a page.
HREFS = """
() => [...document.querySelectorAll('a[href], area[href]')].map(one => one.getAttribute('href'))
"""
ENCODINGS = [
    ("utf-8", "quoted-printable"),
    ("utf-8", "base64"),
    ("utf-8", "8bit"),
    ("gb18030", "base64"),
]


def tracked(
    html: str,
    charset: str = "utf-8",
    encoding: str = "base64",
    message_id: bytes = ID,
    plan: TrackingPlan = PLAN,
) -> str:
    """The HTML as its first recipient gets it."""
    message = letter(html_part(html.encode(charset), charset, encoding))
    return html_of(track(message, message_id, plan, KEY).for_recipient(0))[0].decode(charset)


def without_pixel(html: str) -> str:
    """Take out the one pixel."""
    before, _, rest = html.rpartition('<img alt="" src="https://email.shop.example/o/')
    return before + rest.partition(">")[2]


@pytest.mark.parametrize(("charset", "encoding"), ENCODINGS)
def test_every_link_decodes_to_its_original_and_nothing_else_has_changed(
    newsletters, charset, encoding
):
    links = 0
    for name, html in newsletters.items():
        found = find_links(html).links
        got = without_pixel(tracked(html, charset, encoding))
        tokens = [token for _, token in tokens_of(got)]
        assert [token.target for token in tokens] == [link.target for link in found], name
        written = iter([html[link.start : link.end] for link in found])
        assert URL.sub(lambda _, written=written: next(written), got) == html, name
        links += len(tokens)
    assert len(newsletters) >= 50
    assert links > 150


@needs_chromium
def test_the_links_are_those_that_a_browser_sees(newsletters, page):
    def hrefs(html: str) -> list[str]:
        def look(shown):
            shown.set_content(html, wait_until="domcontentloaded")
            return shown.evaluate(HREFS)

        return page.do(look)

    for name, html in newsletters.items():
        seen = [one for one in hrefs(html) if one.startswith(("http:", "https:"))]
        found = [one.target for one in find_links(html).links if not one.conditional]
        assert sorted(found) == sorted(seen), name  # what stands wrong in a table moves before it


@needs_chromium
def test_a_browser_shows_a_tracked_letter_as_it_shows_the_letter(newsletters, page, requests):
    def picture(html: str) -> bytes:
        def look(shown):
            shown.set_content(html, wait_until="load")
            return shown.screenshot(full_page=True)

        requests.urls.clear()
        return page.do(look)

    looks = set()
    for number, (name, html) in enumerate(newsletters.items()):
        message_id = number.to_bytes(16, "big")  # or the browser has the pixel already
        copy = tracked(html, message_id=message_id, plan=replace(PLAN, trap=True))
        before, after = picture(html), picture(copy)
        assert before == after, name
        looks.add(before)
        opened = tokens_of("\n".join(requests.urls))
        assert [(kind, token.message_id) for kind, token in opened] == [("o", message_id)], name
    assert len(looks) > 40  # a browser that shows nothing would pass the rest


def test_no_position_is_that_of_nobody(newsletters):
    """The other tests would pass with anonymous copies."""
    assert all(
        token.position != ANONYMOUS for _, token in tokens_of(tracked(newsletters["mjml/long"]))
    )
