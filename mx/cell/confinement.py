"""Confinement: what a cell gives up before it reads the first octet of a stranger.

Called once in the child, after everything it needs is loaded. On every system: limits on address space, files, file
size, processes and core files, and an empty environment. On Linux also: no new privileges, not dumpable (no other
process of the same user may look into it), and a system call filter that ends file opening, sockets, processes and
tracing.

Failure: what a system does not offer is left out, and `confine` says what was applied; `pratique engines` shows it. A
limit that is hit later ends the child, and the message is unscannable.
Limits: 1 GiB of address space; CPU time is renewed for each message by `allow_cpu_seconds`.
"""

import contextlib
import ctypes
import os
import resource
import struct
import sys

ADDRESS_SPACE_OCTETS = 1 << 30
_FILES = 64
_PR_SET_DUMPABLE, _PR_SET_SECCOMP, _PR_SET_NO_NEW_PRIVS = 4, 22, 38
_SECCOMP_MODE_FILTER = 2
_ERRNO_EPERM = 0x0005_0000 | 1
_ALLOW = 0x7FFF_0000
_LOAD, _JUMP_IF_EQUAL, _JUMP_IF_AT_LEAST, _RETURN = 0x20, 0x15, 0x35, 0x06
_X32_CALLS = 0x4000_0000
_CALLS_DENIED = {
    # open openat openat2 creat socket socketpair connect accept accept4 bind listen clone fork vfork clone3 execve
    # execveat ptrace process_vm_readv/writev kill tkill tgkill rt_(tg)sigqueueinfo unlink(at) rename link symlink
    # mkdir mount chmod bpf perf_event_open userfaultfd io_uring_setup keyctl pidfd_open pidfd_getfd
    "x86_64": (0xC000_003E, (2, 257, 437, 85, 41, 53, 42, 43, 288, 49, 50, 56, 57, 58, 435, 59, 322, 101, 310, 311,
                             62, 200, 234, 129, 297, 87, 263, 82, 264, 316, 86, 265, 88, 266, 83, 258, 165, 90, 91,
                             268, 321, 298, 323, 425, 250, 434, 438)),
    "aarch64": (0xC000_00B7, (56, 437, 198, 199, 203, 202, 242, 200, 201, 220, 435, 221, 281, 117, 270, 271, 129,
                              130, 131, 138, 240, 35, 38, 276, 37, 36, 34, 40, 52, 53, 280, 241, 282, 425, 219, 434,
                              438)),
}  # fmt: skip


def confine() -> tuple[str, ...]:
    """Give up everything that examining a message does not need; the names of what was applied."""
    os.environ.clear()
    applied = ["limits"]
    for limit, most in (
        (resource.RLIMIT_CORE, 0),
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


def allow_cpu_seconds(spent: float, seconds: float) -> None:
    """Let the kernel end this process once it has used that much more CPU time."""
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    with contextlib.suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_CPU, (int(spent + seconds) + 1, hard))


def _confine_on_linux() -> list[str]:
    control = ctypes.CDLL(None, use_errno=True).prctl
    control.argtypes = [ctypes.c_int, *[ctypes.c_ulong] * 4]
    applied = []
    if control(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0:
        applied.append("no-new-privileges")
    if control(_PR_SET_DUMPABLE, 0, 0, 0, 0) == 0:
        applied.append("not-dumpable")
    calls = _CALLS_DENIED.get(os.uname().machine)
    if calls is not None:
        program = filter_program(*calls)
        buffer = ctypes.create_string_buffer(program, len(program))
        head = struct.pack("HL", len(program) // 8, ctypes.addressof(buffer))
        pointer = ctypes.create_string_buffer(head, len(head))
        if control(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, ctypes.addressof(pointer), 0, 0) == 0:
            applied.append("system-call-filter")
    return applied


def filter_program(architecture: int, denied: tuple[int, ...]) -> bytes:
    """The classic BPF program that answers EPERM to these calls, and to every call of another architecture."""
    refuse = len(denied) + 1
    instructions = [
        (_LOAD, 0, 0, 4),
        (_JUMP_IF_EQUAL, 0, refuse + 2, architecture),
        (_LOAD, 0, 0, 0),
        (_JUMP_IF_AT_LEAST, refuse, 0, _X32_CALLS),
        *((_JUMP_IF_EQUAL, refuse - 1 - number, 0, call) for number, call in enumerate(denied)),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO_EPERM),
    ]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
