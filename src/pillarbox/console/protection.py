"""What protects people who use the console, decided purely: hosts, origins, tokens, headers.

The host is checked against DNS rebinding; a change needs the session's CSRF token and, where the
browser says one, an Origin of ours; the content security policy lets no inline script run.
"""

import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import urlsplit

CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
#: The frame in which a customer's mail is shown: no script, no network, an origin of its own.
MAIL_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
#: A page with a mail in a frame's `srcdoc`, which has the page's policy: styles may be inline.
PREVIEW_CSP = CSP.replace("style-src 'self'", "style-src 'self' 'unsafe-inline'")
#: What stands before such HTML: no network, whatever the page itself may load.
PREVIEW_HEAD = (
    '<!doctype html><meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data:\">"
)

HEADERS = {
    "Content-Security-Policy": CSP,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # no-referrer would take the Origin from our own forms
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=()",
    "Cache-Control": "no-store",
}


def session_cookie(*, secure: bool) -> str:
    """Name the session's cookie; `__Host-` binds it to this very host (RFC 6265bis §4.1.3)."""
    return "__Host-pillarbox" if secure else "pillarbox-session"


def csrf_token(key: bytes, session: str) -> str:
    """Give what the forms of a session carry."""
    return hmac.digest(key, hashlib.sha256(session.encode()).digest(), "sha256").hex()


def is_csrf_token(given: str, key: bytes, session: str) -> bool:
    """Tell whether a form came from a page of this session."""
    return hmac.compare_digest(given.encode(), csrf_token(key, session).encode())


def host_name(host: str) -> str:
    """Give the name in a Host header, without the port, in lower case."""
    if host.startswith("["):
        name = host.rpartition("]")[0][1:]
    else:
        name = host if host.count(":") > 1 else host.partition(":")[0]
    return name.lower().rstrip(".")


def is_own_origin(headers: Mapping[str, str], *, strict: bool) -> bool:
    """Tell whether a page of ours has sent a change.

    By Sec-Fetch-Site and Origin, which browsers add by themselves. `strict`: one of them must be
    there, since nothing else tells (somebody who is not signed in has no CSRF token).
    """
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site != "same-origin":
        return False
    if origin is None:
        return site is not None or not strict
    return urlsplit(origin).netloc.lower() == headers.get("host", "").lower()
