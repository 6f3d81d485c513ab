"""Free loopback ports for servers that a test starts.

They lie below those that a kernel gives away by itself, so that no connection of somebody else's takes one before its
server has come up; and each process of a run begins at another one.
"""

import os
import socket
from itertools import count

HOST = "127.0.0.1"
LOWEST, BEYOND = 10_000, 32_000
APART = 997
"""Ports from one process of a run to the next; of those that follow each other, a run needs fewer."""
_turns = count(os.getpid() * APART)


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nothing listens on; this process does not get the same one again soon."""
    for turn in _turns:
        port = LOWEST + turn % (BEYOND - LOWEST)
        if _is_free(port):
            return port
    raise AssertionError("the turns never end")


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    """Whether something accepts connections there."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0
