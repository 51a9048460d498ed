"""A subscriber on loopback: keeps what is posted to it, and answers as it is told."""

import contextlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Posted:
    """One request: its headers by lower-case name, and its body."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def event(self) -> Any:
        """The event record inside the envelope."""
        return json.loads(self.json["Message"])


@dataclass
class Webhook:
    """A running subscriber. `status`: what it answers to the request of that number;
    `connections`: how many are open.
    """

    url: str = ""
    taken: list[Posted] = field(default_factory=list)
    asked: int = 0
    connections: int = 0
    status: Callable[[int], int] = lambda _number: 200

    def of_type(self, kind: str) -> list[Posted]:
        """What was posted with a type of SNS's and taken."""
        return [one for one in self.taken if one.headers.get("x-amz-sns-message-type") == kind]

    @property
    def notifications(self) -> list[Posted]:
        """What was posted of events."""
        return [one for one in self.of_type("Notification") if b"eventType" in one.body]

    @property
    def told(self) -> list[str]:
        """The notifications of identities."""
        texts = [one.json["Message"] for one in self.of_type("Notification")]
        return [one for one in texts if "notificationType" in one]

    @property
    def events(self) -> list[tuple[str, str]]:
        """(message id, type) of the events that were taken, in their order."""
        found = [one.event for one in self.notifications]
        return [(one["mail"]["messageId"], one["eventType"]) for one in found]


@contextmanager
def webhook(status: Callable[[int], int] | None = None) -> Iterator[Webhook]:
    """Serve until the block ends."""
    found = Webhook()
    if status is not None:
        found.status = status
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle(self) -> None:
            with lock:
                found.connections += 1
            try:
                with contextlib.suppress(ConnectionError):
                    super().handle()
            finally:
                with lock:
                    found.connections -= 1

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            with lock:
                found.asked += 1
                status = found.status(found.asked)
                if status < 300:
                    found.taken.append(Posted(self.path, headers, body))
            self.send_response(status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        # Else connections that come at once wait for each other's second try, in the kernel.
        request_queue_size = 1024

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_port}/hook"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
