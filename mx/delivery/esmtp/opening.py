"""The opening of a connection to a next hop: banner, EHLO or HELO, STARTTLS. Pure.

Comes in: replies, one after the other. Goes out: what to say next, or that the connection is open, or of no use.
Where TLS is required, a connection without it is of no use.

Standards: RFC 5321 sections 3.1 and 4.1.1.1 (HELO where EHLO is refused); RFC 3207 (STARTTLS: what was offered in the
clear is forgotten, and octets that come before the handshake are never read as part of it).
"""

from dataclasses import dataclass
from enum import Enum, auto

from mx.delivery.esmtp.commands import offered
from mx.delivery.esmtp.replies import RawReply


@dataclass(frozen=True, slots=True)
class Say:
    """This goes out, and is answered."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class HandshakeNext:
    """The next hop waits for a TLS handshake."""


@dataclass(frozen=True, slots=True)
class Opened:
    """A transaction may begin."""


@dataclass(frozen=True, slots=True)
class Useless:
    """None can begin here."""

    reason: str


Step = Say | HandshakeNext | Opened | Useless


class _Stage(Enum):
    GREETING = auto()
    EHLO = auto()
    HELO = auto()
    STARTTLS = auto()


class Opening:
    """One connection's."""

    def __init__(self, our_name: str, *, wants_tls: bool, requires_tls: bool = False) -> None:
        self.extensions: dict[str, str] = {}
        """What EHLO offered: keyword in upper case -> its parameters."""
        self._our_name = our_name.encode("ascii")
        self._wants_tls, self._requires_tls = wants_tls or requires_tls, requires_tls
        self._stage = _Stage.GREETING

    def take(self, reply: RawReply, *, is_last: bool) -> Step:
        """The next reply; `is_last` tells that no octets have come behind it."""
        if self._stage is _Stage.STARTTLS:
            return self._take_starttls_reply(reply, is_last=is_last)
        if self._stage is _Stage.EHLO and reply.is_permanent:
            self._stage = _Stage.HELO
            return Say(b"HELO " + self._our_name + b"\r\n")
        if not reply.is_positive:
            return Useless(f"{self._stage.name.lower()} was answered {reply.decoded().line}")
        if self._stage is _Stage.GREETING:
            return self._ehlo()
        if self._stage is _Stage.EHLO:
            self.extensions = offered(reply)
        if self._wants_tls and "STARTTLS" in self.extensions:
            self._stage = _Stage.STARTTLS
            return Say(b"STARTTLS\r\n")
        return self._in_the_clear("STARTTLS is not offered")

    def tls_started(self) -> Say:
        """The handshake is done: what was offered in the clear is forgotten (RFC 3207 section 4.2)."""
        self._wants_tls = self._requires_tls = False
        self.extensions = {}
        return self._ehlo()

    def _in_the_clear(self, why: str) -> Step:
        return Useless(f"{why}, and the route requires TLS") if self._requires_tls else Opened()

    def _ehlo(self) -> Say:
        self._stage = _Stage.EHLO
        return Say(b"EHLO " + self._our_name + b"\r\n")

    def _take_starttls_reply(self, reply: RawReply, *, is_last: bool) -> Step:
        if not reply.is_positive:
            return self._in_the_clear(f"STARTTLS was answered {reply.decoded().line}")
        # Plain text behind the 220 would otherwise be read as replies that came inside TLS (response injection).
        return HandshakeNext() if is_last else Useless("octets between STARTTLS and its handshake")
