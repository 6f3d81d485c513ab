"""What a session says, and how much it puts up with: the replies to be sent, and the errors that they tell of. Pure.

Comes in: replies, in the order of the commands. Goes out: their octets; whether the client's errors are too many.

Standards: RFC 5321 section 4.2; contract.md, "Exactness": an error counts when it is the client's fault for good.
Failure: none.
"""

from functools import lru_cache

from mx import reply
from mx.reply import Reply
from mx.smtp.extensions import Offer, offered


class Answers:
    """One session's."""

    __slots__ = ("_errors", "_hostname", "_most_errors", "_outgoing", "was_put_off")

    def __init__(self, hostname: str, most_errors: int) -> None:
        self.was_put_off = False
        """By a 4xx, or a refused chunk, in this transaction: what is pipelined behind it is no error."""
        self._hostname, self._most_errors = hostname, most_errors
        self._errors = 0
        self._outgoing: list[bytes] = []

    def take(self) -> bytes:
        """The octets for the client since the last call."""
        octets = b"".join(self._outgoing)
        self._outgoing.clear()
        return octets

    def say(self, answer: Reply) -> None:
        """A reply that counts for nothing."""
        self._outgoing.append(answer.wire)

    def greet(self) -> None:
        """The banner."""
        self.say(reply.banner(self._hostname))

    def answer_hello(self, offer: Offer | None) -> None:
        """The reply to EHLO; to HELO where there is no offer."""
        if offer is None:
            self.say(reply.helo(self._hostname))
        else:
            self._outgoing.append(_ehlo_wire(self._hostname, offer))

    def has_enough(self, answer: Reply) -> bool:
        """Says a reply to a command. A 5xx counts against the client; a 4xx excuses what it pipelined behind."""
        self.say(answer)
        if answer.is_transient:
            self.was_put_off = True
        if not answer.is_permanent:
            return False
        self._errors += 1
        return self._errors >= self._most_errors


@lru_cache(maxsize=64)
def _ehlo_wire(hostname: str, offer: Offer) -> bytes:
    """Sessions differ little in what they are offered, and each client asks."""
    return reply.ehlo_wire(hostname, offered(offer))
