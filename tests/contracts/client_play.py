"""A played conversation with a next hop: what it says, what goes out for it, what becomes of the copies."""

import re

from mx.delivery.contract import (
    CopyResult,
    Delivered,
    PermanentlyRefused,
    Transfer,
    TransientlyRefused,
    Unreachable,
)
from mx.delivery.esmtp.client import Client, Event, Settled
from tests.contracts.octets import CONTENT, HEADERS

GREETING = b"220 hop.example ESMTP\r\n"
EHLO = b"250-hop.example\r\n250-PIPELINING\r\n250 SIZE 1000000\r\n"
PLAIN_EHLO = b"250 hop.example\r\n"
TWO = ("b@tenant.example", "c@tenant.example")
SIZE = b"%d" % len(HEADERS + CONTENT)
MAIL = b"MAIL FROM:<a@sender.example> SIZE=" + SIZE + b"\r\n"
RCPTS = b"RCPT TO:<b@tenant.example>\r\nRCPT TO:<c@tenant.example>\r\n"
WIRE = HEADERS + CONTENT + b".\r\n"


def one_by_one(replies: bytes) -> list[bytes]:
    """Replies as a server gives them, each for itself: the next one when its command has come."""
    return re.findall(rb"(?:\d{3}-[^\n]*\n)*\d{3} [^\n]*\n", replies)


class Play:
    """One connection; everything that happened is kept."""

    def __init__(self, ehlo: bytes = EHLO, *, wants_tls: bool = False) -> None:
        self.client = Client("mx.example", wants_tls=wants_tls)
        self.events: list[Event] = []
        self.says(GREETING, ehlo)

    def says(self, *octets: bytes) -> bytes:
        """The next hop says this; gives what goes out for it."""
        for each in octets:
            self.client.receive(each)
            self._note()
        return self.client.octets_to_send()

    def begin(self, given: Transfer) -> bytes:
        """A transaction begins; gives what goes out."""
        self.client.begin(given)
        self._note()
        return self.client.octets_to_send()

    def send_content(self) -> bytes:
        """The content is sent as a whole."""
        wire = b"".join(self.client.content())
        self.client.content_sent()
        return wire

    def lose(self, reason: str = "cut") -> None:
        """The connection ends."""
        self.client.lost(reason)
        self._note()

    def settled(self) -> Settled:
        """The end of the last transaction."""
        return next(event for event in reversed(self.events) if isinstance(event, Settled))

    def kinds(self) -> list[str]:
        """Each result's class, with its stage."""
        return [kind(result) for result in self.settled().results]

    def _note(self) -> None:
        while (event := self.client.next_event()) is not None:
            self.events.append(event)


def kind(result: CopyResult) -> str:
    """A result in two words at most."""
    match result:
        case Delivered():
            return "delivered"
        case PermanentlyRefused():
            return f"never {result.stage}"
        case TransientlyRefused():
            return f"later {result.stage}"
        case Unreachable():
            return "perhaps" if result.may_have_been_taken else "unreachable"
