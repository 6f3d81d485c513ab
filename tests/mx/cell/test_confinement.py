"""Confinement, seen from within a process that has confined itself."""

import json
import re
import subprocess
import sys

import pytest

ATTEMPTS = """
import ctypes, json, os, resource, signal, socket, sys
from mx.cell.confinement import allow_cpu_seconds, confine
sibling = os.fork()
if sibling == 0:
    os.closerange(0, 3)
    signal.alarm(30)
    signal.pause()
spare = os.open("/bin/true", os.O_RDONLY)
applied = confine()
allow_cpu_seconds(0.0, 5.0)
refused = []
def attempt(name, action):
    try:
        action()
    except (OSError, MemoryError, RuntimeError) as error:
        refused.append(name)
libc = ctypes.CDLL(None, use_errno=True)
libc.syscall.argtypes = [ctypes.c_long] * 6
def call(number, *arguments):
    if libc.syscall(number, *arguments, *[0] * (5 - len(arguments))) < 0:
        raise OSError(ctypes.get_errno(), "refused")
x86 = os.uname().machine == "x86_64"
path = ctypes.c_char_p(b"/etc/hostname")
how = (ctypes.c_uint64 * 3)()
page = ctypes.create_string_buffer(4096)
address = ctypes.addressof(page)
def bomb():
    for _ in range(3):
        if os.fork() == 0:
            os._exit(0)
attempt("open", lambda: open("/etc/hostname"))
attempt("openat2", lambda: call(437, -100, ctypes.cast(path, ctypes.c_void_p).value, ctypes.addressof(how), 24))
attempt("socket", lambda: socket.socket())
attempt("connect", lambda: call(42 if x86 else 203, 0, address, 16))
attempt("socketpair", lambda: socket.socketpair())
attempt("ptrace", lambda: call(101 if x86 else 117, 16, sibling))
attempt("memory of another", lambda: call(310 if x86 else 270, sibling, address, 1, address, 1))
attempt("fork bomb", bomb)
attempt("thread", lambda: __import__("threading").Thread(target=int).start())
attempt("clone3", lambda: call(435, address, 88))
attempt("exec", lambda: os.execv("/bin/true", ["true"]))
attempt("execveat", lambda: call(322 if x86 else 281, spare, address, 0, 0, 0x1000))
attempt("memfd", lambda: call(319 if x86 else 279, address, 0))
attempt("io_uring", lambda: call(425, 1, address))
attempt("kill the parent", lambda: os.kill(os.getppid(), 0))
attempt("kill a sibling", lambda: os.kill(sibling, signal.SIGKILL))
attempt("pidfd", lambda: call(434, sibling, 0))
attempt("limits of another", lambda: resource.prlimit(sibling, resource.RLIMIT_CPU, (1, 1)))
attempt("signal by a descriptor", lambda: call(72 if x86 else 25, 0, 8, sibling))
attempt("shared memory", lambda: call(29 if x86 else 194, 0, 4096, 0o1600))
attempt("mount", lambda: call(165 if x86 else 40, address, address, address))
attempt("bpf", lambda: call(321 if x86 else 280, 0, address, 48))
attempt("unlink", lambda: os.unlink("/tmp/nobody-has-this"))
attempt("memory", lambda: bytes(2 << 30))
resource.prlimit(0, resource.RLIMIT_CPU)
print(json.dumps([applied, refused, len(os.environ)]), flush=True)
os._exit(0)
"""
EVERYTHING = re.findall(r'^attempt\("([^"]+)"', ATTEMPTS, re.MULTILINE)


def _run(code: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_a_confined_process_can_do_nothing_but_compute() -> None:
    """Code of a stranger's that runs in a cell gets nowhere: each of these attempts is refused."""
    done = _run(ATTEMPTS)
    assert done.returncode == 0, done.stderr
    applied, refused, variables = json.loads(done.stdout)
    assert applied[:3] == ["limits", "no-new-privileges", "not-dumpable"]
    if "system-call-filter" not in applied:
        pytest.skip("this machine allows no system call filter")
    assert refused == EVERYTHING
    assert variables == 0


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_the_filter_binds_every_thread() -> None:
    """A thread that was there before is no way out."""
    code = (
        "import threading; from mx.cell.confinement import confine\n"
        "hold, done, failed = threading.Event(), threading.Event(), []\n"
        "def other():\n"
        "    hold.wait()\n"
        "    try: open('/etc/hostname')\n"
        "    except OSError: failed.append(True)\n"
        "    done.set()\n"
        "threading.Thread(target=other, daemon=True).start()\n"
        "applied = confine(); hold.set(); done.wait(10)\n"
        "print(failed == [True] or 'system-call-filter' not in applied)"
    )
    assert _run(code).stdout == "True\n"


@pytest.mark.skipif(sys.platform != "linux", reason="needs Linux")
def test_a_process_whose_parent_is_gone_does_not_begin() -> None:
    """The parent may die before the kernel has been told."""
    code = "from mx.cell.confinement import die_with_parent; die_with_parent(1 << 22)"
    assert "ProcessLookupError" in _run(code).stderr


def test_cpu_time_that_is_spent_ends_the_process() -> None:
    """The kernel ends a process that goes on past its CPU time."""
    code = "from mx.cell.confinement import allow_cpu_seconds; allow_cpu_seconds(0.0, 0.0)\nwhile True: pass"
    assert _run(code).returncode < 0
