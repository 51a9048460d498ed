"""What the tracking listener says: each answer made once, as the bytes that go out. Pure.

The head lacks what the connection adds: Date, Connection and the empty line. Nothing that a request
brought is in an answer, but for the Location, which `proto/links/redirect_location.py` keeps clean.
"""

import msgspec

from pillarbox.model.page import PageAnswer
from pillarbox.proto.links.redirect_location import location_of, url_octets

#: A transparent pixel: GIF89a, 1x1, 43 bytes.
PIXEL = (
    b"GIF89a\x01\x00\x01\x00\x80\x00\x00\x00\x00\x00\x00\x00\x00\x21\xf9\x04\x01\x00\x00\x00\x00"
    b"\x2c\x00\x00\x00\x00\x01\x00\x01\x00\x00\x02\x02\x44\x01\x00\x3b"
)
_NEVER_KEPT = (
    b"Cache-Control: no-store, no-cache, must-revalidate, private, max-age=0\r\n"
    b"Pragma: no-cache\r\nExpires: 0\r\nX-Robots-Tag: noindex, nofollow\r\n"
)
_GUARDED = (
    b"Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; "
    b"form-action 'self'; base-uri 'none'; frame-ancestors 'none'\r\n"
    b"X-Content-Type-Options: nosniff\r\nX-Frame-Options: DENY\r\nReferrer-Policy: no-referrer\r\n"
)
_HOME = (
    b'<!doctype html><html lang="en"><meta charset="utf-8"><title>Mail links</title>'
    b'<meta name="viewport" content="width=device-width">'
    b'<body style="font:1rem/1.5 system-ui,sans-serif;max-width:36rem;margin:4rem auto;'
    b'padding:0 1rem"><h1>Mail links</h1><p>Links in mail that is sent from here lead through this '
    b"address to where they point. There is nothing else to see.</p></body></html>\n"
)
_REASONS = {
    200: b"OK",
    204: b"No Content",
    302: b"Found",
    303: b"See Other",
    400: b"Bad Request",
    404: b"Not Found",
    405: b"Method Not Allowed",
    413: b"Content Too Large",
    414: b"URI Too Long",
    431: b"Request Header Fields Too Large",
    500: b"Internal Server Error",
    503: b"Service Unavailable",
}


class Answer(msgspec.Struct, frozen=True, gc=False):
    """Status line and headers, and a body that HEAD does not get. `kind`: for the metrics."""

    kind: str
    head: bytes
    body: bytes = b""


def _answer(
    kind: str, status: int, body: bytes = b"", content_type: bytes = b"", more: bytes = _NEVER_KEPT
) -> Answer:
    reason = _REASONS.get(status, b"Status")
    head = b"HTTP/1.1 %d %b\r\n%b" % (status, reason, more)
    if content_type:
        head += b"Content-Type: %b\r\n" % content_type
    if status != 204:
        head += b"Content-Length: %d\r\n" % len(body)
    return Answer(kind, head, body)


def _refusal(status: int, more: bytes = b"") -> Answer:
    text = _REASONS[status] + b"\n"
    return _answer("refused", status, text, b"text/plain", _NEVER_KEPT + more)


OPENED = _answer("open", 200, PIXEL, b"image/gif")
NOT_FOUND = _refusal(404)
BAD_REQUEST = _refusal(400)
METHOD_NOT_ALLOWED = _refusal(405, b"Allow: GET, HEAD\r\n")
BODY_TOO_LARGE = _refusal(413)
TARGET_TOO_LONG = _refusal(414)
HEAD_TOO_LARGE = _refusal(431)
FAILED = _refusal(500)
BUSY = _refusal(503, b"Retry-After: 5\r\n")
HOME = _answer("page", 200, _HOME, b"text/html; charset=utf-8", _NEVER_KEPT + _GUARDED)
ROBOTS = _answer(
    "page",
    200,
    b"User-agent: *\nDisallow: /\n",
    b"text/plain",
    b"Cache-Control: public, max-age=86400\r\n",
)
ICON = _answer("page", 200, PIXEL, b"image/gif", b"Cache-Control: public, max-age=86400\r\n")
_CLICKED = b"HTTP/1.1 302 Found\r\n" + _NEVER_KEPT + b"Content-Length: 0\r\nLocation: "


def clicked(target: str) -> Answer | None:
    """Make the redirect to a link's target; None for a target that nobody may be led to."""
    location = location_of(target)
    return None if location is None else Answer("click", b"%b%b\r\n" % (_CLICKED, location))


def page_answer(page: PageAnswer) -> Answer:
    """Write a page's answer: never kept, never framed, no script."""
    more = _NEVER_KEPT + _GUARDED
    if page.location is not None:
        more += b"Location: %b\r\n" % url_octets(page.location)
    content_type = page.content_type.encode("latin-1", "replace").translate(None, b"\r\n")
    return _answer("page", page.status, page.body, content_type, more)
