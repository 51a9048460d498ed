"""Answers over HTTP: a status, a body, and the request id that every answer carries.

Takes a `Response` that a wire protocol has written; sends it.
"""

from dataclasses import dataclass

from pillarbox.wire.http.asgi import Send

_CLOSE = (b"connection", b"close")


@dataclass(frozen=True, slots=True)
class Response:
    """A whole HTTP answer. `code` is the error code, empty for a success; `headers`: those of its
    format.
    """

    status: int
    body: bytes
    code: str = ""
    headers: tuple[tuple[bytes, bytes], ...] = ()


async def send_head(send: Send, response: Response, request_id: str, *, close: bool) -> None:
    """Send the status line and headers."""
    headers = [
        (b"x-amzn-requestid", request_id.encode()),
        (b"content-length", str(len(response.body)).encode()),
        *response.headers,
    ]
    if close:
        headers.append(_CLOSE)
    await send({"type": "http.response.start", "status": response.status, "headers": headers})


async def send_response(send: Send, response: Response, request_id: str) -> None:
    """Send the whole answer."""
    await send_head(send, response, request_id, close=False)
    await send({"type": "http.response.body", "body": response.body})
