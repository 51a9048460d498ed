"""The Location of a redirect (RFC 9110 §10.2.2) to a URL that stands in a mail.

Takes the URL as the sender wrote it; hands on the header's value, byte for byte the same where a
header can carry it. What it can't carry is percent-encoded: spaces, controls, and everything beyond
ASCII as its UTF-8 octets (RFC 3987 §3.1). So no CR and no LF ever comes out.
"""

import re

_SCHEMES = re.compile(r"https?://", re.IGNORECASE)
#: Everything but visible ASCII characters.
_UNFIT = re.compile(rb"[^\x21-\x7e]")


def location_of(target: str) -> bytes | None:
    """Write the Location that leads to `target`; None unless that is an http or https URL."""
    if _SCHEMES.match(target) is None:
        return None
    return url_octets(target)


def url_octets(url: str) -> bytes:
    """Write a URL, or a path, as a header carries it."""
    return _UNFIT.sub(lambda found: b"%%%02X" % found[0][0], url.encode("utf-8", "surrogatepass"))
