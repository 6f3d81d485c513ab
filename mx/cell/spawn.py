"""A fresh nursery: an interpreter of its own on one end of a socket pair.

It inherits that socket, nothing on its standard streams, and nothing of our environment; its own has two words, for
its C library (glibc; another one takes no notice), so that cells keep memory for the next message. It runs isolated
(`-I`, no site start-up), with our own import path given as arguments, so it starts in about 0.1 s and imports no
Twisted. It is in a process group of its own, with its cells: Ctrl-C at a terminal is for the processes that drain, not
for a message in a cell.

Failure: OSError where no process can be made; the pool waits and tries again.
"""

import socket
import subprocess
import sys
from pathlib import Path

_BOOT = (
    "import gc, sys; gc.disable(); descriptor, *sys.path[:] = sys.argv[1:]; from {module} import main;"
    " main(int(descriptor))"
)
"""Looking for garbage in what is imported would take a tenth of the time; `main` has it looked for again."""
_KEPT_OCTETS = 8 << 20
"""What glibc would give back to the kernel behind each message of 1 MB, to have every page of it cleared anew for the
next one: a tenth of a cell's time."""
_KEPT = {"MALLOC_TRIM_THRESHOLD_": str(_KEPT_OCTETS), "MALLOC_MMAP_THRESHOLD_": str(_KEPT_OCTETS)}
_ROOT = Path(__file__).resolve().parents[2]


def spawn_nursery(module: str = "mx.cell.nursery") -> tuple[subprocess.Popen[bytes], socket.socket]:
    """Start a nursery, which is the `main` of that module; it, and our end of its socket."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    paths = list(dict.fromkeys([str(_ROOT), *(path for path in sys.path if path)]))
    boot = _BOOT.format(module=module)
    with theirs:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
                [sys.executable, "-I", "-S", "-B", "-X", "utf8", "-c", boot, str(theirs.fileno()), *paths],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(),),
                env=_KEPT,
                close_fds=True,
                process_group=0,
            )
        except BaseException:
            ours.close()
            raise
    ours.setblocking(False)
    return process, ours
