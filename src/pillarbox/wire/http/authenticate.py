"""Who calls: SigV4 against the keys of the store, and what that key may do.

Takes the head of a request (`claim`, before its body is read) and then the hash of its body
(`prove`); hands on a Caller. Raises the errors of `wire.http.errors`. The store is behind
`find_key`; derived signing keys are kept, since deriving one costs as much as the rest of the
check.
"""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

from pillarbox.model.credentials import AccessKey
from pillarbox.proto.aws import sigv4
from pillarbox.proto.aws.sigv4 import Kind, SignatureProblem, SignedRequest
from pillarbox.wire.http import errors

FindKey = Callable[[str], Awaitable[AccessKey | None]]

_PROBLEMS: dict[Kind, type[errors.WireError]] = {
    Kind.MISSING: errors.MissingAuthentication,
    Kind.INCOMPLETE: errors.IncompleteSignature,
    Kind.SYNTAX: errors.MalformedQueryString,
    Kind.DUPLICATE: errors.InvalidQueryParameter,
    Kind.CONFLICT: errors.InvalidParameterCombination,
    Kind.VALUE: errors.InvalidParameterValue,
    Kind.CLOCK: errors.RequestExpired,
    Kind.MISMATCH: errors.SignatureMismatch,
    Kind.TOKEN: errors.UnknownKey,
    Kind.TOKEN_EXPIRED: errors.ExpiredToken,
}

_signing_key = lru_cache(maxsize=1024)(sigv4.signing_key)


@dataclass(frozen=True, slots=True)
class Claim:
    """A request that says it comes from the holder of a key we know."""

    signed: SignedRequest
    key: AccessKey


class Authenticator:
    """Checks the signatures of one region."""

    def __init__(self, find_key: FindKey, clock: Callable[[], int], region: str) -> None:
        self._find_key = find_key
        self._clock = clock
        self._region = region

    async def claim(
        self, method: str, raw_path: bytes, query: bytes, headers: Iterable[tuple[bytes, bytes]]
    ) -> Claim:
        """Read the signature, refuse what is wrong without knowing the key, and look the key up."""
        now = self._clock()
        try:
            signed = sigv4.parse(method, raw_path, query, headers)
            sigv4.check_clock(signed, now)
            sigv4.check_scope(signed, self._region)
        except SignatureProblem as problem:
            raise api_error(problem) from None
        key = await self._find_key(signed.access_key_id)
        if key is None:
            raise errors.UnknownKey
        try:
            sigv4.check_token(signed, key, now)
        except SignatureProblem as problem:
            raise api_error(problem) from None
        return Claim(signed, key)

    def prove(self, claim: Claim, body_sha256: str) -> None:
        """Refuse a request that the claimed key did not sign, or whose account is closed."""
        derived = _signing_key(claim.key.secret, claim.signed.date, self._region)
        try:
            sigv4.check_signature(claim.signed, derived, body_sha256)
        except SignatureProblem as problem:
            raise api_error(problem) from None
        if claim.key.account_closed:
            raise errors.OptInRequired

    def authorise(self, key: AccessKey, operation: str, resource: str) -> None:
        """Refuse a key that may not call this operation (facts §2.9)."""
        if key.operations is None or operation in key.operations:
            return
        account = key.account_id
        raise errors.AccessDenied(
            f"User `arn:aws:iam::{account}:user/{key.access_key_id}' is not authorized to perform"
            f" `ses:{operation}' on resource `arn:aws:ses:{self._region}:{account}:{resource}'"
        )


def api_error(problem: SignatureProblem) -> errors.WireError:
    """Give the error that a client is told for a problem with its signature."""
    return _PROBLEMS[problem.kind](problem.text)
