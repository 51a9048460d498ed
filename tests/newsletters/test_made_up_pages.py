"""Pages made of whatever upsets a tokenizer: our links are those that a real browser sees."""

import random
import re

import pytest

from pillarbox.proto.html.links import find_links
from pillarbox.proto.links.web_target import is_web_target
from tests.peers.browser import needs_chromium

pytestmark = [needs_chromium, pytest.mark.timeout(600)]
PAGES = 3_000
#: `U` becomes a target of its own. What misplaces elements (select, frameset, template) is left
#: out: we read tokens, a browser builds a tree.
PIECES = r"""
<a |<a href=|<a href='U'>|<a href="U">|<a href=U>|<a href=U/>|<area href=U |href=|href|'U'|"U"|U|>
/>|"|'|=|= | |\n|\t|\f|\r|/|<!--|-->|--!>|<!-->|<!--->|<!-|<script>|</script>|<script |</script
<style>|</style>|<title>|</title>|<textarea>|</textarea|<textarea/>|<p |</p>|<p title="|</body>|</a>
</a |<|</|<!|<?|<![CDATA[|]]>|&amp;|&copy|&|é|<b>|<xmp>|</xmp>|<iframe>|</iframe>|<noembed>
</noembed>|<style/>|<title/>|<!doctype html>|<![if x]>|-|--|!|<A HREF=U>|<noscript>|</noscript>|x
<ax href=U>|\\|<a\x00 href=U>|<a href="U&amp;x=1&copy=2&lt;3&reg">|<a\xa0href=U>|<script><!--
<script|</script/
"""
FOREIGN = r"""
<svg>|</svg>|<svg/>|<svg><style>|<svg><title>x</title>|<svg><![CDATA[ > ]]>|<math>|</math>
"""
SEE = """
pages => pages.map(page => [...new DOMParser().parseFromString(page, "text/html")
  .querySelectorAll("a[href], area[href]")].map(one => one.getAttribute("href")))
"""


def pieces_of(written: str) -> list[str]:
    pieces = [one for line in written.split("\n") for one in line.split("|") if line]
    return [one.encode("latin-1").decode("unicode_escape") for one in pieces]


def made_up(source: random.Random, pieces: list[str]) -> str:
    count = 0

    def target(_: object) -> str:
        nonlocal count
        count += 1
        return f"https://x.example/{count}"

    page = "".join(source.choice(pieces) for _ in range(source.randint(1, 25)))
    return re.sub("U", target, page)


@pytest.mark.parametrize(("pieces", "agreeing"), [(PIECES, 1.0), (PIECES + FOREIGN, 0.998)])
def test_links_are_those_that_a_browser_sees(page, pieces, agreeing):
    """In svg and math we know no integration points, which no mail has."""
    source = random.Random(1)
    pages = [
        made_up(source, pieces.replace("\n|", "|").strip("\n").split("|")) for _ in range(PAGES)
    ]
    differing, links = [], 0
    for text, seen in zip(pages, page.do(lambda page: page.evaluate(SEE, pages)), strict=True):
        theirs = {one.strip("\t\n\f\r ") for one in seen}
        links += len(theirs)
        if {one.target for one in find_links(text).links} != set(filter(is_web_target, theirs)):
            differing.append(text)
    assert links > 500
    assert len(differing) <= PAGES * (1 - agreeing), differing[:5]
