"""Which targets of links can be tracked: absolute http and https URLs (RFC 3986 §3).

Takes a text, says whether it is one. In path, query and fragment any visible ASCII passes that
stands in a Location header as it is; what browsers would read in another way than we do (white
space, backslashes, no `//`, text outside ASCII, whose octets depend on the page's charset) does
not. Both who writes tokens and who redirects asks here, so nothing else ever comes out.
"""

import re

#: Longer targets are left alone: in a token they would pass the 2,083 octets at which mail programs
#: begin to cut URLs.
MAX_TARGET = 1_400

_HOST = r"(?:[A-Za-z0-9._~!$&'()*+,;=%-]++|\[[0-9A-Fa-f:.]++\])"
_REST = r"(?::[0-9]{0,5}+)?+(?:[/?#][!#-;=?-\[\]-~]*+)?+"
_USER = r"[A-Za-z0-9._~!$&'()*+,;=:%-]*+@"
_TARGET = re.compile(rf"https?://{_HOST}{_REST}", re.IGNORECASE | re.ASCII)
_TARGET_WITH_USER = re.compile(rf"https?://{_USER}{_HOST}{_REST}", re.IGNORECASE | re.ASCII)


def is_web_target(text: str) -> bool:
    """Tell whether a link to this target can be tracked."""
    if len(text) > MAX_TARGET:
        return False
    return bool(_TARGET.fullmatch(text) or _TARGET_WITH_USER.fullmatch(text))
