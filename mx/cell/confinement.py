"""Confinement: what a cell gives up before it reads the first octet of a stranger.

Called once in the child, after everything it needs is loaded. On every system: limits on address space, files, file
size, processes and core files, and an empty environment. On Linux also: no new privileges, not dumpable (no other
process of the same user may look into it), and a filter that allows the system calls of `system_calls.py` and no other.
Every process of ours, cell or not, calls `leave_no_core` as it begins: none leaves mail or keys in a core file.

Failure: what a system does not offer is left out, and `confine` says what was applied; `pratique engines` shows it. A
limit that is hit later ends the child, and the message is unscannable.
Limits: 1 GiB of address space; CPU time is renewed for each message by `allow_cpu_seconds`.
"""

import contextlib
import ctypes
import os
import resource
import signal
import struct
import sys
from collections.abc import Callable

from mx.cell.system_calls import ARCHITECTURES, filter_program

ADDRESS_SPACE_OCTETS = 1 << 30
_FILES = 64
_PR_SET_PDEATHSIG, _PR_SET_DUMPABLE, _PR_SET_NO_NEW_PRIVS = 1, 4, 38
_SET_MODE_FILTER, _FOR_ALL_THREADS = 1, 1


def confine() -> tuple[str, ...]:
    """Give up everything that examining a message does not need; the names of what was applied."""
    os.environ.clear()
    leave_no_core()
    applied = ["limits"]
    for limit, most in (
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, _FILES),
        (resource.RLIMIT_NPROC, 0),
        (resource.RLIMIT_AS, ADDRESS_SPACE_OCTETS),
    ):
        # macOS refuses some of these.
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(limit, (most, most))
    if sys.platform == "linux":
        applied.extend(_confine_on_linux())
    return tuple(applied)


def leave_no_core() -> None:
    """Have the kernel write no core file of this process, whatever ends it.

    The limit passes on to programs that this one starts, but the kernel does not heed it where cores go to a program
    (systemd-coredump, apport). That a process is not dumpable it heeds always, and forgets when a program is started.
    """
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if sys.platform == "linux":
        _process_control()(_PR_SET_DUMPABLE, 0, 0, 0, 0)


def allow_cpu_seconds(spent: float, seconds: float) -> None:
    """Let the kernel end this process once it has used that much more CPU time."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(spent + seconds) + 1, hard))


def die_with_parent(parent: int) -> None:
    """Have the kernel end this process with its parent, where the kernel is Linux; at once if that is gone already."""
    if sys.platform != "linux":
        return
    _process_control()(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        raise ProcessLookupError("the parent is gone")


def _process_control() -> Callable[..., int]:
    control = ctypes.CDLL(None, use_errno=True).prctl
    control.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    return control


def _confine_on_linux() -> list[str]:
    control = _process_control()
    applied = []
    if control(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        applied.append("no-new-privileges")
    if control(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0:
        applied.append("not-dumpable")
    architecture = ARCHITECTURES.get(os.uname().machine)
    if architecture is not None:
        program = filter_program(architecture)
        buffer = ctypes.create_string_buffer(program, len(program))
        head = struct.pack("HL", len(program) // 8, ctypes.addressof(buffer))
        pointer = ctypes.create_string_buffer(head, len(head))
        # By the system call, which prctl does not offer: the filter must bind the scanner's clock thread as well.
        call = ctypes.CDLL(None, use_errno=True).syscall
        call.argtypes = [ctypes.c_long, *[ctypes.c_ulong] * 3]
        if call(architecture.seccomp, _SET_MODE_FILTER, _FOR_ALL_THREADS, ctypes.addressof(pointer)) == 0:
            applied.append("system-call-filter")
    return applied
