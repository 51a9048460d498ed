"""The claim of a request: who says to have signed it, when and how (AWS Signature Version 4).

Takes a request as it came over the wire; hands on a `SignedRequest`, whose signature is still
unproven, or raises `SignatureProblem`. Both places of a signature are read: the Authorization
header and the query string (presigned). Standard: "Signature Version 4 signing process" in the AWS
General Reference; texts of facts §2.9. The canonical URI is the path as received, percent-encoded
once more (facts §1.2); `host` and each `x-amz-*` header have to be signed.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from urllib.parse import quote

from pillarbox.proto.aws.query_string import MalformedQuery, Pairs, canonical_query, parse_query

ALGORITHM = "AWS4-HMAC-SHA256"
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

_UTC = frozenset({" GMT", " +0000", " -0000"})
_STAMP = re.compile(r"([0-9]{4})([0-9]{2})([0-9]{2})T([0-9]{2})([0-9]{2})([0-9]{2})Z")

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


MISMATCH = (
    "The request signature we calculated does not match the signature you provided. Check your AWS"
    " Secret Access Key and signing method. Consult the service documentation for details."
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
            "Credential must have exactly 5 slash-delimited elements,"
            f" e.g. keyid/date/region/service/term, got '{claims.credential}'",
        )
    access_key_id, date, region, service, terminator = scope
    names = _signed_names(claims.signed_headers, fields)
    lines = "".join([f"{name}:{_canonical_value(fields[name.encode()])}\n" for name in names])
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
    if len(authorization) > 1:
        _incomplete("The request has more than one Authorization header.", whole)
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
        raise SignatureProblem(Kind.MISMATCH, MISMATCH)
    return names


def _canonical_value(values: list[bytes]) -> str:
    """Join the values of a header, each trimmed and with single spaces within."""
    tidy = [b" ".join(value.split()) for value in values]
    return b",".join(tidy).decode("utf-8", "surrogateescape")


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
        moment = datetime.strptime(date[:25], "%a, %d %b %Y %H:%M:%S")  # noqa: DTZ007  # it is UTC
    except ValueError:
        return date
    return f"{moment:%Y%m%dT%H%M%SZ}" if date[25:] in _UTC else date


def _stamp_ms(stamp: str) -> int:
    try:
        found = _STAMP.fullmatch(stamp)
        year, month, day, hour, minute, second = map(int, found.groups() if found else ())
        moment = datetime(year, month, day, hour, minute, second, tzinfo=UTC)
    except ValueError:
        text = f"Date must be in ISO-8601 'basic format'. Got '{stamp}'."
        text += " See http://en.wikipedia.org/wiki/ISO_8601"
        raise SignatureProblem(Kind.INCOMPLETE, text) from None
    return int(moment.timestamp()) * 1000
