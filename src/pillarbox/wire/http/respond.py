"""Answers of the JSON APIs: headers, request id, error format (facts §1.4).

Takes an answer shape or an ApiError; hands on a `Response` and sends it.
"""

from dataclasses import dataclass

import msgspec

from pillarbox.base.errors import ApiError
from pillarbox.proto import rest_json
from pillarbox.proto.rest_json import Answer
from pillarbox.wire.http.asgi import Send
from pillarbox.wire.http.errors import Api, code_and_status

_JSON = (b"content-type", b"application/json")
_CLOSE = (b"connection", b"close")


@dataclass(frozen=True, slots=True)
class Response:
    """A whole HTTP answer. `code` is the error code, empty for a success."""

    status: int
    body: bytes
    code: str = ""


def success(answer: Answer | None, api: Api) -> Response:
    """Write an answer; without one, v1 has an empty body and v2 an empty object (design §3)."""
    if answer is None:
        return Response(200, b"" if api == "v1" else b"{}")
    return Response(200, rest_json.encode(answer))


def failure(error: ApiError, api: Api) -> Response:
    """Write an error."""
    code, status = code_and_status(error, api)
    return Response(status, msgspec.json.encode({"message": error.message}), code)


async def send_head(send: Send, response: Response, request_id: str, *, close: bool) -> None:
    """Send the status line and headers."""
    headers = [
        (b"x-amzn-requestid", request_id.encode()),
        (b"content-length", str(len(response.body)).encode()),
    ]
    if response.body:
        headers.append(_JSON)
    if response.code:
        headers.append((b"x-amzn-errortype", response.code.encode()))
    if close:
        headers.append(_CLOSE)
    await send({"type": "http.response.start", "status": response.status, "headers": headers})


async def send_response(send: Send, response: Response, request_id: str) -> None:
    """Send the whole answer."""
    await send_head(send, response, request_id, close=False)
    await send({"type": "http.response.body", "body": response.body})
