"""The conversation: what the rest of the MX offers to one SMTP connection. The seam between `smtp/` and the intake.

The transport makes one Conversation for each connection and asks it in the order of the session. It never asks two
things at once. The composer hands `ConversationFactory` to the listener; the intake implements it.

Failure: an exception out of any of these is logged once and becomes `reply.INTERNAL_ERROR` (451 4.3.0).
"""

from collections.abc import Callable, Sequence
from typing import Protocol

from mx.envelope import Client, Envelope, Recipient, ReversePath
from mx.reply import Reply
from mx.smtp.extensions import MailParameters
from mx.spool import Spool


class Conversation(Protocol):
    """One connection's side of the intake: asked command by command, told when it is over."""

    async def mail(self, client: Client, reverse_path: ReversePath, parameters: MailParameters) -> Reply:
        """Answers MAIL. The syntax and the SIZE limit are checked already.

        A positive reply opens a transaction, usually `reply.SENDER_OK`.
        """
        ...

    async def recipient(self, recipient: Recipient, accepted: Sequence[Recipient]) -> Reply:
        """Answers RCPT; `accepted` are the recipients that this transaction has so far.

        A positive reply (`reply.RECIPIENT_OK`) adds the recipient. The number of recipients is limited already.
        """
        ...

    def begin_data(self) -> Reply | Spool:
        """Answers DATA: an empty Spool for the content, or the refusal (`reply.DISK_FULL`).

        The transport writes to the spool, and closes it when the message does not come to its end or is refused.
        """
        ...

    async def message(self, envelope: Envelope, spool: Spool) -> Reply:
        """Answers the end of data: the one reply that is true for every recipient.

        The spool is frozen, and belongs to the conversation from the call on: it closes it. The transport never
        cancels this, even when the client has gone: what was decided is carried out.
        """
        ...

    def reset(self) -> None:
        """Forgets the transaction: RSET, EHLO, HELO, STARTTLS, or a message that was refused by the transport."""
        ...

    def lost(self) -> None:
        """Tells that the connection is gone; called once, while `message` may still be under way."""
        ...


ConversationFactory = Callable[[], Conversation]
