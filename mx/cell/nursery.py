"""The nursery: a process that has imported what cells need, and forks them; it opens nothing itself.

Started by `mx/cell/spawn.py` as a fresh interpreter on one end of a socket pair: no Twisted, no threads, nothing of our
environment. It does what the pool orders (`mx/cell/orders.py`), one order after the other. A cell that is forked here
begins in a few milliseconds and shares the memory of all imports. The nursery starts light, with the standard
library's readers and the compiled signatures; the order to deepen imports the libraries of all others, and cells that
are forked from then on have them.

Only the nursery kills and reaps its cells, and it reaps by order alone, so a process id never means a stranger. When
its socket closes, because the pool stopped or died, it kills and reaps them all and ends. When it dies itself, the
kernel kills its cells on Linux; elsewhere they end with their sockets, which the pool then closes.

Failure: where no process can be made, the cell's socket closes and the notice says so. Libraries that cannot be
imported leave what only they could read *unscannable*; the cells say which.
Limits: orders wait while libraries are imported, about a second.
"""

import contextlib
import gc
import os
import signal
import socket
import time
from dataclasses import dataclass, field

from mx.anatomy.charsets import load_charsets
from mx.anatomy.readers import LIGHT_READERS, Readers
from mx.cell.child import Instruments, serve
from mx.cell.confinement import die_with_parent, leave_no_core
from mx.cell.opening import OpeningPage
from mx.cell.orders import ORDER_OCTETS, Order, buried_octets, forked_octets, read_order
from mx.cell.signatures import CompiledRules, Signatures, compile_rules


@dataclass(slots=True)
class _Nursery:
    control: socket.socket
    rules: CompiledRules
    readers: Readers
    missing: tuple[str, ...] = ()
    cells: dict[int, tuple[int, OpeningPage]] = field(default_factory=dict)
    """Process id and page of each cell that has not been reaped."""


def main(descriptor: int, readers: Readers = LIGHT_READERS) -> None:
    """Serve on this socket until it closes; the first cells have these readers."""
    leave_no_core()
    rules = compile_rules()
    load_charsets()
    # What has come so far stays: later collections would copy the memory that all cells share.
    gc.freeze()
    gc.enable()
    with socket.socket(fileno=descriptor) as control:
        control.setblocking(True)
        nursery = _Nursery(control, rules, readers)
        try:
            while _serve_one(nursery):
                pass
        except (BrokenPipeError, ConnectionResetError):
            pass
        for number in list(nursery.cells):
            _bury(nursery, number)


def _serve_one(nursery: _Nursery) -> bool:
    """Carry one order out; False once the pool is gone."""
    raw, descriptors, _, _ = socket.recv_fds(nursery.control, ORDER_OCTETS, 1)
    if not raw:
        return False
    order, number = read_order(raw)
    match order:
        case Order.FORK:
            with socket.socket(fileno=descriptors[0]) as theirs:
                pid = _fork(nursery, number, theirs)
            nursery.control.sendall(forked_octets(number, pid))
        case Order.BURY:
            nursery.control.sendall(_bury(nursery, number))
        case Order.DEEPEN:
            nursery.readers, nursery.missing = _deep_readers()
            gc.freeze()
    return True


def _fork(nursery: _Nursery, number: int, theirs: socket.socket) -> int:
    """The process id of a new cell on that socket, 0 when the system allows none."""
    page = OpeningPage()
    nursery_pid = os.getpid()
    try:
        pid = os.fork()
    except OSError:
        page.close()
        return 0
    if pid:
        nursery.cells[number] = (pid, page)
        return pid
    # From here on in the cell, which never returns.
    status = 1
    try:
        _live_as_cell(nursery, theirs, page, nursery_pid)
        status = 0
    finally:
        os._exit(status)


def _live_as_cell(nursery: _Nursery, theirs: socket.socket, page: OpeningPage, nursery_pid: int) -> None:
    nursery.control.close()
    for _, other in nursery.cells.values():
        other.close()
    die_with_parent(nursery_pid)
    # Made here, because a scanner's clock is a thread, and threads do not survive a fork.
    signatures = Signatures(nursery.rules)
    theirs.setblocking(True)
    version = nursery.rules.version
    serve(theirs, Instruments(nursery.readers, signatures, page, time.process_time, version, nursery.missing))


def _bury(nursery: _Nursery, number: int) -> bytes:
    """Kill and reap a cell; the notice of it."""
    if number not in nursery.cells:
        return buried_octets(number, 0, b"")
    pid, page = nursery.cells.pop(number)
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(pid, 0)
    notice = buried_octets(number, os.waitstatus_to_exitcode(status), page.read())
    page.close()
    return notice


def _deep_readers() -> tuple[Readers, tuple[str, ...]]:
    try:
        from mx.anatomy import deep_readers
    except Exception as error:  # a library may be broken in any way; what it would have read is then unscannable
        return Readers(LIGHT_READERS.by_kind, is_deep=True), (f"all that need libraries ({error})",)
    return deep_readers.DEEP_READERS, deep_readers.missing
