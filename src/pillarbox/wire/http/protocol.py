"""What one wire format has to say to `api_app`: which operation is meant, how it is read, how
answers and errors look.

REST-JSON (`json_protocol`) finds the operation by method and path; Query (`wire/ses/protocol`) by a
parameter that may stand in the body. Everything else about a request is the same for all:
signature, limits, admission, access log.
"""

from typing import Any, Protocol

from pillarbox.base.errors import ApiError
from pillarbox.proto.aws.query_string import Pairs
from pillarbox.proto.aws.rest_json import Answer
from pillarbox.wire.http.operation import Handler
from pillarbox.wire.http.respond import Response

Body = bytes | bytearray


class Served(Protocol):
    """An operation as `api_app` sees it.

    `unsigned_locally`: may be answered without a signature where ApiApp allows it.
    """

    @property
    def name(self) -> str:
        """The name of the operation."""
        ...

    @property
    def handler(self) -> Handler[Any]:
        """Who does the work."""
        ...

    @property
    def unsigned_locally(self) -> bool:
        """Whether a client on the same machine may call without a signature."""
        ...

    @property
    def metered(self) -> bool:
        """Whether it counts for the rate of API calls."""
        ...


#: An operation and the labels of its path.
Match = tuple[Any, dict[str, str]]


class WireProtocol(Protocol):
    """One wire format. All methods raise ApiErrors only, and read no clock."""

    def announced(self, method: str, raw_path: bytes) -> Match | None:
        """Find the operation by the head of the request; None when that does not say it."""
        ...

    def identify(self, announced: Match | None, query: Pairs, body: Body) -> Match:
        """Find the operation once the whole request is there. Raises InvalidAction and the like."""
        ...

    def decode(self, match: Match, query: Pairs, body: Body) -> Any:
        """Read the request of an operation."""
        ...

    def success(self, match: Match, answer: Answer | None, request_id: str) -> Response:
        """Write an answer."""
        ...

    def failure(self, error: ApiError, request_id: str) -> Response:
        """Write an error."""
        ...
