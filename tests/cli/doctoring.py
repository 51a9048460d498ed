"""What tests of `pillarbox doctor` share: its findings, and peers for it to look at."""

import contextlib
import json
import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from tests.cli.calling import Call
from tests.peers.dnslib_server import Records


def states(call: Call, *options: str) -> dict[str, tuple[str, str]]:
    found = json.loads(call("doctor", "--json", *options).out)
    return {one["subject"]: (one["state"], one["text"]) for one in found}


def greeting(line: bytes) -> AbstractContextManager[int]:
    class Greeter(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(line)
            self.request.shutdown(socket.SHUT_WR)
            with contextlib.suppress(ConnectionError):
                self.rfile.read()  # closed beside unread bytes, the line would be lost in a reset

    return listening(Greeter)


@contextmanager
def listening(handler: type[socketserver.BaseRequestHandler]) -> Iterator[int]:
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def smart_host(answer: bytes) -> Iterator[int]:
    """A smart host that gives this answer to a login."""

    class Host(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 relay\r\n")
            for line in self.rfile:
                verb = line.split()[0].upper()
                replies = {b"EHLO": b"250-relay\r\n250 AUTH PLAIN\r\n", b"AUTH": answer}
                self.wfile.write(replies.get(verb, b"221 bye\r\n"))

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Host) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


GOOD_ZONE: Records = {("bounce.mail.test", "MX"): ["10 mta.mail.test."]}


GOOD_MX: Records = {("far.test", "MX"): ["10 mx.far.test."], ("mx.far.test", "A"): ["127.0.0.1"]}


def taking(code: bytes) -> AbstractContextManager[int]:
    """A mail server that answers RCPT so."""

    class Server(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 mta.mail.test\r\n")
            for line in self.rfile:
                rcpt = line.upper().startswith(b"RCPT")
                self.wfile.write(code + b" x\r\n" if rcpt else b"250 x\r\n")

    return listening(Server)
