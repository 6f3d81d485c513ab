"""How long a process has computed, as the kernel counts it.

A cell that is out of time by the clock on the wall, and has not computed for as long as a message may, says nothing of
its message: the machine is too busy. Waiting for a processor, for memory, for a disk or for its parent is no computing.

Failure: None where the kernel does not say (no Linux, or the process is gone): then a message is to blame.
Limits: counts all threads, in hundredths of a second.
"""

import os

_LINE_OCTETS = 1024
_USER, _SYSTEM = 11, 12
"""Of the words after the process's name, which ends with the last parenthesis (proc_pid_stat(5))."""


def computed_seconds(pid: int) -> float | None:
    """Since the process began."""
    try:
        # By plain system calls: a Path and a text file cost four times as much.
        descriptor = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        try:
            words = os.read(descriptor, _LINE_OCTETS).rpartition(b")")[2].split()
        finally:
            os.close(descriptor)
        return (int(words[_USER]) + int(words[_SYSTEM])) / os.sysconf("SC_CLK_TCK")
    except (OSError, ValueError, IndexError):
        return None
