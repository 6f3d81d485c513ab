"""A next hop in threads of its own, for scripts that kill: strict about the end of data, and of changing moods.

It is up, slow, away (nothing listens), cuts connections in the middle of the content, or holds its answer to the end of
data back. It keeps no mail: for each
Message-ID it counts the copies taken, and notes the digest of what stands below the headers of ours.
"""

import hashlib
import random
import re
import socket
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import Enum
from typing import BinaryIO

from tests.servers.mail_client import AUTHOR
from tests.servers.ports import HOST, free_port

SLOW_SECONDS = 0.3
FIRST_OCTETS = f"From: {AUTHOR}\r\n".encode()
"""What a letter begins with (`mail_client.letter`); what stands above it was put there by the gateway."""
ANSWERS = {b"DATA": b"354 go ahead", b"QUIT": b"221 2.0.0 bye", b"NOOP": b"250 2.0.0 ok", b"RSET": b"250 2.0.0 ok"}
_MESSAGE_ID = re.compile(rb"^Message-ID: <([^@>]+)@", re.MULTILINE | re.IGNORECASE)


class Mood(Enum):
    """What the next hop does at present."""

    UP = "up"
    SLOW = "slow"
    CUTTING = "cutting"
    AWAY = "away"
    HOLDING = "holding"


class MoodyHop:
    """Made by `moody_hop`."""

    def __init__(self) -> None:
        self.port = free_port()
        self.mood = Mood.AWAY
        self.copies: Counter[str] = Counter()
        """How often each mark was taken."""
        self.unanswered: Counter[str] = Counter()
        """How often it was taken, and the connection cut before that was answered: nobody can know then (RFC 1047)."""
        self.digests: dict[str, set[str]] = {}
        self.may_answer = threading.Event()
        """What was taken while it was holding is answered now."""
        self._listening: socket.socket | None = None
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()

    @property
    def route(self) -> str:
        """The route that a tenant's domain is given."""
        return f"smtp://{HOST}:{self.port}"

    def turn(self, mood: Mood) -> None:
        """Be so from now on; away, every connection is cut."""
        self.mood = mood
        if mood is Mood.AWAY:
            self._leave()
        elif self._listening is None:
            listening = socket.create_server((HOST, self.port), backlog=100)
            self._listening = listening
            threading.Thread(target=self._accept, args=(listening,), daemon=True).start()

    def _leave(self) -> None:
        listening, self._listening = self._listening, None
        if listening is not None:
            # The shutdown wakes the thread that accepts.
            with suppress(OSError):
                listening.shutdown(socket.SHUT_RDWR)
            listening.close()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)

    def _accept(self, listening: socket.socket) -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        with self._lock:
            self._open.add(connection)
        try:
            with connection, connection.makefile("rb") as incoming:
                self._converse(connection, incoming)
        except OSError:
            return
        finally:
            with self._lock:
                self._open.discard(connection)

    def _converse(self, connection: socket.socket, incoming: BinaryIO) -> None:
        self._say(connection, b"220 hop.example ESMTP")
        while line := incoming.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                self._say(connection, b"250-hop.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SIZE 100000000")
                continue
            self._say(connection, ANSWERS.get(verb, b"250 2.1.0 ok"))
            if verb == b"QUIT":
                return
            if verb == b"DATA":
                content = self._content(incoming)
                if content is None:
                    return
                # Noted first: what is answered and then lost would be a loss that is not the gateway's.
                mark = self._note(content)
                if self.mood is Mood.HOLDING:
                    self.may_answer.wait()
                try:
                    self._say(connection, b"250 2.0.0 taken")
                except OSError:
                    self.unanswered[mark] += 1
                    raise

    def _content(self, incoming: BinaryIO) -> bytes | None:
        lines: list[bytes] = []
        cut_after = random.randrange(8) if self.mood is Mood.CUTTING else None
        while line := incoming.readline():
            if line == b".\r\n":
                return b"".join(lines)
            if len(lines) == cut_after:
                return None
            lines.append(line.removeprefix(b"."))
        return None

    def _note(self, content: bytes) -> str:
        found = _MESSAGE_ID.search(content)
        assert found, "a letter of the tests has a Message-ID"
        mark = found[1].decode()
        own = content[max(0, content.find(FIRST_OCTETS)) :]
        with self._lock:
            self.copies[mark] += 1
            self.digests.setdefault(mark, set()).add(hashlib.sha256(own).hexdigest())
        return mark

    def _say(self, connection: socket.socket, reply: bytes) -> None:
        if self.mood is Mood.SLOW:
            threading.Event().wait(SLOW_SECONDS)
        connection.sendall(reply + b"\r\n")


@contextmanager
def moody_hop(mood: Mood = Mood.UP) -> Iterator[MoodyHop]:
    """A next hop that takes every letter for every recipient; away at the end."""
    hop = MoodyHop()
    hop.turn(mood)
    try:
        yield hop
    finally:
        hop.turn(Mood.AWAY)
