"""One child of `pratique up`: `python -m pratique.processes.child KIND NAME SOCKETS`, started by the supervisor.

The settings come as one line of JSON on standard input, which then is the lifeline (`lifeline.py`); the listening
sockets are the descriptors from 3 on, behind those of `mx` the memory in which its processes count together. What the
kind of process needs is imported before the settings are read: the parent opens the database meanwhile.

Failure: a refusal is one plain line on standard error and exit status 1.
"""

import gc
import socket
import sys
from collections.abc import Callable
from typing import Any

from mx.cell.confinement import leave_no_core
from pratique.processes.lifeline import FIRST_SOCKET, follow_lifeline, say_ready, settings_line
from pratique.settings.settings import Settings
from pratique.structured_log import log_to_stderr
from tenants.refusals import Refusal

Run = Callable[[Settings, list[socket.socket], str], int]


def main(kind: str, name: str, socket_count: int) -> int:
    """Compose and run one kind of process; returns its exit status. A refusal is one plain line."""
    leave_no_core()
    # What is imported stays: looking for garbage in it, now or later, takes a tenth of the time.
    gc.disable()
    run = _pages(kind) if kind in ("portal", "health") else _service(kind)
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000)
    line = settings_line()
    if line is None:
        return 0
    try:
        settings = Settings.from_json(line)
        log_to_stderr(settings.log_level)
        return run(settings, [socket.socket(fileno=FIRST_SOCKET + index) for index in range(socket_count)], name)
    except (Refusal, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _pages(kind: str) -> Run:
    if kind == "portal":
        from pratique.compose.portal import run_portal as serve
    else:
        from pratique.compose.health import run_health as serve

    return lambda settings, sockets, name: serve(settings, sockets[0], say_ready, lifeline=0)


def _service(kind: str) -> Run:
    from twisted.application.service import MultiService

    from pratique.processes.running import run_until_stopped, steady_reactor

    reactor = steady_reactor()
    if kind == "mx":
        from mx.smtp.tally import Tally
        from pratique.compose.mx import compose_mx

        def compose(settings: Settings, reactor: Any, sockets: list[socket.socket], name: str) -> MultiService:
            return compose_mx(settings, reactor, sockets, name, Tally(FIRST_SOCKET + len(sockets)))

    else:
        from pratique.compose.work import compose_work as compose

    async def started() -> None:
        say_ready()

    def run(settings: Settings, sockets: list[socket.socket], name: str) -> int:
        follow_lifeline()
        return run_until_stopped(reactor, compose(settings, reactor, sockets, name), started)

    return run


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
