"""Stands before a real scanner, and while it is well hands everything through; in other moods it misbehaves.

Comes in: where the real one listens. A mood is what is said once the question has begun, and how: all at once or an
octet a second, and whether the connection is closed then.
"""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.servers.ports import HOST, free_port

PIECE = 1 << 16


@dataclass(frozen=True, slots=True)
class Mood:
    """How it misbehaves; `reads` octets of the question are read first, or what there is of it."""

    says: bytes = b""
    reads: int = 1
    closes: bool = True
    octet_seconds: float = 0.0
    listens: bool = True


WELL: Mood | None = None


class MoodyScanner:
    """Made by `moody_scanner`."""

    def __init__(self, real: str | tuple[str, int]) -> None:
        self.port = free_port()
        self.questions = 0
        """How many connections were made while it misbehaved."""
        self._real = real
        self._mood = WELL
        self._listening: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._ended = threading.Event()

    def turn(self, mood: Mood | None) -> None:
        """Be so from now on; connections that are kept open end."""
        self._mood = mood
        for connection in list(self._open):
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        if mood is not None and not mood.listens:
            self.close()
        elif self._listening is None:
            self._listening = socket.create_server((HOST, self.port), backlog=100)
            threading.Thread(target=self._accept, args=(self._listening,), daemon=True).start()

    def close(self) -> None:
        """Nothing listens any more."""
        listening, self._listening = self._listening, None
        if listening is not None:
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()

    def end(self) -> None:
        """And nobody is kept waiting."""
        self._ended.set()
        self.close()

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            mood = self._mood
            if mood is None:
                threading.Thread(target=self._hand_through, args=(connection,), daemon=True).start()
            else:
                self.questions += 1
                threading.Thread(target=self._misbehave, args=(connection, mood), daemon=True).start()

    def _misbehave(self, connection: socket.socket, mood: Mood) -> None:
        with connection, suppress(OSError):
            missing = mood.reads
            while missing > 0 and (octets := connection.recv(missing)):
                missing -= len(octets)
            if mood.octet_seconds:
                for octet in mood.says:
                    connection.sendall(bytes([octet]))
                    if self._ended.wait(mood.octet_seconds):
                        return
            connection.sendall(mood.says)
            if not mood.closes:
                while connection.recv(PIECE):
                    pass

    def _hand_through(self, connection: socket.socket) -> None:
        family = socket.AF_UNIX if isinstance(self._real, str) else socket.AF_INET
        with connection, socket.socket(family) as real, suppress(OSError):
            real.connect(self._real)
            back = threading.Thread(target=_copy, args=(real, connection), daemon=True)
            back.start()
            self._open.add(connection)
            _copy(connection, real)
            back.join()
            self._open.discard(connection)


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while octets := source.recv(PIECE):
            target.sendall(octets)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@contextmanager
def moody_scanner(real: str | tuple[str, int]) -> Iterator[MoodyScanner]:
    """Well, until it is told otherwise."""
    scanner = MoodyScanner(real)
    scanner.turn(WELL)
    try:
        yield scanner
    finally:
        scanner.end()
