"""AWS Signature Version 4, the verifying side, for header and presigned requests alike.

Takes what `parse` (sigv4_claim) read of a request, and judges it in steps, so that a caller can
refuse before it looks up a key or reads a body: `check_clock` and `check_scope` need no key,
`check_token` and `check_signature` do. `verify` is all of them in order. Each raises
`SignatureProblem`. There is no unsigned payload.
"""

import hmac
from datetime import UTC, datetime
from hashlib import sha256

from pillarbox.model.credentials import AccessKey
from pillarbox.proto.aws.sigv4_claim import (
    ALGORITHM,
    MISMATCH,
    Kind,
    SignatureProblem,
    SignedRequest,
    parse,
)

__all__ = [
    "Kind",
    "SignatureProblem",
    "SignedRequest",
    "check_clock",
    "check_scope",
    "check_signature",
    "check_token",
    "parse",
    "signing_key",
    "verify",
]

WINDOW_MS = 15 * 60 * 1000

_TOKEN_INVALID = "The security token included in the request is invalid."  # noqa: S105
_TOKEN_EXPIRED = "The security token included in the request is expired"  # noqa: S105


def verify(
    signed: SignedRequest, key: AccessKey, body_sha256: str, now_ms: int, region: str
) -> None:
    """Judge a whole request: clock, scope, token, signature. Raises SignatureProblem."""
    check_clock(signed, now_ms)
    check_scope(signed, region)
    check_token(signed, key, now_ms)
    check_signature(signed, signing_key(key.secret, signed.date, region), body_sha256)


def check_clock(signed: SignedRequest, now_ms: int) -> None:
    """Refuse a stamp more than 15 minutes off either way, or a presigned request past its
    X-Amz-Expires.
    """
    if signed.stamp_ms > now_ms + WINDOW_MS:
        late = f"{signed.stamp} is still later than {_stamp(now_ms + WINDOW_MS)}"
        text = f"Signature not yet current: {late} ({_stamp(now_ms)} + 15 min.)"
        raise SignatureProblem(Kind.CLOCK, text)
    if signed.expires is None:
        if signed.stamp_ms < now_ms - WINDOW_MS:
            early = f"{signed.stamp} is now earlier than {_stamp(now_ms - WINDOW_MS)}"
            text = f"Signature expired: {early} ({_stamp(now_ms)} - 15 min.)"
            raise SignatureProblem(Kind.CLOCK, text)
        return
    end_ms = signed.stamp_ms + signed.expires * 1000
    if end_ms < now_ms:
        text = f"Signature expired: {_stamp(end_ms)} is now earlier than {_stamp(now_ms)}"
        raise SignatureProblem(Kind.CLOCK, text)


def check_scope(signed: SignedRequest, region: str, service: str = "ses") -> None:
    """Refuse a credential scope for another region, service, version or day than this request's."""
    text = ""
    if signed.region != region:
        text += f"Credential should be scoped to a valid region, not '{signed.region}'. "
    if signed.service != service:
        text += f"Credential should be scoped to correct service: '{service}'. "
    if signed.terminator != "aws4_request":
        text += (
            "Credential should be scoped with a valid terminator: 'aws4_request',"
            f" not '{signed.terminator}'. "
        )
    if signed.date != signed.stamp[:8]:
        text += (
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from"
            f" HTTP: '{signed.date}' != '{signed.stamp[:8]}', from '{signed.stamp}'. "
        )
    if text:
        raise SignatureProblem(Kind.MISMATCH, text)


def check_token(signed: SignedRequest, key: AccessKey, now_ms: int) -> None:
    """Refuse a temporary key without its own session token, a lasting key with one, and a key out
    of date.
    """
    given, expected = (signed.token or "").encode(), (key.session_token or "").encode()
    if (signed.token is None) != (key.session_token is None) or not hmac.compare_digest(
        given, expected
    ):
        raise SignatureProblem(Kind.TOKEN, _TOKEN_INVALID)
    if key.expires_at is not None and key.expires_at <= now_ms:
        raise SignatureProblem(Kind.TOKEN_EXPIRED, _TOKEN_EXPIRED)


def check_signature(signed: SignedRequest, derived: bytes, body_sha256: str) -> None:
    """Refuse a request that `derived` (see signing_key) did not sign, or whose body is not the
    signed one.
    """
    if signed.content_sha256 is not None and signed.content_sha256 != body_sha256:
        text = "The provided 'x-amz-content-sha256' header does not match what was computed."
        raise SignatureProblem(Kind.MISMATCH, text)
    canonical = f"{signed.canonical_head}{body_sha256}".encode("utf-8", "surrogateescape")
    scope = f"{signed.date}/{signed.region}/{signed.service}/{signed.terminator}"
    to_sign = f"{ALGORITHM}\n{signed.stamp}\n{scope}\n{sha256(canonical).hexdigest()}"
    expected = hmac.digest(derived, to_sign.encode(), "sha256").hex().encode()
    if not hmac.compare_digest(expected, signed.signature):
        raise SignatureProblem(Kind.MISMATCH, MISMATCH)


def signing_key(secret: str, date: str, region: str, service: str = "ses") -> bytes:
    """Derive the key of one day, region and service from a secret. Worth keeping: four HMACs."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _stamp(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y%m%dT%H%M%SZ}"
