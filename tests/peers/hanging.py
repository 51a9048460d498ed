"""Receiving hosts that accept connections and never say a word, on loopback addresses."""

import selectors
import socket
import threading
from typing import Self


class HangingHosts:
    """`count` hosts at 127.0.1.1, 127.0.1.2 and so on, on one port."""

    def __init__(self, port: int, count: int) -> None:
        self.addresses = [f"127.0.1.{number + 1}" for number in range(count)]
        self.held: list[socket.socket] = []
        self.selector = selectors.DefaultSelector()
        for address in self.addresses:
            listener = socket.create_server((address, port), backlog=1024)
            self.selector.register(listener, selectors.EVENT_READ)
        self.wake, self.end = socket.socketpair()
        self.selector.register(self.end, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self._accept)
        self.thread.start()

    @property
    def connections(self) -> int:
        """How many connections were ever accepted."""
        return len(self.held)

    def stop(self) -> None:
        """Close everything."""
        self.wake.close()
        self.thread.join()
        for connection in self.held:
            connection.close()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        self.selector.close()

    def _accept(self) -> None:
        while True:
            for key, _ in self.selector.select():
                if key.fileobj is self.end:
                    return
                assert isinstance(key.fileobj, socket.socket)
                self.held.append(key.fileobj.accept()[0])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
