"""A receiving SMTP server on loopback that notes from where, and under which name, mail came.

`Witness` listens on 127.0.0.1 in a thread of its own; it takes every message and keeps, for each
recipient, the address the connection came from and how it greeted.
"""

import socketserver
import threading
from dataclasses import dataclass, field
from typing import Self

from tests.peers.wait import ARRIVAL_SECONDS, until


@dataclass(frozen=True, slots=True)
class Seen:
    """One recipient of one message: the connection's address and greeting, and its number."""

    recipient: str
    source: str
    hello: str
    connection: int


@dataclass
class Witness:
    """The server and what it saw."""

    seen: list[Seen] = field(default_factory=list)
    connections: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._server.server_address[1])

    def of(self, recipient: str) -> Seen:
        """The one delivery to a recipient, once it is there."""
        until(
            lambda: any(one.recipient == recipient for one in self.seen), ARRIVAL_SECONDS, recipient
        )
        (found,) = [one for one in self.seen if one.recipient == recipient]
        return found

    def __enter__(self) -> Self:
        witness = self

        class Session(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with witness._lock:
                    witness.connections += 1
                    number = witness.connections
                witness.converse(self, number)

        class Server(socketserver.ThreadingTCPServer):
            # Else connections that come at once wait for each other's second try, in the kernel.
            request_queue_size = 1024

        self._server = Server(("127.0.0.1", 0), Session)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def converse(self, session: socketserver.StreamRequestHandler, number: int) -> None:
        hello = recipient = ""
        session.wfile.write(b"220 witness\r\n")
        while line := session.rfile.readline().decode().strip():
            verb, _, rest = line.partition(" ")
            answer = b"250 2.0.0 ok\r\n"
            if verb in {"EHLO", "HELO"}:
                hello = rest
            elif verb == "RCPT":
                recipient = rest.partition("<")[2].partition(">")[0]
            elif verb == "DATA":
                session.wfile.write(b"354 go\r\n")
                while session.rfile.readline() not in {b".\r\n", b""}:
                    pass
                self.seen.append(Seen(recipient, session.client_address[0], hello, number))
            elif verb == "QUIT":
                answer = b"221 bye\r\n"
            session.wfile.write(answer)
