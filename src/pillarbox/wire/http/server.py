"""uvicorn inside the worker's own loop: the ASGI application of the API on its listener."""

import asyncio
import contextlib
import socket
from collections.abc import Iterator

import uvicorn

from pillarbox.wire.http.asgi import AsgiApp

KEEP_ALIVE_SECONDS = 75


class ApiServer:
    """Serves from the moment it is made; `grace`: seconds for what is under way at the end."""

    def __init__(self, app: AsgiApp, listener: socket.socket, grace: float) -> None:
        config = uvicorn.Config(
            app,
            loop="none",
            http="httptools",
            lifespan="off",
            ws="none",
            access_log=False,
            log_config=None,
            server_header=False,
            timeout_keep_alive=KEEP_ALIVE_SECONDS,
            timeout_graceful_shutdown=int(grace),
        )
        self._grace = grace
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=[listener]))

    async def stop(self) -> None:
        """Take no more requests, and wait for those that are under way."""
        self._server.should_exit = True
        await asyncio.wait([self._serving], timeout=self._grace)


class _Server(uvicorn.Server):
    """Uvicorn's server inside our loop: signals are the worker's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Leave the signal handlers as they are."""
        yield
