"""A message with bare line ends -> the same message with CRLF at the end of every line. Pure.

Comes in: content in chunks. Goes out: content in chunks, in which a CR or an LF that stood alone has become CRLF. This
is the one thing that changes a message's octets on the way, and signatures over its body break: it is done only where
the tenant's policy says so, and the trace says that it was.

Standards: RFC 5321 section 2.3.8 (CR and LF only together).
Failure: none.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from mx.artifact import Content

_LINE_END = re.compile(rb"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class NormalisedContent:
    """Content, read as if it had been sent with whole line ends."""

    original: Content

    @property
    def octets(self) -> int:
        """About how many: what is declared as SIZE may be an estimate (RFC 1870 section 6)."""
        return self.original.octets

    def chunks(self) -> Iterator[bytes]:
        """The octets in order. A CR at the border of two chunks waits for what comes behind it."""
        carry = b""
        for chunk in self.original.chunks():
            octets = carry + chunk
            carry = b"\r" if octets.endswith(b"\r") else b""
            yield _LINE_END.sub(b"\r\n", octets[: len(octets) - len(carry)])
        if carry:
            yield b"\r\n"
