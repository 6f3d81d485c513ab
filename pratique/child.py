"""One child process of `pratique up`: `python -m pratique.child KIND NAME SOCKETS`, started by the supervisor only.

The settings come as one line of JSON on standard input, which then is the lifeline; the listening sockets are the
descriptors from 3 on. It prints `ready` on standard output once it serves.
"""

import os
import socket
import sys

from pratique.running import follow_lifeline, run_until_stopped, say_ready
from pratique.settings import Settings
from pratique.structured_log import log_to_stderr
from pratique.supervisor import FIRST_SOCKET
from tenants.refusals import Refusal


def main(kind: str, name: str, socket_count: int) -> int:
    """Compose and run one kind of process; returns its exit status. A refusal is one plain line."""
    try:
        return _run(kind, name, socket_count)
    except (Refusal, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1


def _run(kind: str, name: str, socket_count: int) -> int:
    settings = Settings.from_json(_first_line())
    log_to_stderr(settings.log_level)
    sockets = [socket.socket(fileno=FIRST_SOCKET + index) for index in range(socket_count)]
    if kind == "portal":
        from pratique.compose.portal import run_portal

        return run_portal(settings, sockets[0], say_ready, lifeline=0)

    follow_lifeline()

    from twisted.internet import reactor

    if kind == "mx":
        from pratique.compose.mx import compose_mx as compose
    else:
        from pratique.compose.work import compose_work as compose

    async def started() -> None:
        say_ready()

    return run_until_stopped(reactor, compose(settings, reactor, sockets, name), started)


def _first_line() -> str:
    """The line of settings, read octet by octet so that nothing behind it is swallowed."""
    line = bytearray()
    while not line.endswith(b"\n"):
        octet = os.read(0, 1)
        if not octet:
            break
        line += octet
    return line.decode()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2], int(sys.argv[3])))
