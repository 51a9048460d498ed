"""Lists as somebody goes through them: rows, sorted headings, all pages by their links."""

import html
import re
from urllib.parse import parse_qs, urlsplit


def rows(page):
    """Give the headings of a page's rows, tags and the rest left out."""
    found = re.findall(r'<th scope="row">(.*?)</th>', page, re.DOTALL)
    return [re.sub("<[^>]*>", " ", one).split()[0] for one in found]


def headings(page):
    """Give the headings that lists are sorted by: the direction now and the address, by name."""
    found = re.findall(r'<th scope="col" class="sortable.*?>.*?</th>', page, re.DOTALL)
    given = {}
    for one in found:
        now = re.search(r'aria-sort="(\w+)"', one)
        url = html.unescape(re.search(r'href="([^"]*)"', one)[1])
        given[parse_qs(urlsplit(url).query)["sort"][0]] = (now[1] if now else None, url)
    return given


async def walk(browser, url, read=rows):
    """Give the rows of all pages, by their links, and how many pages there are."""
    seen, pages = [], 0
    while url:
        answer = await browser.open(url)
        assert answer.status == 200, answer.text[-1500:]
        seen, pages = seen + read(answer.text), pages + 1
        following = re.search(r'href="([^"]*)" rel="next">', answer.text)
        url = html.unescape(following[1]) if following else ""
    return seen, pages
