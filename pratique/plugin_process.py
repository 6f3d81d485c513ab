"""The process of another package's plug-in: `python -m pratique.plugin_process DESCRIPTOR`, by `outside_plugins`.

It gets group, name and settings of the plug-in over the socket, never as arguments; none of Pratique's own settings,
and none of its `PRATIQUE_` environment, is there. What a plug-in prints goes to standard error.

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

    from mx.cell.confinement import die_with_parent, leave_no_core
    from mx.outside.child import PluginSide, Served
    from pratique.plugins import AGENTS, make_plugin
    from pratique.settings.values import LogLevel
    from pratique.structured_log import log_to_stderr

    leave_no_core()
    log_to_stderr(LogLevel.WARNING)
    die_with_parent(os.getppid())
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_AS, (ADDRESS_SPACE_OCTETS, ADDRESS_SPACE_OCTETS))

    def make(asked: dict[str, Any]) -> Served:
        plugin = make_plugin(asked["group"], asked["name"], asked["settings"], running)
        if asked["group"] == AGENTS:
            from mx.agents.outside.served import serve_agent

            return serve_agent(plugin)
        from mx.engines.outside.served import serve_engine

        return serve_engine(plugin)

    def end() -> None:
        if running.running:
            running.stop()

    with socket.socket(fileno=descriptor) as to_us:
        to_us.setblocking(False)
        factory = Factory.forProtocol(lambda: PluginSide(to_us, make, end))
        factory.noisy = False
        running.adoptStreamConnection(to_us.fileno(), socket.AF_UNIX, factory)
        running.run(installSignalHandlers=False)


if __name__ == "__main__":
    main(int(sys.argv[1]))
