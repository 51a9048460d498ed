"""An SMTP client that sends octets as they are, well-formed or not, and reads replies."""

import socket
import ssl
from typing import Self

from tests.peers.wait import ARRIVAL_SECONDS


class RawSmtp:
    """A connection; `tls` later by `secure`."""

    def __init__(self, port: int, tls: ssl.SSLContext | None = None) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=ARRIVAL_SECONDS)
        if tls is not None:
            self._socket = tls.wrap_socket(self._socket, server_hostname="localhost")
        self._reader = self._socket.makefile("rb")

    def send(self, octets: bytes) -> None:
        """Send octets as they are."""
        self._socket.sendall(octets)

    def reply(self) -> str:
        """Read one reply, its lines joined; empty when the server has closed the connection."""
        lines = []
        while line := self._reader.readline():
            lines.append(line.decode().rstrip("\r\n"))
            if line[3:4] != b"-":
                break
        return "\n".join(lines)

    def ask(self, line: str) -> str:
        """Send a command and read its reply."""
        self.send(f"{line}\r\n".encode())
        return self.reply()

    def secure(self, context: ssl.SSLContext) -> None:
        """Do the TLS handshake now."""
        self._socket = context.wrap_socket(self._socket, server_hostname="localhost")
        self._reader = self._socket.makefile("rb")

    def end(self) -> None:
        """Close our side: nothing more comes from us."""
        self._socket.shutdown(socket.SHUT_WR)

    def rest(self) -> bytes:
        """Whatever comes until the server closes the connection."""
        try:
            return self._reader.read()
        except ConnectionError:
            return b""

    def close(self) -> None:
        """Hang up."""
        self._reader.close()
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()
