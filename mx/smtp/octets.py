"""Received octets, cut into command lines and into the content of messages. Pure.

Comes in: octets in any split. Goes out: command lines without their CRLF; content in pieces, with dots unstuffed.

Only CRLF ends a line, and only CRLF.CRLF ends the content. A bare CR or LF in the content ends nothing: it is reported
with the piece that holds it, and the content goes on to its true end, so that no part of it can ever be read as a
command (SMTP smuggling). A long line of content is content like any other. A command line over the limit is skipped to
its end. Two things no command can begin or hold are told at once, since who sends them would wait for ever for an
answer: an LF alone, and the first octet of a TLS handshake.

Standards: RFC 5321 sections 2.3.8, 4.1.1.4 and 4.5.2; RFC 3030 section 2 (chunks: any octets, nothing stuffed).
Failure: none; every octet is accounted for.
Limits: at most a piece (64 KiB) and one read of the socket are kept; every octet is looked at a fixed number of times.
"""

import re
from dataclasses import dataclass
from enum import Enum, auto

from mx.line_ends import are_whole, has_dot_line
from mx.smtp.limits import CONTENT_PIECE_OCTETS

_CRLF = b"\r\n"
_END_OF_DATA = re.compile(rb"\r\n\.\r\n")
"""A pattern, for the reason given in `mx/line_ends.py`."""
_TLS_HANDSHAKE = 0x16


class Flaw(Enum):
    """What is wrong with a command line as such."""

    TOO_LONG = auto()
    BARE_LF = auto()
    TLS_HANDSHAKE = auto()


@dataclass(frozen=True, slots=True)
class Line:
    """One command line without its CRLF; empty when it has a flaw."""

    octets: bytes
    flaw: Flaw | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of the content with its dots unstuffed; `is_last` tells that the end of data was right behind it."""

    octets: bytes
    has_bare_line_end: bool
    is_last: bool


class OctetReader:
    """The octets that were received and not yet read."""

    __slots__ = ("_buffer", "_is_first_piece", "_is_skipping", "_searched")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._is_skipping = False
        self._is_first_piece = False

    def __len__(self) -> int:
        return len(self._buffer)

    def feed(self, octets: bytes) -> None:
        """Adds octets as they came off the wire."""
        self._buffer += octets

    def clear(self) -> None:
        """Forgets what was not read."""
        self._buffer.clear()
        self._searched = 0

    def line(self, most_octets: int) -> Line | None:
        """The next command line, or None until its end is there; `most_octets` counts the CRLF."""
        buffer = self._buffer
        if buffer and buffer[0] == _TLS_HANDSHAKE and not self._is_skipping:
            self.clear()
            return Line(b"", Flaw.TLS_HANDSHAKE)
        end = buffer.find(b"\n", self._searched)
        if end < 0:
            if len(buffer) >= most_octets:
                self._is_skipping = True
                del buffer[:-1]  # the last octet may be the CR of the line's end
            self._searched = len(buffer)
            return None
        octets = bytes(buffer[: end + 1])
        del buffer[: end + 1]
        self._searched = 0
        was_skipping, self._is_skipping = self._is_skipping, False
        if not octets.endswith(_CRLF):
            return Line(b"", Flaw.BARE_LF)
        return Line(b"", Flaw.TOO_LONG) if was_skipping or len(octets) > most_octets else Line(octets[:-2])

    def begin_content(self) -> None:
        """Turns from lines to content.

        The CRLF of the DATA line is put back, because it is the first one of an end of data that follows at once.
        """
        self._buffer[0:0] = _CRLF
        self._searched = 0
        self._is_first_piece = True

    def content(self) -> Piece | None:
        """The next piece of the content, or None until there is enough of it; the last piece turns back to lines."""
        buffer = self._buffer
        found = _END_OF_DATA.search(buffer, self._searched)
        if found is not None:
            end = found.start()
            piece = self._piece(end + 2, is_last=True)
            del buffer[: end + 5]
            self._searched = 0
            return piece
        length = len(buffer)
        self._searched = max(0, length - 4)
        if length < CONTENT_PIECE_OCTETS:
            return None
        # Cut in front of a CR near the end: what follows it may be the beginning of an end of data, of a stuffed dot,
        # or the LF that makes it a whole line end.
        cut = buffer.find(b"\r", self._searched)
        cut = length if cut < 0 else cut
        piece = self._piece(cut, is_last=False)
        del buffer[:cut]
        self._searched = 0
        return piece

    def chunk(self, octets_left: int) -> bytes | None:
        """The next octets of a chunk as they are, or None until the chunk or a piece of it is there."""
        octets = min(octets_left, len(self._buffer))
        if octets < min(octets_left, CONTENT_PIECE_OCTETS):
            return None
        taken = bytes(memoryview(self._buffer)[:octets])
        del self._buffer[:octets]
        self._searched = 0
        return taken

    def _piece(self, length: int, is_last: bool) -> Piece:
        raw = bytes(memoryview(self._buffer)[:length])
        has_bare_line_end = not are_whole(raw)
        octets = raw.replace(b"\r\n.", _CRLF) if has_dot_line(raw) else raw
        if self._is_first_piece:
            self._is_first_piece = False
            octets = octets[2:]
        return Piece(octets, has_bare_line_end, is_last)
