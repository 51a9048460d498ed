"""The tracked copy of a message: its plan carried out, once for all of its recipients (design §7).

Takes a message as it was accepted, its TrackingPlan and the key; hands on a `TrackedCopy`, which
gives each recipient's octets by filling holes. A message with nothing to track and nothing of ours
in it comes back as it is.
"""

import re
from collections.abc import Iterator, Sequence

from pillarbox.model.tracking import ANONYMOUS, TRAP, TokenKey, TrackingPlan, TrackingToken
from pillarbox.proto.html.links import Link
from pillarbox.proto.links.tracking_token import (
    LINK_PATH,
    PIXEL_PATH,
    TokenPress,
    host_of,
    position_octets,
)
from pillarbox.proto.mime.html import HtmlPart, find_html_parts
from pillarbox.proto.mime.splice import Edit, Hole, Piece, splice

#: The pixel's element; not shown, and without a size where styles are stripped.
_PIXEL = (
    b'<img alt="" src="',
    b'" width="1" height="1" border="0" style="display:none;width:1px;height:1px">',
)
#: The element of the trap: for programs that follow links, not for people nor their screen readers.
_TRAP = b'<a href="', b'" rel="nofollow" aria-hidden="true" tabindex="-1" style="display:none"></a>'
_SES = re.compile(rb"s(?:=\r\n)?e(?:=\r\n)?s(?:=\r\n)?(?::|=3A)")


class TrackedCopy:
    """A message with holes where its recipients' copies differ.

    `size`: its octets, without the holes. `personal`: recipients' copies do differ.
    """

    def __init__(self, pieces: Sequence[Piece], *, anonymous: bool) -> None:
        self._octets = [piece if isinstance(piece, bytes) else b"" for piece in pieces]
        self._holes = [(at, one) for at, one in enumerate(pieces) if isinstance(one, Hole)]
        self._anonymous = anonymous
        self.size = sum(map(len, self._octets))
        self.personal = bool(self._holes) and not anonymous

    def for_recipient(self, position: int) -> bytes:
        """Give the octets for one recipient; the same for all in anonymous mode."""
        if not self._holes:
            return self._octets[0]
        octets = self._octets.copy()
        named = position_octets(ANONYMOUS if self._anonymous else position)
        for at, hole in self._holes:
            octets[at] = hole.fill(named)
        return b"".join(octets)


def track(content: bytes, message_id: bytes, plan: TrackingPlan, key: TokenKey) -> TrackedCopy:
    """Carry out the plan of a message."""
    if not plan.anything and not _may_have_leftovers(content):
        return TrackedCopy((content,), anonymous=plan.anonymous)
    parts = find_html_parts(content)
    changing = _Changing(message_id, plan, key)
    pixel_part = next((part for part in parts if part.found.placed), parts[0] if parts else None)
    changes = [(part, changing.edits(part, pixel=part is pixel_part)) for part in parts]
    changes = [(part, edits) for part, edits in changes if edits]
    if not changes:
        return TrackedCopy((content,), anonymous=plan.anonymous)
    return TrackedCopy(splice(content, changes), anonymous=plan.anonymous)


class _Changing:
    """What to change in the parts of one message."""

    def __init__(self, message_id: bytes, plan: TrackingPlan, key: TokenKey) -> None:
        self._message_id = message_id
        self._plan = plan
        bases = {plan.pixel, plan.http_links, plan.https_links}
        self._presses = {base: TokenPress(host_of(base), key) for base in bases if base}

    def edits(self, part: HtmlPart, *, pixel: bool) -> list[Edit]:
        """Give all changes of one part in their order; `pixel`: pixel and trap go into it."""
        found = part.found
        placed = found.placed if pixel and self._plan.pixel else None
        edits = [Edit(*span) for span in (*found.removed, *found.markers) if span != placed]
        edits.extend(self._link_edits(found.links))
        if pixel and self._plan.pixel is not None:
            span = placed or (found.pixel_at, found.pixel_at)
            edits.append(Edit(*span, (_PIXEL[0], *self._pixel(self._plan.pixel), _PIXEL[1])))
        base = self._plan.https_links or self._plan.http_links
        if pixel and self._plan.trap and base is not None:
            trap = (_TRAP[0], *self._link(base, TRAP, f"{base}/"), _TRAP[1])
            edits.append(Edit(found.pixel_at, found.pixel_at, trap))
        return sorted(edits, key=lambda edit: (edit.start, edit.end))

    def _link_edits(self, links: Sequence[Link]) -> Iterator[Edit]:
        for link in links:
            secure = link.target[:6].lower() == "https:"
            base = self._plan.https_links if secure else self._plan.http_links
            if base is None or (link.conditional and not self._plan.mso_comments):
                continue
            url = self._link(base, link.number, link.target, tagged=bool(link.tags))
            yield Edit(link.start, link.end, url)

    def _link(
        self, base: str, index: int, target: str, *, tagged: bool = False
    ) -> tuple[Piece, ...]:
        token = TrackingToken(
            message_id=self._message_id,
            position=ANONYMOUS,
            link=index,
            target=target,
            tagged=tagged,
        )
        return self._url(base + LINK_PATH, base, token)

    def _pixel(self, base: str) -> tuple[Piece, ...]:
        token = TrackingToken(message_id=self._message_id, position=ANONYMOUS)
        return self._url(base + PIXEL_PATH, base, token)

    def _url(self, start: str, base: str, token: TrackingToken) -> tuple[Piece, ...]:
        mold = self._presses[base].mold(token)
        return start.encode("ascii") + mold.before, Hole(mold), mold.after


def _may_have_leftovers(content: bytes) -> bool:
    """Say whether `ses:` may stand in an HTML part; quick, since it is asked of all mail."""
    if b"ses:" in content or b"base64" in content or b"BASE64" in content:
        return True
    return b"quoted-printable" in content and _SES.search(content) is not None
