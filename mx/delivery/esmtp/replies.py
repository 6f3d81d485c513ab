"""A next hop's octets -> whole replies. Pure.

Comes in: octets in any pieces. Goes out: one `RawReply` after another, each all lines of one reply.

Standards: RFC 5321 sections 4.2 (replies), 4.2.1 (multiple lines), 4.5.3.1.5 (512 octets a line); RFC 2034 section 4
and RFC 3463 (enhanced codes).

Failure: what is not a reply raises `RemoteProtocolError`; the connection is then cut and the copies are Unreachable.

Limits: a line of 4,096 octets (eight times what the RFC allows), 128 lines a reply. A lone LF ends a line as well:
nothing hangs on it, because a reply that was split wrongly can only fail.
"""

import re
from dataclasses import dataclass

from mx.delivery.contract import NextHopReply

MOST_LINE_OCTETS = 4096
MOST_LINES = 128
MOST_TEXT = 1000
"""Characters of a reply's text that are kept."""

_LINE = re.compile(rb"([2-5][0-9]{2})(?:([ -])(.*))?", re.DOTALL)
_ENHANCED = re.compile(r"([245])\.[0-9]{1,3}\.[0-9]{1,3}(?=\s|$)")
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")


class RemoteProtocolError(Exception):
    """The next hop does not speak SMTP; the text says in which way."""


@dataclass(frozen=True, slots=True)
class RawReply:
    """One whole reply as it came, without the codes."""

    code: int
    raw_lines: tuple[bytes, ...]

    @property
    def is_positive(self) -> bool:
        return 200 <= self.code < 300

    @property
    def is_transient(self) -> bool:
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        return self.code >= 500

    def decoded(self) -> NextHopReply:
        """The reply as text; an enhanced code whose class contradicts the code is left in the text."""
        lines = [_UNPRINTABLE.sub("?", raw.decode("ascii", "replace")).strip() for raw in self.raw_lines]
        match = _ENHANCED.match(lines[0])
        enhanced = match[0] if match and match[1] == str(self.code)[0] else ""
        if enhanced:
            lines = [line.removeprefix(enhanced).lstrip() for line in lines]
        return NextHopReply(self.code, enhanced, " ".join(filter(None, lines))[:MOST_TEXT])


class ReplyReader:
    """Collects octets and gives whole replies, in order."""

    def __init__(self) -> None:
        self._buffer = b""
        self._code = 0
        self._lines: list[bytes] = []

    @property
    def is_empty(self) -> bool:
        """Nothing has come beyond the replies given out."""
        return not self._buffer and not self._lines

    def receive(self, octets: bytes) -> None:
        self._buffer += octets

    def next_reply(self) -> RawReply | None:
        """The next whole reply; None when more octets are needed. Raises RemoteProtocolError."""
        while True:
            line, found, rest = self._buffer.partition(b"\n")
            if len(line) > MOST_LINE_OCTETS:
                raise RemoteProtocolError("a reply line without end")
            if not found:
                return None
            self._buffer = rest
            if self._takes(line.removesuffix(b"\r")):
                reply = RawReply(self._code, tuple(self._lines))
                self._code, self._lines = 0, []
                return reply

    def _takes(self, line: bytes) -> bool:
        """Adds a line; true when it is the last of its reply."""
        match = _LINE.fullmatch(line)
        if match is None:
            raise RemoteProtocolError("a line that is no SMTP reply")
        code = int(match[1])
        if self._lines and code != self._code:
            raise RemoteProtocolError("a reply whose lines have different codes")
        if len(self._lines) == MOST_LINES:
            raise RemoteProtocolError("a reply without end")
        self._code = code
        self._lines.append(match[3] or b"")
        return match[2] != b"-"
