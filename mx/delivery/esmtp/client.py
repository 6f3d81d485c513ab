"""The client side of ESMTP as a state machine: octets in; events and octets out. Pure.

Comes in: the next hop's octets, and one Transfer at a time. Goes out: events for `connection.py`, octets to send.
With PIPELINING the envelope is one write: [RSET] MAIL RCPT... DATA (RFC 2920 section 3.1); without, one command a time.
With CHUNKING the content goes over BDAT as it is, and there is no DATA.

Two rules stand above the rest:

* `Delivered` is given for one recipient only when its RCPT *and* the end of data were answered 2xx.
* Whatever is not an answer (nonsense, an extra reply, a cut) leaves every copy that was undecided Unreachable, and the
  connection is not used again. So is a reply that is there before its command: from then on each would be taken for
  the one before it.

Standards: RFC 5321 sections 3.3, 4.1.1, 4.2 and 4.3.2; RFC 2920 (PIPELINING; a lone dot where DATA is accepted though
no recipient was); RFC 3030 (CHUNKING); RFC 3207 (STARTTLS, and octets that come before the handshake are never read as
part of it). What a message needs and the next hop does not offer is refused as `commands.py` says.

Failure: an address that could break out of its command raises `UnsafeEnvelopeError` before an octet is sent: a bug of
ours, because the SMTP grammar accepts no such address.

Limits: those of `replies.py`. Deadlines belong to `connection.py`.
Known gaps: eight-bit content goes as it is to a next hop without 8BITMIME, because a rewrite would break signatures.
An answer too many that comes while the content is under way cannot be told from the answer to it, by any client; with
BDAT, whose answers are all alike, one that came before can be told by the statuses alone (`Ledger.is_one_behind`).
"""

from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import assert_never

from mx.delivery.contract import (
    CopyResult,
    InquiryResult,
    PermanentlyRefused,
    Stage,
    Transfer,
    Unreachable,
    Welcome,
)
from mx.delivery.esmtp.chunking import octets_over_bdat
from mx.delivery.esmtp.commands import check_envelope, mail_command, recipient_commands, what_is_lacking
from mx.delivery.esmtp.dot_stuffing import octets_over_data
from mx.delivery.esmtp.ledger import Ledger
from mx.delivery.esmtp.line_ends import NormalisedContent
from mx.delivery.esmtp.opening import HandshakeNext, Opened, Opening, Say, Step, Useless
from mx.delivery.esmtp.replies import RawReply, RemoteProtocolError, ReplyReader

_LONE_DOT = b".\r\n"


@dataclass(frozen=True, slots=True)
class Ready:
    """A transaction may begin."""


@dataclass(frozen=True, slots=True)
class TlsAsked:
    """The next hop waits for a TLS handshake; `tls_started` is to be called once it is done."""


@dataclass(frozen=True, slots=True)
class ContentAsked:
    """`content()` is to be sent, then `content_sent` to be called."""


@dataclass(frozen=True, slots=True)
class Settled:
    """The transaction is over."""

    results: tuple[CopyResult | InquiryResult, ...]
    may_reuse: bool
    """The connection is good for another transaction."""
    is_unheard: bool = False
    """No reply was given but perhaps a 421 to the first command: a reused connection that had ended already."""


@dataclass(frozen=True, slots=True)
class Broken:
    """No transaction was under way and none can begin; the connection is to be closed."""

    reason: str


Event = Ready | TlsAsked | ContentAsked | Settled | Broken


class _State(Enum):
    OPENING = auto()
    HANDSHAKE = auto()
    READY = auto()
    ENVELOPE = auto()
    CONTENT = auto()
    END_OF_DATA = auto()
    CLOSED = auto()


class _Awaited(Enum):
    """Which command of the envelope a reply belongs to."""

    RESET = auto()
    MAIL = auto()
    RECIPIENT = auto()
    DATA = auto()


class Client:
    """One connection to a next hop."""

    def __init__(self, our_name: str, *, wants_tls: bool, requires_tls: bool = False) -> None:
        self.transactions = 0
        self.is_tls_verified = False
        """Set by whoever checked the certificate: what requires TLS goes over nothing less."""
        self.extensions: Mapping[str, str] = {}
        """What EHLO offered, once a transaction may begin: keyword in upper case -> its parameters."""
        self._opening = Opening(our_name, wants_tls=wants_tls, requires_tls=requires_tls)
        self._state = _State.OPENING
        self._replies = ReplyReader()
        self._events: deque[Event] = deque()
        self._out: list[bytes] = []
        self._needs_reset = False
        self._transfer: Transfer | None = None
        self._forget(recipients=0)

    def _forget(self, recipients: int) -> None:
        self._commands: deque[tuple[_Awaited, bytes]] = deque()
        self._awaited: deque[_Awaited] = deque()
        self._ledger = Ledger(recipients)
        self._is_mail_accepted = False
        self._is_normalised = False
        self._replies_heard = 0

    # What the connection calls

    @property
    def is_closed(self) -> bool:
        """Nothing more is read or sent."""
        return self._state is _State.CLOSED

    def receive(self, octets: bytes) -> None:
        """Takes what came from the next hop."""
        if self.is_closed:
            return
        if self._state is _State.HANDSHAKE:
            self._break("octets between STARTTLS and its handshake")
            return
        self._replies.receive(octets)
        try:
            while (reply := self._next_reply()) is not None:
                self._take(reply)
                if self._out and not self._replies.is_empty:
                    self._break("a reply to a command that was not sent yet")
        except RemoteProtocolError as error:
            self._break(str(error))

    def next_event(self) -> Event | None:
        return self._events.popleft() if self._events else None

    def octets_to_send(self) -> bytes:
        octets = b"".join(self._out)
        self._out.clear()
        return octets

    def tls_started(self) -> None:
        """The handshake is done."""
        self._open(self._opening.tls_started())

    def begin(self, transfer: Transfer) -> None:
        """Starts a transaction; only after Ready or a Settled that allows it."""
        if self._state is not _State.READY or not transfer.recipients:
            raise AssertionError("a transaction was begun on a connection that is not ready, or for nobody")
        check_envelope(transfer)
        self._forget(len(transfer.recipients))
        self.transactions += 1
        self._transfer = transfer
        lacking = what_is_lacking(transfer, self.extensions, is_tls_verified=self.is_tls_verified)
        if lacking is not None:
            self._ledger.close(PermanentlyRefused(lacking, Stage.MAIL))
            self._settle(may_reuse=True)
            return
        self._is_normalised = transfer.has_bare_line_ends and not self._is_chunking
        self._state = _State.ENVELOPE
        self._commands = self._envelope_commands(transfer)
        self._send_commands()

    def content(self) -> Iterator[bytes]:
        """The pieces to send after ContentAsked; raises UnsafeContentError before a piece that must not go out."""
        if self._transfer is None:
            raise AssertionError("content was asked for outside a transaction")
        over = octets_over_bdat if self._is_chunking else octets_over_data
        content = self._transfer.content
        return over(self._transfer.headers_on_top, NormalisedContent(content) if self._is_normalised else content)

    def content_sent(self) -> None:
        """The end of data is about to be given to the network: from now on the next hop may take the message."""
        if self._state is not _State.CONTENT:
            raise AssertionError("content was sent that nobody asked for")
        self._state = _State.END_OF_DATA

    def lost(self, reason: str) -> None:
        """The connection has ended, or was given up."""
        if not self.is_closed:
            self._break(reason)

    def quit(self) -> None:
        """Says goodbye; whatever comes after it is not read."""
        if self._state is _State.READY:
            self._out.append(b"QUIT\r\n")
        self._state = _State.CLOSED

    # Replies

    def _next_reply(self) -> RawReply | None:
        return None if self._state is _State.CLOSED else self._replies.next_reply()

    def _take(self, reply: RawReply) -> None:
        match self._state:
            case _State.ENVELOPE:
                self._take_envelope_reply(reply)
            case _State.END_OF_DATA:
                self._take_final_reply(reply)
            case _State.CONTENT:
                self._take_early_reply(reply)
            case _State.OPENING:
                self._open(self._opening.take(reply, is_last=self._replies.is_empty))
            case _State.READY:
                self._break(f"a reply that nobody asked for: {reply.decoded().line}")
            case _State.HANDSHAKE | _State.CLOSED:
                raise AssertionError("a reply was read in a state that reads none")
            case _:
                assert_never(self._state)

    def _open(self, step: Step) -> None:
        match step:
            case Say(octets):
                self._state = _State.OPENING
                self._out.append(octets)
            case HandshakeNext():
                self._state = _State.HANDSHAKE
                self._events.append(TlsAsked())
            case Opened():
                self._state = _State.READY
                self.extensions = self._opening.extensions
                self._events.append(Ready())
            case Useless(reason):
                self._break(reason)
            case _:
                assert_never(step)

    def _take_envelope_reply(self, reply: RawReply) -> None:
        awaited = self._awaited.popleft()
        self._replies_heard += 1
        if reply.code == 421:
            self._closing(reply, awaited)
            return
        if reply.code < 400 and reply.code // 100 != (3 if awaited is _Awaited.DATA else 2):
            self._break(f"{awaited.name} was answered {reply.decoded().line}")
            return
        match awaited:
            case _Awaited.RESET:
                if not reply.is_positive:
                    self._break(f"RSET was answered {reply.decoded().line}")
                    return
            case _Awaited.MAIL:
                self._take_mail_reply(reply)
            case _Awaited.RECIPIENT:
                self._ledger.take_recipient_reply(reply)
            case _Awaited.DATA:
                self._take_data_reply(reply)
                return
            case _:
                assert_never(awaited)
        if self._commands:
            self._send_commands()
        elif not self._awaited:
            self._end_envelope()

    def _take_mail_reply(self, reply: RawReply) -> None:
        self._is_mail_accepted = reply.is_positive
        if not reply.is_positive:
            self._ledger.refuse(reply, Stage.MAIL)

    def _take_data_reply(self, reply: RawReply) -> None:
        if reply.code >= 400:
            self._needs_reset = self._is_mail_accepted
            self._ledger.refuse(reply, Stage.DATA)
            self._settle(may_reuse=True)
        elif self._ledger.is_anyone_left:
            self._ask_content()
        else:
            # RFC 2920 section 3.1: where DATA is accepted without a valid recipient, a single dot is to be sent.
            self._out.append(_LONE_DOT)
            self._needs_reset = True
            self._state = _State.END_OF_DATA

    def _end_envelope(self) -> None:
        """Every recipient was answered, and there is no DATA: BDAT is next, or the answers were all that was asked."""
        is_inquiry = self._transfer is not None and self._transfer.is_inquiry
        if self._ledger.is_anyone_left and not is_inquiry:
            self._ask_content()
            return
        self._ledger.close(Welcome())
        self._needs_reset = self._is_mail_accepted
        self._settle(may_reuse=True)

    def _ask_content(self) -> None:
        self._state = _State.CONTENT
        self._events.append(ContentAsked())

    def _take_early_reply(self, reply: RawReply) -> None:
        if reply.code < 400:
            self._break(f"the content was answered before its end: {reply.decoded().line}")
            return
        self._ledger.refuse(reply, Stage.END_OF_DATA)
        self._settle(may_reuse=False)

    def _take_final_reply(self, reply: RawReply) -> None:
        if reply.is_positive and self._is_chunking and self._ledger.is_one_behind(reply):
            self._break("the replies are one behind the commands")
            return
        if reply.is_positive:
            self._ledger.deliver(reply, is_normalised=self._is_normalised, offers_dsn="DSN" in self.extensions)
        elif reply.code >= 400:
            self._needs_reset = self._needs_reset or self._is_chunking
            self._ledger.refuse(reply, Stage.END_OF_DATA)
        else:
            self._break(f"the end of data was answered {reply.decoded().line}")
            return
        self._settle(may_reuse=reply.code != 421)

    def _closing(self, reply: RawReply, awaited: _Awaited) -> None:
        """421 to any command: the next hop ends the session (RFC 5321 section 3.8)."""
        stages = {_Awaited.RECIPIENT: Stage.RECIPIENT, _Awaited.DATA: Stage.DATA}
        self._ledger.refuse(reply, stages.get(awaited, Stage.MAIL))
        self._settle(may_reuse=False, is_unheard=self._replies_heard == 1)

    # The end of a transaction

    def _settle(self, *, may_reuse: bool, is_unheard: bool = False) -> None:
        may_reuse = may_reuse and self._replies.is_empty
        self._state = _State.READY if may_reuse else _State.CLOSED
        self._transfer = None
        self._events.clear()
        self._events.append(Settled(self._ledger.results(), may_reuse, is_unheard))

    def _break(self, reason: str) -> None:
        if self._transfer is None:
            self._state = _State.CLOSED
            self._events.append(Broken(reason))
            return
        self._ledger.close(Unreachable(reason, may_have_been_taken=self._state is _State.END_OF_DATA))
        is_unheard = self._state is _State.ENVELOPE and self._replies_heard == 0
        self._settle(may_reuse=False, is_unheard=is_unheard)

    # Commands

    def _envelope_commands(self, transfer: Transfer) -> deque[tuple[_Awaited, bytes]]:
        reset = [(_Awaited.RESET, b"RSET\r\n")] if self._needs_reset else []
        self._needs_reset = False
        data = [] if self._is_chunking or transfer.is_inquiry else [(_Awaited.DATA, b"DATA\r\n")]
        return deque(
            (
                *reset,
                (_Awaited.MAIL, mail_command(transfer, self.extensions)),
                *((_Awaited.RECIPIENT, command) for command in recipient_commands(transfer, self.extensions)),
                *data,
            )
        )

    @property
    def _is_chunking(self) -> bool:
        return "CHUNKING" in self.extensions

    def _send_commands(self) -> None:
        """Sends what may be sent now: everything at once where that is offered, otherwise the next command."""
        is_pipelined = "PIPELINING" in self.extensions
        if not is_pipelined and not self._ledger.is_anyone_left:
            self._needs_reset = self._is_mail_accepted
            self._settle(may_reuse=True)
            return
        while self._commands:
            awaited, octets = self._commands.popleft()
            self._awaited.append(awaited)
            self._out.append(octets)
            if not is_pipelined:
                return
