"""What looks like ours in a mail that came back: return paths and tracked links (design §7, §8).

Takes the octets and the parts, hands on candidates. They prove nothing: whoever holds the keys
verifies them. Bounded: how many, and octets looked at.
"""

import re

from pillarbox.model.report import Traces
from pillarbox.proto.links.tracking_token import LINK_PATH, PIXEL_PATH
from pillarbox.proto.report.parts import MAX_OCTETS, ReportPart

MAX_TRACES = 20
_LOCAL, _DOMAIN = re.compile(rb"[A-Za-z2-7]{45}"), re.compile(rb"[A-Za-z0-9.-]{1,254}")
_LINK = re.compile(
    rf"https?://[A-Za-z0-9.:-]{{1,260}}(?:{PIXEL_PATH}|{LINK_PATH})[A-Za-z0-9_-]{{44,4000}}"
)


def find_traces(content: bytes, parts: tuple[ReportPart, ...]) -> Traces:
    """Find them anywhere: a report may quote its original in a part, in its text, or in a field."""
    paths: dict[str, None] = {}
    data = content[:MAX_OCTETS]
    at = data.find(b"@")
    while at >= 0 and len(paths) < MAX_TRACES:
        local, domain = _LOCAL.match(data, max(0, at - 45), at), _DOMAIN.match(data, at + 1)
        if local and domain:
            paths.setdefault(data[local.start() : domain.end()].decode("ascii").lower())
        at = data.find(b"@", at + 1)
    return Traces(return_paths=tuple(paths), links=_links(parts))


def _links(parts: tuple[ReportPart, ...]) -> tuple[str, ...]:
    links: dict[str, None] = {}
    for part in parts:
        if not part.kind.startswith("text/"):
            continue
        source = part.source
        if LINK_PATH not in source and PIXEL_PATH not in source:
            continue
        for found in _LINK.finditer(source):
            links.setdefault(found[0])
            if len(links) >= MAX_TRACES:
                return tuple(links)
    return tuple(links)
