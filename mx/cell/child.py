"""The child: reads one message at a time from its socket, opens it, and tells what it found.

Forked by the nursery (`mx/cell/nursery.py`) on one end of a socket pair, with everything imported that it will need.
It is confined before the first message arrives, and ends when its socket closes, as it does when its parent dies. What
it is opening it notes on the page that it shares with the nursery, in case it does not come back from there.

Failure: any exception, whatever its class, becomes one FAILED frame and ends the child, so that nothing that a message
left behind can touch the next one. A light child that lacks a reader says DEEPER and goes on, one that the machine did
not let scan says STARVED. A child that is killed says nothing; the pool knows what that means.
"""

import json
import socket
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from mx.anatomy.budget import Budget, Limits
from mx.anatomy.containers.contract import DeeperCellNeeded, Stretch
from mx.anatomy.readers import Readers
from mx.anatomy.walker import walk
from mx.cell import macros
from mx.cell.confinement import allow_cpu_seconds, confine
from mx.cell.opening import OpeningPage
from mx.cell.record import make_record
from mx.cell.rule_set import NotLetCompute
from mx.cell.signatures import Signatures
from mx.cell.wire import BLOB_OCTETS, REQUEST_OCTETS, FrameKind, Request, frame, report_octets
from mx.cell.wishes import Wishes
from mx.finding import SIGNATURES

_SPARE_CPU_SECONDS = 5.0
_RECEIVE_OCTETS = 1 << 20


@dataclass(frozen=True, slots=True)
class Instruments:
    """What a child examines messages with."""

    readers: Readers
    signatures: Signatures
    page: OpeningPage
    clock: Callable[[], float]
    """CPU seconds of this process."""
    rules_version: str = ""
    missing: tuple[str, ...] = ()
    """What not even a deep cell can read on this machine, for want of a library."""


def serve(connection: socket.socket, instruments: Instruments) -> None:
    """Confine this process, then serve until the socket closes."""
    applied = confine()
    ready = {
        "rules": instruments.rules_version,
        "confinement": applied,
        "is_deep": instruments.readers.is_deep,
        "missing": instruments.missing,
    }
    connection.sendall(frame(FrameKind.READY, json.dumps(ready).encode()))
    while serve_one(connection, instruments):
        pass


def serve_one(connection: socket.socket, instruments: Instruments) -> bool:
    """Examine one message; False once there is nothing more to serve."""
    try:
        head = receive(connection, REQUEST_OCTETS)
        if head is None:
            return False
        request = Request.from_octets(head)
        allow_cpu_seconds(instruments.clock(), request.cpu_seconds + _SPARE_CPU_SECONDS)
        wishes = receive(connection, request.wishes_octets)
        message = receive(connection, request.octets)
        if message is None or wishes is None:
            return False
        answer(connection, examine(message, request, Wishes.from_octets(wishes), instruments))
        instruments.page.clear()
    except (BrokenPipeError, ConnectionResetError):
        return False
    except BaseException as error:  # hostile octets may raise anything; the process ends, the pool says unscannable
        connection.sendall(frame(FrameKind.FAILED, type(error).__name__.encode()))
        return False
    return True


def answer(connection: socket.socket, pieces: Iterator[bytes]) -> None:
    """Send an answer, or that a deep cell must give it, or a machine that is less busy."""
    try:
        for piece in pieces:
            connection.sendall(piece)
    except DeeperCellNeeded:
        connection.sendall(frame(FrameKind.DEEPER, b""))
    except NotLetCompute:
        connection.sendall(frame(FrameKind.STARVED, b""))


def receive(connection: socket.socket, octets: int) -> bytes | None:
    """Exactly that many octets, or None when the other side has closed."""
    if octets == 0:
        return b""
    pieces, missing = [], octets
    while missing:
        piece = connection.recv(min(missing, _RECEIVE_OCTETS), socket.MSG_WAITALL)
        if not piece:
            return None
        pieces.append(piece)
        missing -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def examine(message: bytes, request: Request, wishes: Wishes, instruments: Instruments) -> Iterator[bytes]:
    """The answer to one request, as octets to send. Raises DeeperCellNeeded and NotLetCompute before them."""
    budget = Budget(instruments.clock, Limits(cpu_seconds=request.cpu_seconds))
    note = instruments.page.note
    anatomy = walk(message, budget, instruments.readers, wishes.passwords, note)
    artifacts, contents = anatomy.artifacts, anatomy.contents
    found = {SIGNATURES: instruments.signatures.examine(artifacts, contents, budget, wishes, note)}
    note(artifacts[0].sha256, macros.ENGINE)
    found[macros.ENGINE] = macros.examine(artifacts, contents, budget)
    note(artifacts[0].sha256, "record")
    record, message_id, subject = make_record(anatomy)
    starts = [_start(content, message) for content in contents]
    report = report_octets(artifacts, starts, anatomy.findings, found, anatomy.ambiguities, (message_id, subject))
    instruments.page.clear()
    told = frame(FrameKind.REPORT, report) + frame(FrameKind.RECORD, record.to_json())
    unpacked = [content for content, start in zip(contents, starts, strict=True) if start is None]
    frames = blobs(unpacked) if request.wants_artifacts else iter(())
    # What is small goes out in one piece, so that the other side wakes up once.
    yield told + next(frames, b"")
    yield from frames


def _start(content: Stretch, message: bytes) -> int | None:
    if content.base is message:
        return content.start
    return None if content.octets else 0


def blobs(contents: Iterable[Stretch]) -> Iterator[bytes]:
    """The contents, one behind another, as few BLOB frames."""
    pieces: list[memoryview] = []
    room = BLOB_OCTETS
    for content in contents:
        rest = memoryview(content.base)[content.start : content.end]
        while rest:
            pieces.append(rest[:room])
            rest = rest[room:]
            room -= len(pieces[-1])
            if not room:
                yield frame(FrameKind.BLOB, *pieces)
                pieces, room = [], BLOB_OCTETS
    if pieces:
        yield frame(FrameKind.BLOB, *pieces)
