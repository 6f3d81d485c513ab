"""A next hop on loopback that answers as a test tells it to, in the reactor of the test.

It is a strict receiver: only CRLF.CRLF ends data. `answers` maps a verb (`CONNECT`, `EHLO`, `MAIL`, `RCPT`, `DATA`,
`.`, or `RCPT b@x.example` for one recipient) to the reply, or to CUT (the connection is closed) or SILENCE. `CONTENT`
is answered, if it stands there, when the first octets of a message have come.
Without `tls` it offers a handshake that fails; with `TLS` in `answers`, one that is answered so (SILENCE: never).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import cast

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IListeningPort, IOpenSSLContextFactory, ITCPTransport
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.python.failure import Failure

CUT = "cut"
SILENCE = "silence"
TLS = "250-hop.example\r\n250-PIPELINING\r\n250 STARTTLS"
USUAL = {
    "CONNECT": "220 hop.example ESMTP",
    "EHLO": "250-hop.example\r\n250-PIPELINING\r\n250-SIZE 104857600\r\n250 8BITMIME",
    "HELO": "250 hop.example",
    "STARTTLS": "220 go ahead",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go ahead",
    ".": "250 2.0.0 taken",
    "RSET": "250 2.0.0 reset",
    "QUIT": "221 2.0.0 bye",
}


@dataclass
class Taken:
    """One message that was taken, dots unstuffed."""

    reverse_path: str
    recipients: list[str]
    content: bytes
    is_tls: bool


@dataclass
class ScriptedHop(Factory):
    """What every connection answers, and everything that happened."""

    answers: dict[str, str] = field(default_factory=dict)
    tls: IOpenSSLContextFactory | None = None
    noisy = False

    def __post_init__(self) -> None:
        self.taken: list[Taken] = []
        self.commands: list[str] = []
        self.open: list[_Session] = []
        self.connections = 0
        self.arrived: Deferred[None] | None = None
        self.emptied: Deferred[None] | None = None
        self._port: IListeningPort | None = None

    def listen(self, reactor: object) -> int:
        """The port that it listens on from now."""
        self._port = reactor.listenTCP(0, self, interface="127.0.0.1")  # type: ignore[attr-defined]
        return cast(int, self._port.getHost().port)

    async def stop(self) -> None:
        """Nothing listens any more, and the connections are cut."""
        if self._port is not None:
            await self._port.stopListening()
        await self.cut()

    async def cut(self) -> None:
        """Every open connection ends."""
        if self.open:
            self.emptied = Deferred()
            for session in list(self.open):
                cast(ITCPTransport, session.transport).abortConnection()
            await self.emptied

    async def until(self, verb: str) -> None:
        """Waits until this verb has come."""
        while verb not in self.commands:
            self.arrived = Deferred()
            await self.arrived

    def answer(self, verb: str, argument: str = "") -> str:
        """The answer to a command, by the most special entry there is."""
        self.commands.append(verb)
        answers: Mapping[str, str] = {**USUAL, **self.answers}
        reply = answers.get(f"{verb} {argument}", answers.get(verb, "500 what"))
        arrived, self.arrived = self.arrived, None
        if arrived is not None:
            arrived.callback(None)
        return reply

    def buildProtocol(self, addr: object) -> Protocol:
        """One more connection."""
        self.connections += 1
        return _Session(self)


class _Session(Protocol):
    def __init__(self, hop: ScriptedHop) -> None:
        self.hop = hop
        self.buffer = b""
        self.reverse_path = ""
        self.recipients: list[str] = []
        self.is_in_data = False
        self.is_tls = False

    def connectionMade(self) -> None:
        self.hop.open.append(self)
        self.say(self.hop.answer("CONNECT"))

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.hop.open.remove(self)
        if not self.hop.open and self.hop.emptied is not None and not self.hop.emptied.called:
            self.hop.emptied.callback(None)

    def dataReceived(self, data: bytes) -> None:
        if self.is_tls and self.hop.tls is None:
            self.say(self.hop.answers.get("TLS", CUT))
            return
        self.buffer += data
        while self.buffer and (self.take_content() if self.is_in_data else self.take_command()):
            pass

    def say(self, reply: str) -> None:
        if reply == CUT:
            self.buffer = b""
            cast(ITCPTransport, self.transport).loseConnection()
        elif reply != SILENCE:
            cast(ITCPTransport, self.transport).write(reply.encode("latin-1") + b"\r\n")

    def take_command(self) -> bool:
        line, found, rest = self.buffer.partition(b"\r\n")
        if not found:
            return False
        self.buffer = rest
        verb, _, arguments = line.decode().partition(" ")
        address = arguments.partition("<")[2].partition(">")[0]
        reply = self.hop.answer(verb, address)
        if verb == "MAIL":
            self.reverse_path, self.recipients = address, []
        elif verb == "RCPT" and reply.startswith("2"):
            self.recipients.append(address)
        elif verb == "DATA" and reply.startswith("3"):
            self.is_in_data = True
            self.buffer = b"\r\n" + self.buffer
        self.say(reply)
        if verb == "STARTTLS" and reply.startswith("2"):
            self.is_tls = True
            if self.hop.tls is not None:
                self.transport.startTLS(self.hop.tls)  # type: ignore[union-attr]
        elif verb == "QUIT":
            cast(ITCPTransport, self.transport).loseConnection()
        return True

    def take_content(self) -> bool:
        if "CONTENT" in self.hop.answers:
            self.say(self.hop.answers["CONTENT"])
            return False
        content, found, rest = self.buffer.partition(b"\r\n.\r\n")
        if not found:
            return False
        self.buffer, self.is_in_data = rest, False
        reply = self.hop.answer(".")
        if reply.startswith("2") or reply == CUT:
            plain = (content + b"\r\n").replace(b"\r\n.", b"\r\n")[2:]
            self.hop.taken.append(Taken(self.reverse_path, self.recipients, plain, self.is_tls))
        self.say(reply)
        return True
