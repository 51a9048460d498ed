"""An endpoint of AWS's JSON protocols on loopback: answers as it is told, keeps requests."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

#: Status and JSON for the request of a number (from 1) with a body.
Answer = Callable[[int, Any], tuple[int, Any]]


@dataclass
class ScriptedAws:
    """A running endpoint; `asked`: the JSON of the requests in their order."""

    url: str = ""
    asked: list[Any] = field(default_factory=list)


@contextmanager
def scripted_aws(answer: Answer) -> Iterator[ScriptedAws]:
    """Serve until the block ends."""
    found = ScriptedAws()
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
            with lock:
                found.asked.append(asked)
                number = len(found.asked)
            status, content = answer(number, asked)
            body = json.dumps(content).encode()
            self.send_response(status)
            self.send_header("content-type", "application/x-amz-json-1.1")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        # Else connections that come at once wait for each other's second try, in the kernel.
        request_queue_size = 1024

    server = Server(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    found.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    try:
        yield found
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
