"""The one error tree. The docstring of a class is its default message.

    PillarboxError
    ├── SettingsError            a setting is unknown or wrong: the program does not start
    ├── StartError               a node may not start: other mode, other master key, ...
    └── ApiError                 what a client is told: codes, status, text
        ├── BadRequest           400  BadRequestException            InvalidParameterValue
        ├── NotFound             404  NotFoundException              (query code given where raised)
        ├── AlreadyExists        400  AlreadyExistsException         AlreadyExists
        ├── InvalidNextToken     400  InvalidNextTokenException      InvalidParameterValue
        ├── LimitExceeded        400  LimitExceededException         LimitExceeded
        ├── TooManyRequests      429  TooManyRequestsException       Throttling
        ├── MessageRejected      400  MessageRejected                MessageRejected
        ├── SendingPaused        400  SendingPausedException   AccountSendingPausedException
        ├── AccountSuspended     400  AccountSuspendedException
        ├── MailFromNotVerified  400  MailFromDomainNotVerifiedException
        ├── ConcurrentModification 500 ConcurrentModificationException
        ├── ServiceUnavailable   503  ServiceUnavailable    the store is down, or no room
        └── InternalFailure      500  InternalFailure                a bug of ours

Authentication and wire errors (SigV4, broken JSON, ...) are further ApiErrors, defined beside the
code that finds them, in `wire/http`. Each error carries its code, whether it is temporary, and text
that is safe to show.
"""

from typing import ClassVar


class PillarboxError(Exception):
    """Something went wrong."""

    def __init__(self, message: str | None = None) -> None:
        super().__init__(
            " ".join((type(self).__doc__ or "").split()) if message is None else message
        )

    @property
    def message(self) -> str:
        """The text to show."""
        return str(self)


class SettingsError(PillarboxError):
    """A setting is wrong."""


class StartError(PillarboxError):
    """This node may not start."""


class ApiError(PillarboxError):
    """The request failed.

    `members`: what the Query API's model of this error has beside code and message.
    """

    status: ClassVar[int] = 400
    code: ClassVar[str] = "BadRequestException"
    query_code: str = "InvalidParameterValue"
    temporary: ClassVar[bool] = False

    def __init__(self, message: str | None = None, *, query_code: str | None = None) -> None:
        super().__init__(message)
        self.members: dict[str, str] = {}
        if query_code is not None:
            self.query_code = query_code


class BadRequest(ApiError):
    """The input you provided is invalid."""


class NotFound(ApiError):
    """The resource you attempted to access doesn't exist."""

    status, code, query_code = 404, "NotFoundException", "NotFound"


class AlreadyExists(ApiError):
    """The resource specified in your request already exists."""

    code, query_code = "AlreadyExistsException", "AlreadyExists"


class InvalidNextToken(ApiError):
    """The specified NextToken isn't valid."""

    code = "InvalidNextTokenException"


class LimitExceeded(ApiError):
    """There are too many instances of the specified resource type."""

    code, query_code = "LimitExceededException", "LimitExceeded"


class TooManyRequests(ApiError):
    """Too many requests have been made to the operation."""

    status, code, query_code, temporary = 429, "TooManyRequestsException", "Throttling", True


class MessageRejected(ApiError):
    """The message can't be sent because it contains invalid content."""

    code = query_code = "MessageRejected"


class SendingPaused(ApiError):
    """The message can't be sent because the account's ability to send email is currently paused."""

    code, query_code = "SendingPausedException", "AccountSendingPausedException"


class AccountSuspended(ApiError):
    """The message can't be sent because the account's ability to send email has been permanently
    restricted.
    """

    code, query_code = "AccountSuspendedException", "AccountSuspended"


class MailFromNotVerified(ApiError):
    """The message can't be sent because the sending domain isn't verified."""

    code = query_code = "MailFromDomainNotVerifiedException"


class ConcurrentModification(ApiError):
    """The resource is being modified by another operation or thread."""

    status, temporary = 500, True
    code = query_code = "ConcurrentModificationException"


class ServiceUnavailable(ApiError):
    """The request has failed due to a temporary failure of the server."""

    status, temporary = 503, True
    code = query_code = "ServiceUnavailable"


class InternalFailure(ApiError):
    """The request processing has failed because of an unknown error, exception or failure."""

    status = 500
    code = query_code = "InternalFailure"
