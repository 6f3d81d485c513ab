"""The child: reads one message at a time from its socket, opens it, and tells what it found.

Started by `mx/cell/pool.py` on one end of a socket pair, in a fresh interpreter that imports nothing but the anatomy
and YARA-X. It is confined before the first message arrives, and ends when its socket closes, as it does when its
parent dies.

Failure: any exception, whatever its class, becomes one FAILED frame and ends the child, so that nothing that a message
left behind can touch the next one. A child that is killed says nothing; the pool knows what that means.
"""

import gc
import json
import socket
import time
from collections.abc import Callable, Iterator

from mx.anatomy.budget import Budget, Limits
from mx.anatomy.charsets import load_charsets
from mx.anatomy.containers.contract import Stretch
from mx.anatomy.deep_readers import DEEP_READERS
from mx.anatomy.walker import walk
from mx.cell.confinement import allow_cpu_seconds, confine
from mx.cell.record import make_record
from mx.cell.signatures import Signatures, rule_texts, rules_version
from mx.cell.wire import BLOB_OCTETS, REQUEST_OCTETS, FrameKind, Request, frame, report_octets

_SPARE_CPU_SECONDS = 5.0
_RECEIVE_OCTETS = 1 << 20


def main(descriptor: int) -> None:
    """Serve on this socket until it closes."""
    texts = rule_texts()
    signatures = Signatures(texts)
    load_charsets()
    # What is loaded now stays: collections during messages need not look at it.
    gc.freeze()
    with socket.socket(fileno=descriptor) as connection:
        connection.setblocking(True)
        applied = confine()
        ready = {"rules": rules_version(texts), "confinement": applied}
        connection.sendall(frame(FrameKind.READY, json.dumps(ready).encode()))
        while serve_one(connection, signatures, time.process_time):
            pass


def serve_one(connection: socket.socket, signatures: Signatures, clock: Callable[[], float]) -> bool:
    """Examine one message; False once there is nothing more to serve."""
    try:
        head = receive(connection, REQUEST_OCTETS)
        if head is None:
            return False
        request = Request.from_octets(head)
        allow_cpu_seconds(clock(), request.cpu_seconds + _SPARE_CPU_SECONDS)
        message = receive(connection, request.octets)
        if message is None:
            return False
        for piece in examine(message, request, signatures, clock):
            connection.sendall(piece)
    except (BrokenPipeError, ConnectionResetError):
        return False
    except BaseException as error:  # hostile octets may raise anything; the process ends, the pool says unscannable
        connection.sendall(frame(FrameKind.FAILED, type(error).__name__.encode()))
        return False
    return True


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


def examine(message: bytes, request: Request, signatures: Signatures, clock: Callable[[], float]) -> Iterator[bytes]:
    """The answer to one request, as octets to send."""
    budget = Budget(clock, Limits(cpu_seconds=request.cpu_seconds))
    anatomy = walk(message, budget, DEEP_READERS)
    found = signatures.examine(anatomy.artifacts, anatomy.contents, budget)
    record, message_id, subject = make_record(anatomy)
    starts = [_start(content, message) for content in anatomy.contents]
    report = report_octets(
        anatomy.artifacts, starts, anatomy.findings, found, anatomy.ambiguities, (message_id, subject)
    )
    yield frame(FrameKind.REPORT, report) + frame(FrameKind.RECORD, record.to_json())
    if request.wants_artifacts:
        for content, start in zip(anatomy.contents, starts, strict=True):
            if start is None:
                yield from blobs(content)


def _start(content: Stretch, message: bytes) -> int | None:
    if content.base is message:
        return content.start
    return None if content.octets else 0


def blobs(content: Stretch) -> Iterator[bytes]:
    """The content as BLOB frames."""
    for start in range(content.start, content.end, BLOB_OCTETS):
        yield frame(FrameKind.BLOB, content.base[start : min(start + BLOB_OCTETS, content.end)])
