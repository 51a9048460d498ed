"""The links of an HTML text, and all else that tracking changes in it (design §7, facts §6).

Takes a text; hands on where its http and https links stand and what they point to, where `ses:`
attributes and markers stand, and where a pixel goes. Changes nothing itself. Links are `href` of
`a` and `area`, in Outlook's conditional comments too, there also of VML shapes (`v:roundrect`).
"""

import re
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from typing import NamedTuple

from pillarbox.proto.html.entities import decode_value
from pillarbox.proto.html.tokens import Attribute, Token, find_href, read_attributes, scan
from pillarbox.proto.links.web_target import is_web_target

#: Links of one message that are tracked; those beyond stay as they are (facts §6).
MAX_LINKS = 250

_SPACE = "\t\n\f\r "
_TAG = re.compile(r"([A-Za-z0-9_-]+):([A-Za-z0-9_-]+)")


class Link(NamedTuple):
    """A link that can be tracked: `text[start:end]` is its target as it is written.

    `number`: its index, counted over the whole message. `conditional`: it stands in a conditional
    comment.
    """

    number: int
    start: int
    end: int
    target: str
    tags: tuple[tuple[str, str], ...]
    conditional: bool


@dataclass(slots=True)
class Findings:
    """What was found in one text.

    `removed`: spans of `ses:` attributes. `markers`: spans of `{{ses:openTracker}}`; `placed`: the
    one that readers' programs show. `pixel_at`: where a pixel goes without one.
    """

    links: list[Link] = field(default_factory=list)
    removed: list[tuple[int, int]] = field(default_factory=list)
    markers: list[tuple[int, int]] = field(default_factory=list)
    placed: tuple[int, int] | None = None
    pixel_at: int = 0

    @property
    def leftovers(self) -> bool:
        """Whether something of ours stands in the text that no reader should get."""
        return bool(self.removed or self.markers)


def find_links(text: str, *, first: int = 0, spared: AbstractSet[str] = frozenset()) -> Findings:
    """Find all that tracking changes in a text. Never raises; linear in the text.

    `first`: how many links the message's parts before this one have. `spared`: targets that stay
    as they are.
    """
    search = _Search(text, spared, first)
    search.walk()
    return search.found


class _Search:
    """One pass over a text, and over the conditional comments in it."""

    def __init__(self, text: str, spared: AbstractSet[str], first: int) -> None:
        self._text = text
        self._spared = spared
        self._index = first
        self.found = Findings()

    def walk(self) -> None:
        """Collect everything; a pixel goes before the last `</body>`, or at the end."""
        found = self.found
        body_end: int | None = None
        for token in scan(self._text):
            match token.kind:
                case "tag":
                    self._take_tag(token, conditional=False)
                case "condition":
                    self._walk_condition(token)
                case "marker":
                    found.placed = found.placed or (token.start, token.end)
                    found.markers.append((token.start, token.end))
                case "body end":
                    body_end = token.start
                case _:
                    found.pixel_at = token.end if body_end is None else body_end

    def _walk_condition(self, condition: Token) -> None:
        """Look at what only Outlook shows; a pixel is never placed there."""
        for token in scan(self._text, condition.start, condition.end):
            if token.kind == "tag":
                self._take_tag(token, conditional=True)
            elif token.kind == "marker":
                self.found.markers.append((token.start, token.end))

    def _take_tag(self, tag: Token, *, conditional: bool) -> None:
        """Look at one start tag. A shape with a link means something in a condition only."""
        if tag.name.startswith("v:") and not conditional:
            return
        written = self._text[tag.start : tag.end].lower()
        if "ses:" in written or "data-no-track" in written:
            self._take_marked_tag(tag, conditional=conditional)
        elif (href := find_href(self._text, tag)) is not None:
            self._take_link(href, (), conditional=conditional)

    def _take_marked_tag(self, tag: Token, *, conditional: bool) -> None:
        """Look at a start tag with attributes that are for us."""
        attributes: dict[str, Attribute] = {}
        for attribute in read_attributes(self._text, tag):
            attributes.setdefault(attribute.name, attribute)
            if attribute.name.startswith("ses:"):
                self.found.removed.append((attribute.start, attribute.end))
        href = attributes.get("href")
        if href is None or "ses:no-track" in attributes or "data-no-track" in attributes:
            return
        tags = self._read_tags(attributes.get("ses:tags"))
        self._take_link((href.value_start, href.value_end), tags, conditional=conditional)

    def _take_link(
        self, href: tuple[int, int], tags: tuple[tuple[str, str], ...], *, conditional: bool
    ) -> None:
        """Keep a link whose target can be tracked; white space around it is not its target's."""
        if self._index >= MAX_LINKS:
            return
        written = self._text[slice(*href)]
        core = written.strip(_SPACE)
        target = decode_value(core)
        if not is_web_target(target) or target in self._spared:
            return
        start = href[0] + written.find(core)
        link = Link(self._index, start, start + len(core), target, tags, conditional)
        self.found.links.append(link)
        self._index += 1

    def _read_tags(self, tags: Attribute | None) -> tuple[tuple[str, str], ...]:
        """Read `name:value;name:value;`; what is not so written is left out."""
        if tags is None:
            return ()
        value = decode_value(self._text[tags.value_start : tags.value_end])
        pairs = (_TAG.fullmatch(one.strip(_SPACE)) for one in value.split(";"))
        return tuple((pair[1], pair[2]) for pair in pairs if pair)
