"""What an SMTP session tells whoever drives it. Pure values.

Made by `machine.py`, carried out by `transport.py`. The four questions stop the session until they are answered.
"""

from dataclasses import dataclass

from mx.envelope import Recipient, ReversePath
from mx.smtp.extensions import MailParameters


@dataclass(frozen=True, slots=True)
class MailGiven:
    """Question: may this reverse-path open a transaction?"""

    reverse_path: ReversePath
    parameters: MailParameters


@dataclass(frozen=True, slots=True)
class RecipientGiven:
    """Question: is this recipient taken?"""

    recipient: Recipient


@dataclass(frozen=True, slots=True)
class DataAsked:
    """Question: may the content come? `reply.START_DATA`, or a refusal."""


@dataclass(frozen=True, slots=True)
class ContentOctets:
    """A piece of the content, dots unstuffed."""

    octets: bytes


@dataclass(frozen=True, slots=True)
class MessageEnded:
    """Question: what became of the message? All of its content has been given."""


@dataclass(frozen=True, slots=True)
class TransactionDropped:
    """The transaction is over without a message; what was kept of its content is to be forgotten."""


@dataclass(frozen=True, slots=True)
class StartTlsAsked:
    """The handshake is next, once what is to be sent has been sent; an open transaction is dropped."""


@dataclass(frozen=True, slots=True)
class SessionEnded:
    """The connection is to be closed, once what is to be sent has been sent."""


Question = MailGiven | RecipientGiven | DataAsked | MessageEnded
Event = Question | ContentOctets | TransactionDropped | StartTlsAsked | SessionEnded
