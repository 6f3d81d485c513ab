"""A connection to the SMTP room on a test transport and a test clock."""

from dataclasses import dataclass

from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from mx.smtp.limits import Limits
from mx.smtp.reading_turns import ReadingTurns
from mx.smtp.surroundings import STRANGER, Peer, Surroundings
from mx.smtp.traffic import Traffic
from mx.smtp.transport import SmtpProtocol
from tests.contracts.receiving import KeepingConversation

ENVELOPE = b"EHLO c.example\r\nMAIL FROM:<a@s.example>\r\nRCPT TO:<b@valid.example>\r\nDATA\r\n"


class NotingTransport(StringTransport):
    """A transport that also says what was done with it."""

    is_tls = False
    is_aborted = False

    def setTcpNoDelay(self, enabled: bool) -> None:
        """Nothing to set."""

    def startTLS(self, ctx: object) -> None:
        """Notes it."""
        self.is_tls = True

    def getHandle(self) -> "NotingTransport":
        """The TLS connection."""
        return self

    def get_protocol_version_name(self) -> str:
        """As OpenSSL says it."""
        return "TLSv1.3"

    def abortConnection(self) -> None:
        """Notes it."""
        self.is_aborted = True
        super().abortConnection()


@dataclass
class Connection:
    """A protocol with all that is around it."""

    protocol: SmtpProtocol
    transport: NotingTransport
    clock: Clock
    conversation: KeepingConversation
    lost: list[SmtpProtocol]

    def exchange(self, octets: bytes) -> bytes:
        """Receive; what is sent back since the last call."""
        if octets and not self.transport.disconnecting:
            self.protocol.dataReceived(octets)
        sent = self.transport.value()
        self.transport.clear()
        return sent

    def lose(self) -> None:
        """The client is gone."""
        self.protocol.connectionLost(Failure(ConnectionResetError()))


def connect(
    limits: Limits | None = None,
    conversation: KeepingConversation | None = None,
    tls: object | None = object(),
    peer: Peer = STRANGER,
    turns: ReadingTurns | None = None,
) -> Connection:
    """A client that has just connected."""
    clock = Clock()
    conversation = conversation or KeepingConversation()
    lost: list[SmtpProtocol] = []
    limits = limits or Limits()
    traffic = Traffic(limits, clock.seconds)
    surroundings = Surroundings(clock, "mx.example", limits, tls, traffic, turns or ReadingTurns(clock))
    protocol = SmtpProtocol(surroundings, conversation, lost.append, peer)
    transport = NotingTransport()
    protocol.makeConnection(transport)
    return Connection(protocol, transport, clock, conversation, lost)
