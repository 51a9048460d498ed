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

_TARGET = re.compile(
    r"https?://"
    r"(?:[A-Za-z0-9._~!$&'()*+,;=:%-]*@)?"  # user information
    r"(?:[A-Za-z0-9._~!$&'()*+,;=%-]+|\[[0-9A-Fa-f:.]+\])"  # host
    r"(?::[0-9]{0,5})?"
    r"(?:[/?#][!#-;=?-\[\]-~]*)?",
    re.IGNORECASE,
)


def is_web_target(text: str) -> bool:
    """Tell whether a link to this target can be tracked."""
    return len(text) <= MAX_TARGET and _TARGET.fullmatch(text) is not None
