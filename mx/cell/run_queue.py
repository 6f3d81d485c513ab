"""How long the kernel kept a process waiting for a processor that it was ready to use.

A cell that is out of time although it was hardly let run says nothing of its message: the machine is too busy.

Failure: 0.0 where the kernel does not say (no Linux, or the process is gone): then a message is to blame as before.
Limits: counts the first thread, which is the one that examines.
"""

import os

_LINE_OCTETS = 80


def queued_seconds(pid: int) -> float:
    """Since the process began."""
    try:
        # By plain system calls: a Path and a text file cost four times as much.
        descriptor = os.open(f"/proc/{pid}/schedstat", os.O_RDONLY | os.O_CLOEXEC)
        try:
            return int(os.read(descriptor, _LINE_OCTETS).split()[1]) / 1e9
        finally:
            os.close(descriptor)
    except (OSError, ValueError, IndexError):
        return 0.0
