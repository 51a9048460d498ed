"""The errors that the HTTP side itself finds: authentication, the query string, the operation, the
body.

    ApiError (base.errors)
    ├── MissingAuthentication   403  MissingAuthenticationToken    v2 ~TokenException
    ├── IncompleteSignature     400  IncompleteSignature           v2 ~SignatureException, 403
    ├── UnknownKey              403  InvalidClientTokenId          v2 UnrecognizedClientException
    ├── SignatureMismatch       403  SignatureDoesNotMatch         v2 InvalidSignatureException
    ├── RequestExpired          400  RequestExpired                v2 InvalidSignatureException, 403
    ├── ExpiredToken            403  ExpiredToken                  v2 ExpiredTokenException
    ├── AccessDenied            400  AccessDeniedException         v2 the same, 403
    ├── OptInRequired           403  OptInRequired
    ├── MalformedQueryString    404  MalformedQueryString
    ├── InvalidQueryParameter   400  InvalidQueryParameter
    ├── InvalidParameterCombination, InvalidParameterValue, MissingParameter, MissingAction   400
    ├── InvalidAction           400  InvalidAction                 v2 UnknownOperationException, 404
    ├── Throttling              400  ThrottlingException           v2 TooManyRequestsException, 429
    ├── Serialization           400  SerializationException
    ├── MalformedInput          400  MalformedInput                Query only
    ├── ValidationError         400  ValidationError               Query only
    ├── RequestTooLarge         413  RequestEntityTooLarge
    └── RequestTimeout          408  RequestTimeoutException

Under `/v1/` the codes are those of the reference, "Common Errors"; under `/v2/` those of facts
§2.9. Each class knows both: `v2_code` and `v2_status` say where v2 differs. `docs/errors.md` is the
table for readers.
"""

from typing import ClassVar, Literal

from pillarbox.base.errors import ApiError

Api = Literal["v1", "v2"]
APIS: tuple[Api, ...] = ("v1", "v2")


class WireError(ApiError):
    """The request failed."""

    v2_code: ClassVar[str | None] = None
    v2_status: ClassVar[int | None] = None


class MissingAuthentication(WireError):
    """Request is missing Authentication Token"""

    status = 403
    code = query_code = "MissingAuthenticationToken"
    v2_code = "MissingAuthenticationTokenException"


class IncompleteSignature(WireError):
    """The request signature does not conform to AWS standards."""

    code = query_code = "IncompleteSignature"
    v2_code, v2_status = "IncompleteSignatureException", 403


class UnknownKey(WireError):
    """The security token included in the request is invalid."""

    status = 403
    code = query_code = "InvalidClientTokenId"
    v2_code = "UnrecognizedClientException"


class SignatureMismatch(WireError):
    """The request signature we calculated does not match the signature you provided."""

    status = 403
    code = query_code = "SignatureDoesNotMatch"
    v2_code = "InvalidSignatureException"


class RequestExpired(WireError):
    """The request reached the service more than 15 minutes after or before the date stamp on the
    request.
    """

    code = query_code = "RequestExpired"
    v2_code, v2_status = "InvalidSignatureException", 403


class ExpiredToken(WireError):
    """The security token included in the request is expired"""

    status = 403
    code = query_code = "ExpiredToken"
    v2_code = "ExpiredTokenException"


class AccessDenied(WireError):
    """You do not have sufficient access to perform this action."""

    code, query_code = "AccessDeniedException", "AccessDenied"
    v2_status = 403


class OptInRequired(WireError):
    """The AWS access key ID needs a subscription for the service."""

    status = 403
    code = query_code = "OptInRequired"


class MalformedQueryString(WireError):
    """The query string contains a syntax error."""

    status = 404
    code = query_code = "MalformedQueryString"


class InvalidQueryParameter(WireError):
    """The AWS query string is malformed or does not adhere to AWS standards."""

    code = query_code = "InvalidQueryParameter"


class InvalidParameterCombination(WireError):
    """Parameters that must not be used together were used together."""

    code = query_code = "InvalidParameterCombination"


class InvalidParameterValue(WireError):
    """An invalid or out-of-range value was supplied for the input parameter."""

    code = query_code = "InvalidParameterValue"


class MissingParameter(WireError):
    """A required parameter for the specified action is not supplied."""

    code = query_code = "MissingParameter"


class MissingAction(WireError):
    """The request is missing an action or a required parameter."""

    code = query_code = "MissingAction"


class InvalidAction(WireError):
    """The action or operation requested is invalid. Verify that the action is typed correctly."""

    code = query_code = "InvalidAction"
    v2_code, v2_status = "UnknownOperationException", 404


class Throttling(WireError):
    """Rate exceeded"""

    code, query_code, temporary = "ThrottlingException", "Throttling", True
    v2_code, v2_status = "TooManyRequestsException", 429


class Serialization(WireError):
    """The request body is not valid JSON."""

    code = query_code = "SerializationException"


class MalformedInput(WireError):
    """A parameter of the request can not be read."""

    code = query_code = "MalformedInput"


class ValidationError(WireError):
    """The input fails to satisfy the constraints specified by an AWS service."""

    code = query_code = "ValidationError"


class RequestTooLarge(WireError):
    """The request body is too large."""

    status = 413
    code = query_code = "RequestEntityTooLarge"


class RequestTimeout(WireError):
    """The request body did not arrive within the timeout period."""

    status = 408
    code, query_code = "RequestTimeoutException", "RequestTimeout"


def code_and_status(error: ApiError, api: Api) -> tuple[str, int]:
    """Tell the error code and HTTP status of an error under one of the JSON APIs."""
    if api == "v2" and isinstance(error, WireError):
        return error.v2_code or error.code, error.v2_status or error.status
    return error.code, error.status
