"""Which system calls a confined cell may still make, as a program for the kernel's filter. Pure.

A list of what is allowed, because the kernel gains calls with every release. What is left lets a process compute, use
memory, the socket that it has, its clocks and its one thread beside: nothing that opens, connects, starts, traces,
signals or outlives. Numbers are from the kernel's tables for the two architectures that are known here.

Standards: Linux seccomp(2), classic BPF.
Failure: every other call, and every call of another architecture, is answered EPERM; libraries then fail as they do on
a full machine, and the message is unscannable.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass

_LOAD, _JUMP_IF_EQUAL, _RETURN = 0x20, 0x15, 0x06
_NUMBER_AT, _ARCHITECTURE_AT, _FIRST_ARGUMENT_AT = 0, 4, 16
_ALLOW = 0x7FFF_0000
_ERRNO_EPERM = 0x0005_0000 | 1


@dataclass(frozen=True, slots=True)
class Architecture:
    """One machine's numbers."""

    token: int
    allowed: Mapping[str, int]
    prlimit64: int
    """Allowed on the process itself (pid 0), and on no other."""
    seccomp: int
    """What installs a filter."""


_X86_64 = {
    "read": 0, "write": 1, "close": 3, "fstat": 5, "poll": 7, "lseek": 8, "mmap": 9, "mprotect": 10, "munmap": 11,
    "brk": 12, "rt_sigaction": 13, "rt_sigprocmask": 14, "rt_sigreturn": 15, "readv": 19, "writev": 20,
    "sched_yield": 24, "mremap": 25, "madvise": 28, "nanosleep": 35, "getpid": 39, "sendto": 44, "recvfrom": 45,
    "shutdown": 48, "getsockopt": 55, "exit": 60, "uname": 63, "gettimeofday": 96, "getrlimit": 97,
    "getrusage": 98, "sysinfo": 99, "times": 100, "sigaltstack": 131, "setrlimit": 160, "gettid": 186, "time": 201,
    "futex": 202, "sched_getaffinity": 204, "restart_syscall": 219, "clock_gettime": 228, "clock_getres": 229,
    "clock_nanosleep": 230, "exit_group": 231, "ppoll": 271, "set_robust_list": 273, "getcpu": 309, "getrandom": 318,
    "membarrier": 324, "rseq": 334,
}  # fmt: skip
_AARCH64 = {
    "close": 57, "lseek": 62, "read": 63, "write": 64, "readv": 65, "writev": 66, "ppoll": 73,
    "fstat": 80, "exit": 93, "exit_group": 94, "futex": 98, "set_robust_list": 99, "nanosleep": 101,
    "clock_gettime": 113, "clock_getres": 114, "clock_nanosleep": 115, "sched_getaffinity": 123, "sched_yield": 124,
    "restart_syscall": 128, "sigaltstack": 132, "rt_sigaction": 134, "rt_sigprocmask": 135, "rt_sigreturn": 139,
    "times": 153, "uname": 160, "getrlimit": 163, "setrlimit": 164, "getrusage": 165, "getcpu": 168,
    "gettimeofday": 169, "getpid": 172, "gettid": 178, "sysinfo": 179, "sendto": 206, "recvfrom": 207,
    "getsockopt": 209, "shutdown": 210, "brk": 214, "munmap": 215, "mremap": 216, "mmap": 222, "mprotect": 226,
    "madvise": 233, "getrandom": 278, "membarrier": 283, "rseq": 293,
}  # fmt: skip
ARCHITECTURES: Mapping[str, Architecture] = {
    "x86_64": Architecture(0xC000_003E, _X86_64, 302, 317),
    "aarch64": Architecture(0xC000_00B7, _AARCH64, 261, 277),
}


def filter_program(architecture: Architecture) -> bytes:
    """The classic BPF program that allows these calls alone."""
    allowed = sorted(architecture.allowed.values())
    # Jumps count the instructions between: the last three are the test of prlimit64's argument, allow, refuse.
    instructions = [
        (_LOAD, 0, 0, _ARCHITECTURE_AT),
        (_JUMP_IF_EQUAL, 0, len(allowed) + 5, architecture.token),
        (_LOAD, 0, 0, _NUMBER_AT),
        *((_JUMP_IF_EQUAL, len(allowed) - place + 2, 0, call) for place, call in enumerate(allowed)),
        (_JUMP_IF_EQUAL, 0, 3, architecture.prlimit64),
        (_LOAD, 0, 0, _FIRST_ARGUMENT_AT),
        (_JUMP_IF_EQUAL, 0, 1, 0),
        (_RETURN, 0, 0, _ALLOW),
        (_RETURN, 0, 0, _ERRNO_EPERM),
    ]
    return b"".join(struct.pack("HBBI", *instruction) for instruction in instructions)
