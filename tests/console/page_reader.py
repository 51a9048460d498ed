"""A page read as a browser reads it: its elements, their attributes, and its text."""

import html.parser
import re
from dataclasses import dataclass, field

#: Attributes whose value is an address that a browser goes to.
_ADDRESSES = frozenset({"href", "src", "action", "formaction", "data", "poster", "srcset", "cite"})
_SCHEME = re.compile(r"([a-z][a-z0-9+.-]*):")
#: Schemes that no address of ours has; pictures in mail come as `data:`, in the frame alone.
_HARMLESS = frozenset({"http", "https", "mailto", "otpauth"})


@dataclass
class Seen:
    """What is on a page. `wrong`: what nobody of us wrote; `text`: all text and all values."""

    wrong: list[str] = field(default_factory=list)
    text: list[str] = field(default_factory=list)


def read_page(text: str, mark: str) -> Seen:
    """Read a page; `mark`: names the elements and attributes that only others would write."""
    reader = _Reader(mark)
    reader.feed(text)
    reader.close()
    return reader.seen


class _Reader(html.parser.HTMLParser):
    def __init__(self, mark):
        super().__init__(convert_charrefs=True)
        self.mark = mark
        self.seen = Seen()

    def handle_starttag(self, tag, attrs):
        names = [name for name, _ in attrs]
        if self.mark in tag or any(self.mark in name for name in names):
            self._note(tag, attrs)
        if any(name.startswith("on") or name in {"style", "srcdoc"} for name in names):
            self._note(tag, attrs)
        if tag in {"base", "object", "embed", "style"}:
            self._note(tag, attrs)
        given = dict(attrs)
        if tag == "script" and given.get("src") != "/console/static/console.js":
            self._note(tag, attrs)
        if tag == "iframe" and given.get("sandbox", "none") not in {None, ""}:
            self._note(tag, attrs)
        for name, value in attrs:
            if name in _ADDRESSES and not _leads_nowhere_else(value or ""):
                self._note(tag, attrs)
            self.seen.text.append(value or "")

    handle_startendtag = handle_starttag

    def handle_data(self, data):
        self.seen.text.append(data)

    def handle_comment(self, data):
        if self.mark in data:
            self.seen.wrong.append(f"<!--{data}-->")

    def _note(self, tag, attrs):
        self.seen.wrong.append(f"<{tag} {attrs}>"[:300])


def _leads_nowhere_else(value):
    """Tell whether an address is without a scheme, or with one that runs nothing.

    A browser leaves spaces and control characters in a scheme out (URL Standard).
    """
    found = _SCHEME.match(re.sub(r"[\x00-\x20]", "", value).lower())
    return found is None or found[1] in _HARMLESS
