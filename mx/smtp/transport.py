"""One connection: the socket, TLS, the clock and back-pressure around `machine.Session`, which alone knows SMTP.

Comes in: octets from a client. Goes out: questions to a `Conversation`, content to its Spool, replies to the client.
Replies to commands that arrived together leave together.

Standards: RFC 3207 (STARTTLS), RFC 5321 section 4.5.3.2 (time limits), RFC 9293 section 3.6 (a client that has closed
its side alone).
Failure: an exception out of the conversation is logged once and answered 451 4.3.0; a bug here is logged and ends the
session with it; a full disk is 452 4.3.1 at the end of the content. A client that goes away while its message is being
decided changes nothing in the decision.
Limits: `limits.Limits`. While a question is open, or the client does not take our replies, nothing is read beyond
`buffered_octets`. Large messages, and hundreds of commands together, are read in turns (`reading_turns.py`).
"""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import assert_never

from twisted.internet.interfaces import IHalfCloseableProtocol, IPushProducer
from twisted.internet.protocol import Protocol
from twisted.logger import Logger
from twisted.python.failure import Failure
from zope.interface import implementer

from mx import reply
from mx.at_once import at_once
from mx.envelope import Client, Envelope, ReversePath, new_transaction_id
from mx.reply import Reply
from mx.smtp.conversation import Conversation
from mx.smtp.early import has_spoken
from mx.smtp.events import (
    ContentOctets,
    DataAsked,
    Event,
    MailGiven,
    MessageEnded,
    RecipientGiven,
    SessionEnded,
    StartTlsAsked,
    TransactionDropped,
)
from mx.smtp.machine import Session
from mx.smtp.reading_turns import Place
from mx.smtp.surroundings import STRANGER, Peer, Surroundings
from mx.smtp.wire import Delayed, Wire
from mx.spool import Spool, SpoolFull


@implementer(IPushProducer, IHalfCloseableProtocol)
class SmtpProtocol(Protocol):
    """One client's connection. `when_lost` is called once, when it is gone."""

    log = Logger()
    transport: Wire  # type: ignore[assignment]  # Twisted's class says ITransport | None

    def __init__(
        self,
        surroundings: Surroundings,
        conversation: Conversation,
        when_lost: Callable[["SmtpProtocol"], None] = lambda _: None,
        peer: Peer = STRANGER,
    ) -> None:
        self._peer = peer
        self._surroundings = surroundings
        self._limits = surroundings.limits
        self._clock = surroundings.clock
        self._conversation = conversation
        self._when_lost = when_lost
        self._session = Session(
            surroundings.hostname, surroundings.limits, surroundings.tls_context_factory is not None, peer.is_trusted
        )
        self._spool: Spool | None = None
        self._is_busy = False
        self._is_lost = False
        self._is_closing = False
        self._is_input_over = False
        self._is_client_slow = False
        self._is_paused = False
        self._place = Place(surroundings.reading_turns, self._read_on)
        self._timer: Delayed | None = None
        self._steps = -1
        self._moved_at = 0.0
        self._content_began_at = 0.0

    # What Twisted calls ---------------------------------------------------------------------------------------------

    def connectionMade(self) -> None:
        """Greets the client."""
        self._seen = self._peer.source or self.transport.getPeer()
        self.transport.setTcpNoDelay(True)
        self.transport.registerProducer(self, True)
        self._timer = self._clock.callLater(self._limits.silence_seconds, self._look_at_the_clock)
        if self._peer.is_early or has_spoken(self.transport.getHandle()):
            self._note_early_talker()
        self._settle()

    def dataReceived(self, data: bytes) -> None:
        """Takes octets, and does what they ask."""
        if self._is_closing:
            return
        self._session.receive(data)
        if self._is_busy:
            self._choose_reading()
        else:
            self._run()

    def _note_early_talker(self) -> None:
        self.log.info("smtp.early-talker", client=self._client().address, refused=self._limits.refuses_early_talkers)
        if self._limits.refuses_early_talkers:
            self._session.octets_to_send()
            self._session.end(reply.EARLY_TALKER)
            self._close()

    def readConnectionLost(self) -> None:
        """The client says no more, and may still listen: what it did say is answered, then the connection ends."""
        self._is_input_over = True
        if not self._is_busy:
            self._close()

    def writeConnectionLost(self) -> None:
        """Nothing to do: this side is never closed alone."""

    def connectionLost(self, reason: Failure | None = None) -> None:
        """Forgets everything, save a message that is being decided."""
        self._is_lost = self._is_closing = True
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._place.leave()
        if not self._is_busy:
            self._drop_spool()
        self._safely(self._conversation.lost)
        self._when_lost(self)

    def pauseProducing(self) -> None:
        """Stops reading: the client does not take our replies."""
        self._is_client_slow = True
        self._choose_reading()

    def resumeProducing(self) -> None:
        """Reads on: our replies have gone out."""
        self._is_client_slow = False
        self._choose_reading()

    def stopProducing(self) -> None:
        """Nothing to do: `connectionLost` follows."""

    # What the listener calls ----------------------------------------------------------------------------------------

    def drain(self) -> None:
        """Ends the session as soon as no message is under way."""
        self._session.drain()
        if not self._is_busy:
            self._run()

    def abort(self) -> None:
        """Cuts the connection now."""
        self.transport.abortConnection()

    # Events ---------------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        self._is_busy = True
        at_once(self._advance(), self._break_down)

    async def _advance(self) -> None:
        while not self._is_lost and (event := self._session.next_event()) is not None:
            await self._serve(event)
        self._is_busy = False
        if self._is_lost:
            self._drop_spool()
        else:
            self._settle()

    async def _serve(self, event: Event) -> None:
        match event:
            case MailGiven(reverse_path, parameters):
                asked = self._conversation.mail(self._client(), reverse_path, parameters)
                self._session.answer(await self._answer_of(asked))
            case RecipientGiven(recipient):
                if self._surroundings.traffic.takes_recipient(self._peer.key):
                    asked = self._conversation.recipient(recipient, self._session.recipients)
                    self._session.answer(await self._answer_of(asked))
                else:
                    self._session.answer(reply.CLIENT_RATE)
            case DataAsked():
                self._session.answer(self._begin_data())
            case ContentOctets(octets):
                self._keep(octets)
            case MessageEnded():
                self._session.answer(await self._decide())
            case TransactionDropped():
                self._forget_transaction()
            case StartTlsAsked():
                self._start_tls()
            case SessionEnded():
                self._close()
            case _:
                assert_never(event)

    async def _answer_of(self, asked: Awaitable[Reply]) -> Reply:
        try:
            return await asked
        except Exception:
            self.log.failure("a question of the SMTP session failed; answered 451")
            return reply.INTERNAL_ERROR

    def _begin_data(self) -> Reply:
        try:
            granted = self._conversation.begin_data()
        except Exception:
            self.log.failure("no spool for a message; answered 451")
            return reply.INTERNAL_ERROR
        if isinstance(granted, Reply):
            return granted
        self._spool = granted
        self._moved_at = self._content_began_at = self._clock.seconds()
        if self._surroundings.traffic.is_stressed:
            self._restart_timer(self._limits.stress_start_seconds, self._look_at_the_clock)
        return reply.START_DATA

    def _keep(self, octets: bytes) -> None:
        if self._spool is None:
            return
        try:
            self._spool.write(octets)
        except SpoolFull:
            self._give_up_content(reply.DISK_FULL)
        except Exception:
            self.log.failure("a spool failed while a message arrived; answered 451")
            self._give_up_content(reply.INTERNAL_ERROR)

    def _give_up_content(self, refusal: Reply) -> None:
        self._session.refuse_content(refusal)
        self._drop_spool()

    async def _decide(self) -> Reply:
        """Hands the message over. From here on the spool is the conversation's."""
        spool, self._spool = self._spool, None
        if spool is None:
            raise RuntimeError("a message ended that has no spool")
        self._send()
        now = datetime.now(UTC)
        session = self._session
        envelope = Envelope(
            new_transaction_id(now),
            self._client(),
            session.reverse_path or ReversePath(""),
            tuple(session.recipients),
            session.parameters.is_eight_bit,
            session.parameters.is_smtputf8,
            now,
            session.arrival.has_bare_line_ends,
            session.parameters.requires_tls,
            session.parameters.dsn,
        )
        try:
            spool.freeze()
        except Exception:
            self.log.failure("a spool could not be closed; answered 451")
            spool.close()
            return reply.INTERNAL_ERROR
        return await self._answer_of(self._conversation.message(envelope, spool))

    def _client(self) -> Client:
        """Who speaks, or whom a trusted peer speaks for."""
        seen, session, claim = self._seen, self._session, self._session.claim
        return Client(
            claim.address or seen.host,
            seen.port if claim.port is None else claim.port,
            claim.helo or session.helo,
            session.is_esmtp if claim.is_esmtp is None else claim.is_esmtp,
            self._tls_version(),
        )

    def _tls_version(self) -> str | None:
        if not self._session.is_tls:
            return None
        return str(self.transport.getHandle().get_protocol_version_name())

    def _forget_transaction(self) -> None:
        self._drop_spool()
        self._safely(self._conversation.reset)

    def _drop_spool(self) -> None:
        spool, self._spool = self._spool, None
        if spool is not None:
            spool.close()

    def _safely(self, told: Callable[[], None]) -> None:
        """Tells the conversation something that has no answer; its failure is logged, and changes nothing here."""
        try:
            told()
        except Exception:
            self.log.failure("a conversation failed to forget its transaction")

    # The socket -----------------------------------------------------------------------------------------------------

    def _send(self) -> None:
        octets = self._session.octets_to_send()
        if octets:
            self.transport.write(octets)

    def _settle(self) -> None:
        """What is done whenever there is nothing more to do: send, note the time, read on."""
        if self._is_closing:
            return
        steps = self._session.steps - max(self._steps, 0)
        if not self._surroundings.traffic.takes_commands(self._peer.key, steps):
            self._session.end(reply.TOO_MANY_COMMANDS)
            self._close()
            return
        if self._is_input_over:
            self._close()
            return
        self._send()
        if self._session.steps != self._steps or self._session.is_in_content:
            self._steps = self._session.steps
            self._moved_at = self._clock.seconds()
        if self._session.is_in_content and self._session.arrival.octets >= self._limits.unhurried_octets:
            # Chunks may come for nobody; they are read and dropped.
            self._place.wait(next((recipient.domain for recipient in self._session.recipients), ""))
        elif steps > self._limits.unhurried_steps:
            self._place.wait(self._peer.key)
        self._choose_reading()

    def _read_on(self, waited_seconds: float) -> None:
        self._moved_at = self._clock.seconds()
        self._content_began_at += waited_seconds
        self._choose_reading()

    def _choose_reading(self) -> None:
        is_full = self._is_busy and self._session.buffered_octets > self._limits.buffered_octets
        must_pause = (is_full or self._place.is_waiting or self._is_client_slow) and not self._is_closing
        if must_pause and not self._is_paused:
            self._is_paused = True
            self.transport.pauseProducing()
        elif self._is_paused and not must_pause and not self._is_input_over:
            self._is_paused = False
            self.transport.resumeProducing()

    def _start_tls(self) -> None:
        self._forget_transaction()
        self._send()
        self.transport.startTLS(self._surroundings.tls_context_factory)

    def _close(self) -> None:
        """Sends the last words and closes; a client that does not take them is cut off after a while."""
        if self._is_closing:
            return
        self._send()
        self._is_closing = True
        self._place.leave()
        self._drop_spool()
        self._restart_timer(self._limits.closing_seconds, self.abort)
        self.transport.unregisterProducer()
        self.transport.loseConnection()

    def _break_down(self, failure: Failure) -> None:
        """Ends a session that met a bug of ours; the client may try again."""
        self.log.failure("an SMTP session broke down; answered 451", failure=failure)
        self._is_busy = False
        self._drop_spool()
        if not self._is_lost:
            self._session.end(reply.INTERNAL_ERROR)
            self._close()

    # The clock ------------------------------------------------------------------------------------------------------

    def _restart_timer(self, seconds: float, call: Callable[[], None]) -> None:
        if self._timer is not None and self._timer.active():
            self._timer.cancel()
        self._timer = self._clock.callLater(max(seconds, 0.0), call)

    def _look_at_the_clock(self) -> None:
        """Ends the session when its time is up; otherwise looks again when it might be.

        One timer for each connection that is set anew only when it rings: cheaper than one for each command. It rings
        at least as often as the shortest limit could end.
        """
        now = self._clock.seconds()
        deadline, last = self._deadline()
        is_ours = self._is_busy or self._place.is_waiting
        if is_ours or now < deadline:
            wait = self._limits.silence_seconds if is_ours else deadline - now
            self._restart_timer(min(wait, self._limits.silence_seconds), self._look_at_the_clock)
            return
        self._session.end(last)
        self._close()

    def _deadline(self) -> tuple[float, Reply]:
        limits = self._limits
        if not self._session.is_in_content:
            return self._moved_at + limits.command_seconds, reply.COMMAND_TIMEOUT
        silence = self._moved_at + limits.silence_seconds
        arrived = self._session.arrival.octets + self._session.buffered_octets
        expected_seconds = arrived / limits.least_octets_a_second
        is_stressed = self._surroundings.traffic.is_stressed
        patience = limits.stress_start_seconds if is_stressed else limits.slow_start_seconds
        pace = self._content_began_at + patience + expected_seconds
        return min((silence, reply.COMMAND_TIMEOUT), (pace, reply.TOO_SLOW), key=lambda pair: pair[0])
