"""What looks like ours in a mail that came back: return paths and tracked links (design §7, §8).

Takes the octets and the parts, hands on candidates. They prove nothing: whoever holds the keys
verifies them. Bounded: how many, and octets looked at.
"""

import re

from pillarbox.model.report import Traces
from pillarbox.proto.report_parts import MAX_OCTETS, ReportPart
from pillarbox.proto.tracking_token import LINK_PATH, PIXEL_PATH

MAX_TRACES = 20
_RETURN_PATH = re.compile(rb"(?i)(?<![a-z2-7])[a-z2-7]{45}@[a-z0-9.-]{1,254}")
_LINK = re.compile(
    rf"https?://[A-Za-z0-9.:-]{{1,260}}(?:{PIXEL_PATH}|{LINK_PATH})[A-Za-z0-9_-]{{44,4000}}"
)


def find_traces(content: bytes, parts: tuple[ReportPart, ...]) -> Traces:
    """Find them anywhere: a report may quote its original in a part, in its text, or in a field."""
    paths: dict[str, None] = {}
    for found in _RETURN_PATH.finditer(content[:MAX_OCTETS]):
        paths.setdefault(found[0].decode("ascii").lower())
        if len(paths) >= MAX_TRACES:
            break
    return Traces(return_paths=tuple(paths), links=_links(parts))


def _links(parts: tuple[ReportPart, ...]) -> tuple[str, ...]:
    links: dict[str, None] = {}
    for part in parts:
        if not part.kind.startswith("text/"):
            continue
        for found in _LINK.finditer(part.source):
            links.setdefault(found[0])
            if len(links) >= MAX_TRACES:
                return tuple(links)
    return tuple(links)
