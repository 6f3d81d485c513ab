"""What delivery takes and gives: a Transfer goes in, one CopyResult for each recipient comes out.

Comes in: routes in order of preference, and a Transfer (envelope, headers to put on top, the octets as received).
Goes out: results in the order of the recipients. Nothing in this room raises for what a network or a next hop does:
every such thing is one of the four results.

* `Delivered` carries the next hop's own reply: the proof that `Accepted` needs.
* `PermanentlyRefused` and `TransientlyRefused` carry a reply and the stage it was given at.
* `Unreachable` is everything else: no connection, a banner that is not 220, no answer in time, nonsense, a cut.
  Where the end of data was sent and its answer never came, the next hop may have taken the copy:
  `may_have_been_taken` says so, because a second attempt can then make a duplicate (RFC 1047).

Standards: RFC 5321 sections 4.2 and 4.5.3.2; RFC 2034 (enhanced codes); RFC 1047 (duplicates); RFC 3461.

Failure: an Unreachable copy is stored and tried again; it is never counted as delivered.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from mx.artifact import Content
from mx.dsn_request import NOTHING_RETURNED, NotifyRequest, ReturnRequest
from tenants.domains.routes import Route

LINE_ENDS_CHANGED = "bare line ends were made CRLF, as the policy says"


class Stage(StrEnum):
    """Where in the conversation with a next hop a reply was given."""

    ROUTING = "routing"
    """Nobody was asked: the route leads nowhere for good."""
    MAIL = "mail"
    RECIPIENT = "recipient"
    DATA = "data"
    END_OF_DATA = "end-of-data"


@dataclass(frozen=True, slots=True)
class NextHopReply:
    """A next hop's words. Hostile text: printable ASCII of bounded length, but not cleaned of names and addresses."""

    code: int
    enhanced: str
    """`5.1.1`, or empty when the next hop gave none."""
    text: str
    """All lines joined with a blank, without codes."""

    @property
    def line(self) -> str:
        """The reply in one line, for the trace."""
        return " ".join(filter(None, (str(self.code), self.enhanced, self.text)))


@dataclass(frozen=True, slots=True)
class Delivered:
    """The next hop has answered the end of data with 2xx, after it accepted this recipient."""

    reply: NextHopReply
    is_normalised: bool = False
    """Bare line ends were made whole on the way."""
    offers_dsn: bool = True
    """The next hop was told what the sender asks to be told, and sees to it from now on (RFC 3461 section 5.2.1)."""

    @property
    def note(self) -> str:
        """What the trace says beside the reply; empty when the octets went as they came."""
        return LINE_ENDS_CHANGED if self.is_normalised else ""


@dataclass(frozen=True, slots=True)
class PermanentlyRefused:
    """5xx for this copy. Another attempt would get the same answer."""

    reply: NextHopReply
    stage: Stage


@dataclass(frozen=True, slots=True)
class TransientlyRefused:
    """4xx for this copy."""

    reply: NextHopReply
    stage: Stage


@dataclass(frozen=True, slots=True)
class Unreachable:
    """No answer that counts. The reason is for the trace, never for the sender."""

    reason: str
    may_have_been_taken: bool = False
    """The whole message was sent and its answer never came."""
    is_unasked: bool = False
    """Nothing was sent, because of a limit of ours: it says nothing of the next hop."""


@dataclass(frozen=True, slots=True)
class Welcome:
    """The answer to an inquiry: mail for this recipient would be taken."""


CopyResult = Delivered | PermanentlyRefused | TransientlyRefused | Unreachable
InquiryResult = Welcome | PermanentlyRefused | TransientlyRefused | Unreachable


@dataclass(frozen=True, slots=True)
class Transfer:
    """One message on its way to one next hop."""

    reverse_path: str
    """Without angle brackets; empty for the null reverse-path."""
    recipients: tuple[str, ...]
    """Without angle brackets; at least one."""
    headers_on_top: bytes
    """Whole header lines with CRLF, to be sent above the first octet of the content; may be empty."""
    content: Content
    """The message as received, dots not stuffed."""
    is_eight_bit: bool
    is_smtputf8: bool
    has_bare_line_ends: bool = False
    """A CR or an LF stands alone in the content: it can go over BDAT only."""
    may_normalise: bool = False
    """Where it could not go otherwise, its bare line ends may be made whole."""
    is_inquiry: bool = False
    """Nothing is sent: the recipients' answers are all that is asked for (a call-out)."""
    requires_tls: bool = False
    """It goes over verified TLS to a next hop that offers REQUIRETLS, or not at all (RFC 8689)."""
    dsn: ReturnRequest = NOTHING_RETURNED
    notify: tuple[NotifyRequest, ...] = ()
    """What the sender asks to be told, for each recipient in order; empty where nobody asked."""

    @property
    def octets(self) -> int:
        """What SIZE= declares (RFC 1870 section 3)."""
        return len(self.headers_on_top) + self.content.octets


class Forwarding(Protocol):
    """What `disposition/` and the queue runner see of this room; `mx.delivery.next_hop.NextHops` is the real one."""

    async def deliver(self, routes: Sequence[Route], transfer: Transfer, seconds: float) -> tuple[CopyResult, ...]:
        """One result for each recipient, in order, at most `seconds` from now.

        Routes are tried in the order of their priority until one of them answers. Never raises for faults of network or
        next hop. Cancelling it cuts the connection, and the fate of the copies is then unknown.
        """
        ...


class Inquiring(Protocol):
    """What `mx/recipients/` sees of this room."""

    async def inquire(
        self, routes: Sequence[Route], recipients: Sequence[str], seconds: float
    ) -> tuple[InquiryResult, ...]:
        """Whether mail from the null reverse-path would be taken for each of these; else as `Forwarding.deliver`."""
        ...
