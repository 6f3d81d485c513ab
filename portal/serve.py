"""The portal on a listening socket: uvicorn, told when to begin and when to end by the front door.

Comes in: an ASGI application and the file descriptor of a socket that listens already. Returns when SIGTERM or SIGINT
came, or when the lifeline (the reading end of a pipe) reports that its other end was closed: the parent is gone.
Requests that run are finished first, for at most 10 s.

Failure: an exception while starting reaches the caller; a request's exception is answered by the application.
Limits: 200 requests at a time, more get 503; 16 KiB of request head; 15 s for a connection that is idle behind an
answer; for the others `connections.py`.
"""

import asyncio
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

from portal.connections import PunctualConnection

_STOPPING = (signal.SIGTERM, signal.SIGINT)


def serve(application: ASGIApp, listening_fd: int, on_ready: Callable[[], None], lifeline_fd: int | None) -> None:
    """Answer requests until told to stop; `on_ready` is called once, when the first can be answered.

    Takes over `listening_fd` and closes it; leaves `lifeline_fd` open.
    """
    configuration = uvicorn.Config(
        application,
        http=PunctualConnection,
        ws="none",
        loop="asyncio",
        lifespan="off",
        log_config=None,
        access_log=False,  # Addresses of pages hold one-time sign-in tokens.
        proxy_headers=False,
        server_header=False,
        limit_concurrency=200,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=10,
        h11_max_incomplete_event_size=16_384,
    )
    with socket.socket(fileno=listening_fd) as listening:
        _Server(configuration, on_ready, lifeline_fd).run(sockets=[listening])


class _Server(uvicorn.Server):
    """Uvicorn's server with a lifeline, and with signals that end it quietly."""

    def __init__(self, configuration: uvicorn.Config, on_ready: Callable[[], None], lifeline_fd: int | None) -> None:
        super().__init__(configuration)
        self._on_ready = on_ready
        self._lifeline_fd = lifeline_fd

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self._lifeline_fd is not None:
            asyncio.get_running_loop().add_reader(self._lifeline_fd, self._end)
        self._on_ready()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Uvicorn's own raises the signal again at the end, so that a drained process would not exit with 0."""
        if threading.current_thread() is not threading.main_thread():
            yield
            return
        before = {number: signal.signal(number, self.handle_exit) for number in _STOPPING}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _end(self) -> None:
        if self._lifeline_fd is not None:
            asyncio.get_running_loop().remove_reader(self._lifeline_fd)
        self.should_exit = True
