"""A `portal` process: the web pages, on uvicorn, with no Twisted in it."""

from collections.abc import Callable
from socket import socket

from portal.application import make_application
from portal.serve import serve
from pratique.clock.service_clock import open_clock
from pratique.compose.room import room_of
from pratique.opening import opened
from pratique.plugins import known_agents
from pratique.settings.settings import Settings


def run_portal(settings: Settings, sock: socket, on_ready: Callable[[], None], lifeline: int | None) -> int:
    """Serve the portal on this socket until told to stop, or until the lifeline ends. Raises CannotOpen."""
    with opened(settings) as parts:
        has_room = room_of(settings).is_left
        agents, sts_mode = known_agents(settings), settings.mta_sts_mode
        clock = open_clock(settings.data)
        application = make_application(
            parts.database, parts.store, settings.portal_url, clock, has_room=has_room, agents=agents, sts_mode=sts_mode
        )
        serve(application, sock.detach(), on_ready, lifeline)
    return 0
