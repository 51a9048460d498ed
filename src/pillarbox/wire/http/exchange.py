"""One HTTP request and what becomes known of it while it is answered.

Takes an ASGI scope; hands on the parts of the request that matter here, and the access record at
the end. It is the one mutable value of this package: it lives as long as one call, and one task
holds it.
"""

import time
import uuid

from pillarbox.wire.http.access_log import AccessRecord, redact
from pillarbox.wire.http.asgi import Scope
from pillarbox.wire.http.errors import Api
from pillarbox.wire.http.operation import api_of
from pillarbox.wire.http.respond import Response

Headers = list[tuple[bytes, bytes]]


class Exchange:
    """The request as it came, and who and what it turned out to be. `unread`: bytes of body not yet
    read.
    """

    __slots__ = (
        "access_key_id", "account_id", "api", "headers", "method", "operation", "query", "raw_path",
        "received", "request_id", "scope", "source_ip", "started", "unread",
    )  # fmt: skip

    def __init__(self, scope: Scope) -> None:
        self.started = time.perf_counter()
        self.request_id = str(uuid.uuid4())
        self.scope = scope
        self.method: str = scope["method"]
        self.raw_path: bytes = scope.get("raw_path") or scope["path"].encode()
        self.query: bytes = scope.get("query_string", b"")
        self.headers: Headers = scope["headers"]
        client = scope.get("client")
        self.source_ip: str = client[0] if client else ""
        self.api: Api = api_of(self.raw_path)
        self.operation = self.account_id = self.access_key_id = ""
        self.received = 0
        self.unread = 0

    def record(self, response: Response) -> AccessRecord:
        """Write down how it went."""
        return AccessRecord(
            request_id=self.request_id,
            source_ip=self.source_ip,
            method=self.method,
            path=self.raw_path.decode("latin-1"),
            query=redact(self.query),
            status=response.status,
            code=response.code,
            operation=self.operation,
            account_id=self.account_id,
            access_key_id=self.access_key_id,
            bytes_in=self.received,
            bytes_out=len(response.body),
            milliseconds=round((time.perf_counter() - self.started) * 1000, 3),
        )
