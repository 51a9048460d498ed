"""The header fields that may occur only once (facts §3).

Takes field names, raises MimeError with the real service's text for the second of a kind.
"""

from collections.abc import Iterable

from pillarbox.proto.mime.error import MimeError

_NAMES = """
accept-language acceptlanguage archived-at auto-submitted bounces-to comments content-alternative
content-base content-class content-description content-disposition content-duration content-id
content-language content-length content-location content-md5 content-transfer-encoding content-type
date delivered-to disposition-notification-options disposition-notification-to dkim-signature
domainkey-signature errors-to from importance in-reply-to keywords list-archive list-help list-id
list-owner list-post list-subscribe list-unsubscribe message-context message-id mime-version
organization original-from original-message-id original-recipient original-subject precedence
priority references reply-to return-path return-receipt-to sender solicitation sensitivity subject
thread-index thread-topic user-agent vbr-info
"""
SINGLE = frozenset(_NAMES.split())


def check_single(names: Iterable[str]) -> None:
    """Refuse a field that may occur once and occurs twice. Raises MimeError the service's text."""
    seen: set[str] = set()
    for name in names:
        lower = name.lower()
        if lower in seen:
            raise MimeError(f"Duplicate header '{name}'.")
        if lower in SINGLE:
            seen.add(lower)
