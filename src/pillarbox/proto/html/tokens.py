"""The tokens of an HTML text that a rewriter cares for (HTML Living Standard §13.2.5).

Takes a text of which only the ASCII matters, hands on start tags of links, conditional comments,
`</body>` and markers, with their offsets. All the rest, tags with whatever in their attributes
too, is passed over by one pattern without going back, so the time is linear whatever the text is:
what is not finished (a tag, a comment, a script without its end) ends the scan, since it reaches to
the end of the text. Raw text (style, script, title, ...) is passed over as a browser would.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

#: Where the sender wants the pixel (facts §6).
MARKER = "{{ses:openTracker}}"

_WS = r"\t\n\f\r "
_VALUE = rf"\"[^\"]*+(?:\"|\Z)|'[^']*+(?:'|\Z)|[^{_WS}>\"'][^{_WS}>]*+"
_ATTRIBUTE_REST = rf"[^{_WS}/>][^{_WS}/>=]*+(?:[{_WS}]*+=[{_WS}]*+(?:{_VALUE})?+)?+"
_ATTRIBUTES = rf"(?:[{_WS}/]++|{_ATTRIBUTE_REST})*+"
_RAW = "style|script|textarea|title|xmp|iframe|noembed|noframes|plaintext"
_LINKS = f"a|area|v:[a-z]++|svg|math|{_RAW}|/(?:body|svg|math)"
# Start tags that end svg and math wherever they stand (§13.2.6.5), and two end tags.
_BREAKING = (
    "b|big|blockquote|body|br|center|code|dd|div|dl|dt|em|embed|h[1-6r]|head|i|img|li|listing|menu"
    "|meta|nobr|ol|p|pre|ruby|s|small|span|strong|strike|sub|sup|table|tt|u|ul|var|/(?:br|p)"
)
# ASCII: without it the Kelvin sign is a k and a long s is an s.
_FLAGS = re.IGNORECASE | re.ASCII


def _passing(wanted: str, text: str) -> re.Pattern[str]:
    """Make the pattern of all that is passed over: text, and whatever `<` starts that isn't
    wanted.
    """
    return re.compile(
        rf"(?:{text}"
        rf"|<(?!(?:{wanted})(?=[{_WS}/>]|\Z))/?+[a-z][^{_WS}/>]*+{_ATTRIBUTES}>"
        r"|<(?![a-z/!?])|</(?![a-z])[^>]*+>|<\?[^>]*+>|<!(?!--|\[CDATA\[)[^>]*+>)*+",
        _FLAGS,
    )


_TEXT, _NO_MARKER = "[^<]++", rf"[^<{{]++|{{(?!(?-i:{re.escape(MARKER[1:])}))"
#: By whether there is a marker, and whether svg or math is open.
_PASSED = {
    (marker, foreign): _passing(wanted, text)
    for marker, text in ((False, _TEXT), (True, _NO_MARKER))
    for foreign, wanted in ((False, _LINKS), (True, f"{_LINKS}|{_BREAKING}"))
}
_TAG = re.compile(rf"<(/?+[a-z][^{_WS}/>]*+){_ATTRIBUTES}>", _FLAGS)
_KEPT_VALUE = rf"[{_WS}]*+=[{_WS}]*+(?:\"([^\"]*+)\"|'([^']*+)'|([^{_WS}>\"'][^{_WS}>]*+))"
_ATTRIBUTE = re.compile(
    rf"[{_WS}/]*+([^{_WS}/>][^{_WS}/>=]*+)(?:{_KEPT_VALUE}|[{_WS}]*+=)?+", _FLAGS
)
_HREF = re.compile(
    rf"(?:[{_WS}/]++|(?!href[{_WS}/>=]){_ATTRIBUTE_REST})*+href{_KEPT_VALUE}", _FLAGS
)
_COMMENT_END = re.compile(r"--!?>")
_CONDITION = re.compile(r"\s*\[if\b[^\]>]*\]>", _FLAGS)
_RAW_NAMES = frozenset(_RAW.split("|"))
_RAW_END = {
    name: re.compile(rf"</{name}(?=[{_WS}/>])", _FLAGS) for name in _RAW_NAMES - {"plaintext"}
}
_SCRIPT_STEP = re.compile(rf"<!--|-->|</?script(?=[{_WS}/>])", _FLAGS)


class Token(NamedTuple):
    """One token: `kind` is `tag` (a start tag), `body end`, `marker`, `condition` or `end`.

    `name`: of a tag, in lower case. A condition's start and end are those of the HTML inside the
    comment. `end`: where the last finished token ends, always the last token.
    """

    kind: str
    start: int
    end: int
    name: str = ""


class Attribute(NamedTuple):
    """An attribute: its name in lower case, where it stands, and where its value stands."""

    name: str
    start: int
    end: int
    value_start: int
    value_end: int


def scan(text: str, start: int = 0, end: int | None = None) -> Iterator[Token]:
    """Give the tokens of a text, or of a piece of it, in their order."""
    end = len(text) if end is None else end
    marker = text.find(MARKER, start, end) >= 0
    position, foreign = start, 0
    while True:
        found = _PASSED[marker, foreign > 0].match(text, position, end)
        position = found.end() if found else position
        token, after, foreign = _next_token(text, position, end, foreign)
        if token is not None:
            yield token
        if after < 0:
            yield Token("end", position, position)
            return
        position = after


def read_attributes(text: str, tag: Token) -> Iterator[Attribute]:
    """Give the attributes of a start tag; of several with one name only the first counts."""
    position = tag.start + 1 + len(tag.name)
    while (found := _ATTRIBUTE.match(text, position, tag.end - 1)) is not None:
        group = found.lastindex or 1
        at, stop = found.span(group) if group > 1 else (found.end(), found.end())
        yield Attribute(found[1].lower(), found.start(1), found.end(), at, stop)
        position = found.end()


def find_href(text: str, tag: Token) -> tuple[int, int] | None:
    """Find the value of a start tag's first `href`, as `read_attributes` would, but quicker."""
    found = _HREF.match(text, tag.start + 1 + len(tag.name), tag.end)
    return None if found is None else found.span(found.lastindex or 0)


def _next_token(text: str, at: int, end: int, foreign: int) -> tuple[Token | None, int, int]:
    """Read what stands at a `<` or a marker: the token if it is one, and where it goes on.

    Negative where it does not: at the end of the text or of what is finished in it. `foreign`
    counts the open svg and math elements (§13.2.6.5).
    """
    tag = _TAG.match(text, at, end)
    if tag is not None:
        return _take_tag(text, tag, end, foreign)
    if text.startswith("{", at, end):
        return Token("marker", at, at + len(MARKER)), at + len(MARKER), foreign
    if text.startswith("<!--", at, end):
        return *_comment(text, at, end), foreign
    if text.startswith("<!", at, end):
        closing = "]]>" if foreign and text.startswith("<![CDATA[", at) else ">"
        found = text.find(closing, at, end)
        return None, found + len(closing) if found >= 0 else -1, foreign
    return None, -1, foreign


def _take_tag(
    text: str, tag: re.Match[str], end: int, foreign: int
) -> tuple[Token | None, int, int]:
    """Go on after a tag that is wanted."""
    name, (at, stop) = tag[1].lower(), tag.span()
    if name in {"a", "area"} or name.startswith("v:"):
        return Token("tag", at, stop, name), stop, foreign
    if name == "/body":
        return Token("body end", at, stop), stop, foreign
    if name in {"svg", "math"}:
        return None, stop, foreign + (text[stop - 2] != "/")
    if name in {"/svg", "/math"}:
        return None, stop, max(0, foreign - 1)
    if name not in _RAW_NAMES:
        return None, stop, 0
    return None, stop if foreign else _raw_end(text, name, stop, end), foreign


def _comment(text: str, at: int, end: int) -> tuple[Token | None, int]:
    """Read a comment (§13.2.5.43 on); `<!-->` and `<!--->` are whole ones."""
    for short in ("<!-->", "<!--->"):
        if text.startswith(short, at, end):
            return None, at + len(short)
    found = _COMMENT_END.search(text, at + 4, end)
    if found is None:
        return None, -1
    condition = _CONDITION.match(text, at + 4, found.start())
    if condition is None:
        return None, found.end()
    return Token("condition", condition.end(), found.start()), found.end()


def _raw_end(text: str, name: str, position: int, end: int) -> int:
    """Find the end tag of an element of raw text; negative when there is none."""
    if name == "script":
        return _script_end(text, position, end)
    found = _RAW_END[name].search(text, position, end) if name in _RAW_END else None
    return -1 if found is None else found.start()


def _script_end(text: str, position: int, end: int) -> int:
    """Find the end tag of a script: after `<!--` and then `<script`, the next one isn't it
    (§13.2.5.15 on).
    """
    escaped, doubly = False, False
    while (found := _SCRIPT_STEP.search(text, position, end)) is not None:
        position = found.end()
        match found[0].lower():
            case "<!--":
                escaped = True
                position -= 2  # `<!-->` is both
            case "-->":
                escaped = doubly = False
            case "<script":
                doubly = escaped
            case _ if not doubly:
                return found.start()
            case _:
                doubly = False
    return -1
