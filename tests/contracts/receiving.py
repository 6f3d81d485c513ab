"""What the tests of the SMTP room talk to: a whole Conversation that keeps what it takes, and the machine's driver.

The policy of both: mail for `valid.example` and `<postmaster>` is taken; `later@valid.example` is put off; a
reverse-path of `full@...` meets a full disk; everything else is an unknown domain.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from twisted.internet.defer import Deferred

from mx import reply
from mx.envelope import Client, Envelope, Recipient, ReversePath
from mx.reply import Reply
from mx.smtp.events import (
    ContentOctets,
    DataAsked,
    MailGiven,
    MessageEnded,
    RecipientGiven,
    SessionEnded,
    StartTlsAsked,
    TransactionDropped,
)
from mx.smtp.extensions import MailParameters
from mx.smtp.limits import Limits
from mx.smtp.machine import Session
from mx.spool import Spool


def answer_mail(reverse_path: ReversePath) -> Reply:
    """The policy for MAIL."""
    return reply.DISK_FULL if reverse_path.address.startswith("full@") else reply.SENDER_OK


def answer_recipient(recipient: Recipient) -> Reply:
    """The policy for RCPT."""
    if recipient.address == "later@valid.example":
        return reply.DIRECTORY_UNAVAILABLE
    return reply.RECIPIENT_OK if recipient.domain in ("", "valid.example") else reply.UNKNOWN_DOMAIN


@dataclass
class Taken:
    """One message as it came out."""

    reverse_path: str
    recipients: tuple[str, ...]
    octets: bytes


@dataclass
class Driver:
    """Drives a Session to its next stop, and notes its events; `ContentOctets` that follow each other become one."""

    session: Session = field(default_factory=lambda: Session("mx.example", Limits(), can_start_tls=True))
    taken: list[Taken] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    content: bytes = b""
    is_ended: bool = False

    def exchange(self, octets: bytes) -> bytes:
        """Feed octets; what is sent back."""
        if octets and not self.is_ended:
            self.session.receive(octets)
        while (event := self.session.next_event()) is not None:
            if not isinstance(event, ContentOctets):
                self.events.append(f"{event!r} after {len(self.content)} octets of content")
            match event:
                case MailGiven(reverse_path):
                    self.session.answer(answer_mail(reverse_path))
                case RecipientGiven(recipient):
                    self.session.answer(answer_recipient(recipient))
                case DataAsked():
                    self.content = b""
                    self.session.answer(reply.START_DATA)
                case ContentOctets(piece):
                    self.content += piece
                case MessageEnded():
                    assert self.session.reverse_path is not None
                    recipients = tuple(recipient.address for recipient in self.session.recipients)
                    self.taken.append(Taken(self.session.reverse_path.address, recipients, self.content))
                    self.session.answer(reply.message_taken("id"))
                case TransactionDropped() | StartTlsAsked():
                    self.content = b""
                case SessionEnded():
                    self.is_ended = True
        return self.session.octets_to_send()


class KeepingConversation:
    """A Conversation that keeps what it takes. `trouble` may raise, or give the answer to a message itself."""

    def __init__(self, trouble: Callable[[str], Reply | None] = lambda _: None) -> None:
        self.taken: list[Taken] = []
        self.envelopes: list[Envelope] = []
        self.clients: list[Client] = []
        self.spools: list[Spool] = []
        self.told: list[str] = []
        self._trouble = trouble

    async def mail(self, client: Client, reverse_path: ReversePath, parameters: MailParameters) -> Reply:
        """Answers by the policy."""
        self.clients.append(client)
        return self._trouble("mail") or answer_mail(reverse_path)

    async def recipient(self, recipient: Recipient, accepted: Sequence[Recipient]) -> Reply:
        """Answers by the policy."""
        return self._trouble("recipient") or answer_recipient(recipient)

    def begin_data(self) -> Reply | Spool:
        """Gives a spool."""
        refusal = self._trouble("begin_data")
        if refusal is not None:
            return refusal
        self.spools.append(Spool())
        return self.spools[-1]

    async def message(self, envelope: Envelope, spool: Spool) -> Reply:
        """Keeps the message."""
        refusal = self._trouble("message")
        if refusal is not None:
            spool.close()
            return refusal
        self.envelopes.append(envelope)
        recipients = tuple(recipient.address for recipient in envelope.recipients)
        self.taken.append(Taken(envelope.reverse_path.address, recipients, b"".join(spool.chunks())))
        spool.close()
        return reply.message_taken("id")

    def reset(self) -> None:
        """Notes it."""
        self.told.append("reset")
        self._trouble("reset")

    def lost(self) -> None:
        """Notes it."""
        self.told.append("lost")
        self._trouble("lost")


class DecidingConversation(KeepingConversation):
    """Takes messages, and decides the first one when it is told to: `asked` fires, then `decision` is waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.asked: Deferred[None] = Deferred()
        self.decision: Deferred[Reply] = Deferred()
        self.is_decided = False

    async def message(self, envelope: Envelope, spool: Spool) -> Reply:
        """Waits for the decision."""
        spool.close()
        self.asked.callback(None)
        answer = await self.decision
        self.is_decided = True
        return answer
