"""Signs and writes HTTP requests by AWS Signature Version 4: own code, independent of botocore.

Takes a key and a request, hands on the bytes of a whole HTTP/1.1 request, so that a load generator
can sign thousands ahead of time. Service `ses`, header form, all headers signed that are sent.
"""

import hashlib
import hmac
import time
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Key:
    """An access key, and the region it signs for."""

    access_key_id: str
    secret_access_key: str
    region: str = "us-east-1"


@lru_cache(maxsize=64)
def _signing_key(key: Key, day: str) -> bytes:
    derived = f"AWS4{key.secret_access_key}".encode()
    for part in (day, key.region, "ses", "aws4_request"):
        derived = hmac.digest(derived, part.encode(), "sha256")
    return derived


def signed_request(key: Key, port: int, method: str, path: str, body: bytes = b"") -> bytes:
    """The bytes of one request to loopback `port`; `path` has no query string, and is ASCII."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    headers = f"content-type:application/json\nhost:127.0.0.1:{port}\nx-amz-date:{stamp}\n"
    names = "content-type;host;x-amz-date"
    digest = hashlib.sha256(body).hexdigest()
    canonical = f"{method}\n{path}\n\n{headers}\n{names}\n{digest}"
    scope = f"{stamp[:8]}/{key.region}/ses/aws4_request"
    hashed = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashed}"
    signature = hmac.digest(_signing_key(key, stamp[:8]), text.encode(), "sha256").hex()
    head = (
        f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        f"Content-Type: application/json\r\nX-Amz-Date: {stamp}\r\n"
        f"Authorization: AWS4-HMAC-SHA256 Credential={key.access_key_id}/{scope}, "
        f"SignedHeaders={names}, Signature={signature}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
