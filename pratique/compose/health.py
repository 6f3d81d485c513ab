"""A `health` process: `/healthz` and `/readyz` alone, for a node without a portal, or on a port for watchers only."""

from collections.abc import Callable
from socket import socket

from portal.readiness import make_health_application
from portal.serve import serve
from pratique.clock.service_clock import open_clock
from pratique.compose.room import room_of
from pratique.opening import opened
from pratique.settings.settings import Settings


def run_health(settings: Settings, sock: socket, on_ready: Callable[[], None], lifeline: int | None) -> int:
    """Answer watchers on this socket until told to stop, or until the lifeline ends. Raises CannotOpen."""
    with opened(settings) as parts:
        clock = open_clock(settings.data)
        application = make_health_application(parts.database, room_of(settings).is_left, clock)
        serve(application, sock.detach(), on_ready, lifeline)
    return 0
