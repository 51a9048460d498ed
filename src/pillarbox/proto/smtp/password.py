"""The SMTP password that SES derives from a secret access key (facts §12)."""

import base64
import hashlib
import hmac

_DATE, _SERVICE, _TERMINAL, _MESSAGE = "11111111", "ses", "aws4_request", "SendRawEmail"
_VERSION = b"\x04"


def smtp_password(secret: str, region: str) -> str:
    """Derive the password; the user name beside it is the access key id."""
    key = b"AWS4" + secret.encode()
    for part in (_DATE, region, _SERVICE, _TERMINAL, _MESSAGE):
        key = hmac.new(key, part.encode(), hashlib.sha256).digest()
    return base64.b64encode(_VERSION + key).decode()
