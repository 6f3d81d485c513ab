"""How long the kernel kept a process waiting for a processor that it was ready to use.

A cell that is out of time although it was hardly let run says nothing of its message: the machine is too busy.

Failure: 0.0 where the kernel does not say (no Linux, or the process is gone): then a message is to blame as before.
Limits: counts the first thread, which is the one that examines.
"""

from pathlib import Path


def queued_seconds(pid: int) -> float:
    """Since the process began."""
    try:
        return int(Path(f"/proc/{pid}/schedstat").read_text(encoding="ascii").split()[1]) / 1e9
    except (OSError, ValueError, IndexError):
        return 0.0
