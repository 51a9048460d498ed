"""REST-JSON as the two JSON APIs speak it (facts §1.4).

Operations are found by method and path; answers and errors are JSON.
"""

import msgspec

from pillarbox.base.errors import ApiError, BadRequest
from pillarbox.proto.aws import rest_json
from pillarbox.proto.aws.json_refusal import DuplicateRefusal
from pillarbox.proto.aws.query_string import Pairs
from pillarbox.proto.aws.rest_json import Answer, Refusal, SerializationRefusal
from pillarbox.wire.http.common_parameters import check_action
from pillarbox.wire.http.errors import (
    Api,
    InvalidAction,
    InvalidQueryParameter,
    Serialization,
    code_and_status,
)
from pillarbox.wire.http.protocol import Body
from pillarbox.wire.http.respond import Response
from pillarbox.wire.http.router import Match, Router

_JSON = (b"content-type", b"application/json")


class JsonProtocol:
    """REST-JSON with one API's codes and empty answers."""

    def __init__(self, router: Router, api: Api) -> None:
        self._router = router
        self._api = api

    def announced(self, method: str, raw_path: bytes) -> Match | None:
        """Find the operation at a method and path."""
        return self._router.match(method, raw_path)

    def identify(self, announced: Match | None, query: Pairs, body: Body) -> Match:  # noqa: ARG002
        """Take the one at the path, unless the query string names another one."""
        if announced is None:
            raise InvalidAction
        check_action(query, announced[0].name, self._api)
        return announced

    def decode(self, match: Match, query: Pairs, body: Body) -> msgspec.Struct:
        """Read a request from the labels of the path, the query string and the body."""
        operation, labels = match
        try:
            request: msgspec.Struct = operation.codec.decode(
                body if operation.reads_body(query) else b"", labels, query
            )
        except SerializationRefusal as refusal:
            raise Serialization(str(refusal)) from None
        except DuplicateRefusal as refusal:
            raise InvalidQueryParameter(str(refusal)) from None
        except Refusal as refusal:
            raise BadRequest(str(refusal)) from None
        return request

    def success(self, match: Match, answer: Answer | None, request_id: str) -> Response:  # noqa: ARG002
        """Write an answer; without one, v1 has an empty body and v2 an empty object (design §3)."""
        if answer is None and self._api == "v1":
            return Response(200, b"")
        return Response(
            200, b"{}" if answer is None else rest_json.encode(answer), headers=(_JSON,)
        )

    def failure(self, error: ApiError, request_id: str) -> Response:  # noqa: ARG002
        """Write an error: its code in a header, its text in the body."""
        code, status = code_and_status(error, self._api)
        body = msgspec.json.encode({"message": error.message})
        return Response(status, body, code, (_JSON, (b"x-amzn-errortype", code.encode())))
