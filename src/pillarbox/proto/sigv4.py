"""AWS Signature Version 4, the verifying side, for the Authorization header and for presigned query
strings.

Takes a request as it came over the wire, hands on a `SignedRequest` (`parse`), and then judges it
in steps, so that the caller can refuse before it looks up a key or reads a body: `check_clock` and
`check_scope` need no key, `check_token` and `check_signature` do. `verify` is all of them in order.
Each raises `SignatureProblem`.

Standard: "Signature Version 4 signing process" in the AWS General Reference. Differences between
services that matter here: the canonical URI is the path as received, percent-encoded once more
(facts §1.2); there is no unsigned payload; `host` and each `x-amz-*` header have to be signed.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from urllib.parse import quote

from pillarbox.model.credentials import AccessKey
from pillarbox.proto.query_string import MalformedQuery, Pairs, canonical_query, parse_query

ALGORITHM = "AWS4-HMAC-SHA256"
WINDOW_MS = 15 * 60 * 1000
MAX_EXPIRES = 7 * 24 * 3600

_QUERY_REQUIRED = (
    "X-Amz-Algorithm",
    "X-Amz-Credential",
    "X-Amz-Signature",
    "X-Amz-SignedHeaders",
    "X-Amz-Date",
)
_QUERY_MARKS = frozenset(_QUERY_REQUIRED[:4])
_QUERY_ONCE = frozenset((*_QUERY_REQUIRED, "X-Amz-Expires", "X-Amz-Security-Token"))

Fields = dict[bytes, list[bytes]]


class Kind(StrEnum):
    """What is wrong with a signature; each API has its own code and status for it."""

    MISSING = "missing"
    INCOMPLETE = "incomplete"
    SYNTAX = "syntax"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    VALUE = "value"
    CLOCK = "clock"
    MISMATCH = "mismatch"
    TOKEN = "token"  # noqa: S105
    TOKEN_EXPIRED = "token expired"  # noqa: S105


class SignatureProblem(Exception):
    """A request is not signed as it has to be; `text` is safe to show."""

    def __init__(self, kind: Kind, text: str) -> None:
        super().__init__(text)
        self.kind = kind
        self.text = text


TOKEN_INVALID = "The security token included in the request is invalid."  # noqa: S105
_TOKEN_EXPIRED = "The security token included in the request is expired"  # noqa: S105
_MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS Secret"
    " Access Key and signing method. Consult the service documentation for details."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedRequest:
    """A request with its claim of who signed it. `stamp` is the time of signing; `expires` is in
    seconds.
    """

    access_key_id: str
    date: str
    region: str
    service: str
    terminator: str
    stamp: str
    stamp_ms: int
    expires: int | None
    signature: bytes
    token: str | None
    content_sha256: str | None
    canonical_head: str
    query: Pairs


@dataclass(frozen=True, slots=True)
class _Claims:
    """The five parts of a signature wherever they stood, still as text."""

    credential: str
    signed_headers: str
    signature: str
    stamp: str
    token: str | None
    expires: int | None
    query: Pairs


def parse(
    method: str, raw_path: bytes, query: bytes, headers: Iterable[tuple[bytes, bytes]]
) -> SignedRequest:
    """Read who claims to have signed a request. Raises SignatureProblem, and nothing else, for any
    input.
    """
    try:
        pairs = parse_query(query)
    except MalformedQuery as problem:
        raise SignatureProblem(
            Kind.SYNTAX, f"The query string contains a syntax error. {problem}"
        ) from None
    fields: Fields = {}
    for name, value in headers:
        fields.setdefault(name.lower(), []).append(value)
    claims = _claims(pairs, fields)
    scope = claims.credential.split("/")
    if len(scope) != 5:
        raise SignatureProblem(
            Kind.INCOMPLETE,
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term,"
            f" got '{claims.credential}'",
        )
    access_key_id, date, region, service, terminator = scope
    names = _signed_names(claims.signed_headers, fields)
    lines = "".join(f"{name}:{_canonical_value(fields[name.encode()])}\n" for name in names)
    path = quote(raw_path or b"/", safe="/-_.~")
    return SignedRequest(
        access_key_id=access_key_id,
        date=date,
        region=region,
        service=service,
        terminator=terminator,
        stamp=claims.stamp,
        stamp_ms=_stamp_ms(claims.stamp),
        expires=claims.expires,
        signature=claims.signature.encode(),
        token=claims.token,
        content_sha256=_single(fields, b"x-amz-content-sha256"),
        canonical_head=f"{method}\n{path}\n{canonical_query(claims.query)}\n{lines}\n{';'.join(names)}\n",
        query=pairs,
    )


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
    now = _stamp(now_ms)
    if signed.stamp_ms > now_ms + WINDOW_MS:
        limit = _stamp(now_ms + WINDOW_MS)
        text = f"Signature not yet current: {signed.stamp} is still later than {limit} ({now} + 15 min.)"
        raise SignatureProblem(Kind.CLOCK, text)
    if signed.expires is None:
        if signed.stamp_ms < now_ms - WINDOW_MS:
            limit = _stamp(now_ms - WINDOW_MS)
            text = (
                f"Signature expired: {signed.stamp} is now earlier than {limit} ({now} - 15 min.)"
            )
            raise SignatureProblem(Kind.CLOCK, text)
        return
    end_ms = signed.stamp_ms + signed.expires * 1000
    if end_ms < now_ms:
        text = f"Signature expired: {_stamp(end_ms)} is now earlier than {now}"
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
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP:"
            f" '{signed.date}' != '{signed.stamp[:8]}', from '{signed.stamp}'. "
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
        raise SignatureProblem(Kind.TOKEN, TOKEN_INVALID)
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
        raise SignatureProblem(Kind.MISMATCH, _MISMATCH)


def signing_key(secret: str, date: str, region: str, service: str = "ses") -> bytes:
    """Derive the key of one day, region and service from a secret. Worth keeping: four HMACs."""
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request"):
        key = hmac.digest(key, part.encode(), "sha256")
    return key


def _claims(pairs: Pairs, fields: Fields) -> _Claims:
    by_query = any(name in _QUERY_MARKS for name, _ in pairs)
    authorization = fields.get(b"authorization")
    if authorization and by_query:
        text = "The request is signed both in the Authorization header and in the query string."
        raise SignatureProblem(Kind.CONFLICT, text)
    if by_query:
        return _query_claims(pairs)
    if authorization:
        return _header_claims(authorization, fields, pairs)
    raise SignatureProblem(Kind.MISSING, "Request is missing Authentication Token")


def _header_claims(authorization: list[bytes], fields: Fields, pairs: Pairs) -> _Claims:
    whole = b", ".join(authorization).decode("latin-1")
    algorithm, _, rest = whole.strip().partition(" ")
    parts: dict[str, str] = {}
    for piece in rest.split(","):
        name, _, value = piece.strip().partition("=")
        if name in parts:
            _incomplete(f"Authorization header has more than one '{name}' parameter.", whole)
        parts[name] = value
    stamp = _header_stamp(fields)
    lacking = [name for name in ("Credential", "Signature", "SignedHeaders") if not parts.get(name)]
    text = "".join(f"Authorization header requires '{name}' parameter. " for name in lacking)
    if stamp is None:
        text += (
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. "
        )
    if algorithm != ALGORITHM and not text:
        text = f"Unsupported AWS 'algorithm': '{algorithm}'. "
    if text or stamp is None:
        _incomplete(text.rstrip(), whole)
    return _Claims(
        credential=parts["Credential"],
        signed_headers=parts["SignedHeaders"],
        signature=parts["Signature"],
        stamp=stamp or "",
        token=_single(fields, b"x-amz-security-token"),
        expires=None,
        query=pairs,
    )


def _incomplete(text: str, authorization: str) -> None:
    raise SignatureProblem(Kind.INCOMPLETE, f"{text} Authorization={authorization[:1000]}")


def _query_claims(pairs: Pairs) -> _Claims:
    given: dict[str, str] = {}
    for name, value in pairs:
        if name in _QUERY_ONCE:
            if name in given:
                text = f"The parameter {name} is given more than once."
                raise SignatureProblem(Kind.DUPLICATE, text)
            given[name] = value
    lacking = [name for name in _QUERY_REQUIRED if not given.get(name)]
    if lacking:
        text = "".join(f"AWS query-string parameters must include '{name}'. " for name in lacking)
        raise SignatureProblem(Kind.INCOMPLETE, f"{text}Re-examine the query-string parameters.")
    if given["X-Amz-Algorithm"] != ALGORITHM:
        raise SignatureProblem(Kind.VALUE, f"X-Amz-Algorithm must be {ALGORITHM}.")
    return _Claims(
        credential=given["X-Amz-Credential"],
        signed_headers=given["X-Amz-SignedHeaders"],
        signature=given["X-Amz-Signature"],
        stamp=given["X-Amz-Date"],
        token=given.get("X-Amz-Security-Token"),
        expires=_expires(given.get("X-Amz-Expires")),
        query=tuple(pair for pair in pairs if pair[0] != "X-Amz-Signature"),
    )


def _expires(text: str | None) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) <= 6 and 1 <= int(text) <= MAX_EXPIRES):
        text = f"X-Amz-Expires must be a number of seconds between 1 and {MAX_EXPIRES}."
        raise SignatureProblem(Kind.VALUE, text)
    return int(text)


def _signed_names(text: str, fields: Fields) -> list[str]:
    """Read SignedHeaders; refuse a list that leaves out what has to be signed or names what is not
    there.
    """
    names = text.split(";")
    if names != sorted(set(names)) or text != text.lower() or not text.isascii():
        problem = f"SignedHeaders must be lower-case, sorted and without duplicates, got '{text}'"
        raise SignatureProblem(Kind.INCOMPLETE, problem)
    if "host" not in names:
        problem = "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization."
        raise SignatureProblem(Kind.MISMATCH, problem)
    listed = {name.encode() for name in names}
    for name in fields:
        if name.startswith(b"x-amz-") and name not in listed:
            problem = (
                f"'{name.decode('latin-1')}' must be a 'SignedHeader' in the AWS Authorization."
            )
            raise SignatureProblem(Kind.MISMATCH, problem)
    if not listed <= fields.keys():
        raise SignatureProblem(Kind.MISMATCH, _MISMATCH)
    return names


def _canonical_value(values: list[bytes]) -> str:
    return ",".join(b" ".join(value.split()).decode("utf-8", "surrogateescape") for value in values)


def _single(fields: Fields, name: bytes) -> str | None:
    values = fields.get(name)
    if values is None:
        return None
    if len(values) > 1:
        raise SignatureProblem(
            Kind.DUPLICATE, f"The header {name.decode('latin-1')} is given more than once."
        )
    return values[0].strip().decode("latin-1")


def _header_stamp(fields: Fields) -> str | None:
    """Find the time of signing: X-Amz-Date over Date, which may also be an HTTP-date (RFC 9110
    §5.6.7).
    """
    stamp = _single(fields, b"x-amz-date")
    if stamp is not None:
        return stamp
    date = _single(fields, b"date")
    if date is None or len(date) == 16:
        return date
    try:
        return f"{datetime.strptime(date, '%a, %d %b %Y %H:%M:%S GMT'):%Y%m%dT%H%M%SZ}"  # noqa: DTZ007
    except ValueError:
        return date


def _stamp_ms(stamp: str) -> int:
    try:
        if len(stamp) != 16 or stamp[8] != "T" or stamp[15] != "Z" or not stamp.isascii():
            raise ValueError(stamp)
        if not (stamp[:8].isdigit() and stamp[9:15].isdigit()):
            raise ValueError(stamp)
        year, month, day = int(stamp[:4]), int(stamp[4:6]), int(stamp[6:8])
        hour, minute, second = int(stamp[9:11]), int(stamp[11:13]), int(stamp[13:15])
        return int(datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()) * 1000
    except ValueError:
        text = f"Date must be in ISO-8601 'basic format'. Got '{stamp}'. See http://en.wikipedia.org/wiki/ISO_8601"
        raise SignatureProblem(Kind.INCOMPLETE, text) from None


def _stamp(ms: int) -> str:
    return f"{datetime.fromtimestamp(ms // 1000, UTC):%Y%m%dT%H%M%SZ}"
