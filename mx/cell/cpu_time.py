"""How long a process has computed, as the kernel counts it.

A cell that is out of time by the clock on the wall, and has not computed for as long as a message may, says nothing of
its message: the machine is too busy. Waiting for a processor, for memory, for a disk or for its parent is no computing.

The process's own clock is asked, not its file below /proc: a process that is not dumpable, as cells are, has none to be
seen where systemd hides others' (ProtectProc=invisible).

Failure: None where the kernel does not say (no Linux, or the process is gone): then a message is to blame.
Limits: counts all threads.
"""

import time

_OF_ALL_THREADS = 2
"""CPUCLOCK_SCHED, of linux/posix-timers_types.h; clock_getcpuclockid(3) puts it together in the same way."""


def computed_seconds(pid: int) -> float | None:
    """Since the process began."""
    try:
        return time.clock_gettime(~pid << 3 | _OF_ALL_THREADS)
    except OSError:
        return None
