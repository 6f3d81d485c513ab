"""The process of another package's agent: `python -m pratique.agent_process DESCRIPTOR`, started by `outside_agents`.

It gets the plug-in's name and settings over the socket, never as arguments; none of Pratique's own settings, and none
of its `PRATIQUE_` environment, is there. What a plug-in prints goes to standard error.

Failure: whatever the plug-in does, it does to this process. The socket's end ends it, and on Linux its parent's does.
Limits: 2 GiB of address space.
"""

import contextlib
import os
import resource
import socket
import sys
from typing import Any

ADDRESS_SPACE_OCTETS = 2 << 30


def main(descriptor: int) -> None:
    """Serve until the socket closes."""
    from pratique.processes.running import steady_reactor

    running = steady_reactor()

    from twisted.internet.protocol import Factory

    from mx.agents.outside.child import AgentSide
    from mx.cell.confinement import die_with_parent, leave_no_core
    from pratique.plugins import make_agent
    from pratique.settings.values import LogLevel
    from pratique.structured_log import log_to_stderr

    leave_no_core()
    log_to_stderr(LogLevel.WARNING)
    die_with_parent(os.getppid())
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_OCTETS, ADDRESS_SPACE_OCTETS))

    def make(name: str, settings: dict[str, str]) -> Any:
        return make_agent(name, settings, running)

    def end() -> None:
        if running.running:
            running.stop()

    with socket.socket(fileno=descriptor) as to_us:
        to_us.setblocking(False)
        factory = Factory.forProtocol(lambda: AgentSide(to_us, make, end))
        factory.noisy = False
        running.adoptStreamConnection(to_us.fileno(), socket.AF_UNIX, factory)
        running.run(installSignalHandlers=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
