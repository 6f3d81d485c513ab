"""The SMTP session as a machine: octets in, events and octets to send out. Pure: no socket, no clock, no threads.

Two rules (h11's): everything that changes the state of a session is in this file, and this file knows nothing of what
is done with the events. Whoever drives it calls `receive`, then `next_event` until that gives None, and sends
`octets_to_send`. Some events are questions (`MailGiven`, `RecipientGiven`, `DataAsked`, `MessageEnded`): nothing
further is read before `answer`. The same octets give the same events, however they are split.

    state      HELLO   MAIL   RCPT   DATA   STARTTLS   others
    NEW        READY   503    503    503    503        as they are
    READY      READY   OPEN   503    503    NEW        as they are
    OPEN       READY   503    OPEN   CONTENT (503 without a recipient)   NEW
    CONTENT    octets up to CRLF.CRLF, then READY
    ENDED      nothing is read any more

Standards: RFC 5321 sections 3 and 4.1; RFC 2920 (replies may be grouped); RFC 3207 section 4.2 (state after STARTTLS).
Failure: whatever a client sends is answered or ends the session with 421. Content that is too large, or has a bare CR
or LF, is read to its true end, kept no further, and refused.
Limits: `limits.Limits`. A 4xx never counts as an error, nor do the commands that a pipelining client sent behind it.
"""

from collections.abc import Mapping, Sequence
from enum import Enum, auto
from types import MappingProxyType
from typing import assert_never

from mx import reply
from mx.envelope import Recipient, ReversePath
from mx.reply import Reply
from mx.smtp.events import (
    ContentOctets,
    DataAsked,
    Event,
    MailGiven,
    MessageEnded,
    Question,
    RecipientGiven,
    SessionEnded,
    StartTlsAsked,
    TransactionDropped,
)
from mx.smtp.extensions import MailParameters, mail_parameters, offered
from mx.smtp.grammar import Command, Hello, Mail, Rcpt, Verb, parse
from mx.smtp.limits import Limits
from mx.smtp.octets import OctetReader, Piece


class State(Enum):
    """Where a session is; the table is in the module's docstring."""

    NEW = auto()
    READY = auto()
    OPEN = auto()
    CONTENT = auto()
    ENDED = auto()


_GREETED = frozenset({State.READY, State.OPEN})
_ALLOWED_IN: Mapping[object, frozenset[State]] = MappingProxyType(
    {
        Mail: frozenset({State.READY}),
        Rcpt: frozenset({State.OPEN}),
        Verb.DATA: frozenset({State.OPEN}),
        Verb.STARTTLS: _GREETED,
    }
)


class Session:
    """One SMTP session. What it knows of the client and the transaction can be read; only its methods change it."""

    def __init__(self, hostname: str, limits: Limits, can_start_tls: bool) -> None:
        self.helo = ""
        self.is_esmtp = False
        self.is_tls = False
        self.reverse_path: ReversePath | None = None
        self.parameters = MailParameters()
        self.steps = 0
        """Grows with each command read and each answer given: how a clock sees that the session moves."""
        self._hostname = hostname
        self._limits = limits
        self._can_start_tls = can_start_tls
        self._state = State.NEW
        self._reader = OctetReader()
        self._outgoing: list[bytes] = [reply.banner(hostname).wire]
        self._question: Question | None = None
        self._recipients: list[Recipient] = []
        self._content_octets = 0
        self._content_refusal: Reply | None = None
        self._is_content_over = False
        self._errors = 0
        self._was_put_off = False  # this transaction met a 4xx: what is pipelined behind it is no error
        self._is_draining = False
        self._has_told_end = False

    @property
    def state(self) -> State:
        return self._state

    @property
    def recipients(self) -> Sequence[Recipient]:
        """The recipients accepted in this transaction."""
        return self._recipients

    @property
    def content_octets(self) -> int:
        """How much content has come in this transaction, the refused part included."""
        return self._content_octets

    @property
    def buffered_octets(self) -> int:
        """How much has been received and not been read."""
        return len(self._reader)

    # Octets ---------------------------------------------------------------------------------------------------------

    def receive(self, octets: bytes) -> None:
        """Takes octets as they came off the wire."""
        if self._state is not State.ENDED:
            self._reader.feed(octets)

    def octets_to_send(self) -> bytes:
        """The octets for the client since the last call."""
        octets = b"".join(self._outgoing)
        self._outgoing.clear()
        return octets

    # Events ---------------------------------------------------------------------------------------------------------

    def next_event(self) -> Event | None:
        """The next event; None until more is received or the last question is answered."""
        while self._question is None:
            if self._state is State.ENDED:
                return self._tell_end()
            event: Event | None
            if self._state is State.CONTENT:
                if self._is_content_over:
                    return self._end_content()
                piece = self._reader.content()
                if piece is None:
                    return None
                event = self._take(piece)
            else:
                line = self._reader.line(self._limits.command_line_octets)
                if line is None:
                    return None
                self.steps += 1
                event = self._refuse(reply.LINE_TOO_LONG) if line.is_too_long else self._read(line.octets)
            if event is not None:
                return event
        return None

    def answer(self, answer: Reply) -> None:
        """Answers the question that was the last event. A 421 ends the session; one that has ended hears nothing."""
        if self._state is State.ENDED:
            return
        question, self._question = self._question, None
        self.steps += 1
        match question:
            case None:
                raise RuntimeError("no question is open")
            case MailGiven():
                self._say_to_command(answer)
                if answer.is_positive:
                    self._open(question)
            case RecipientGiven():
                self._say_to_command(answer)
                if answer.is_positive:
                    self._recipients.append(question.recipient)
            case DataAsked():
                self._say_to_command(answer)
                if answer == reply.START_DATA:
                    self._begin_content()
            case MessageEnded():
                self._say(answer)
                self._forget()
            case _:
                assert_never(question)
        if answer.code == 421:
            self._state = State.ENDED
        elif self._is_draining and self._state is not State.CONTENT:
            self.end(reply.SHUTTING_DOWN)

    def refuse_content(self, refusal: Reply) -> None:
        """Gives up the message whose content is arriving (no room for it): the rest is read and dropped."""
        self._content_refusal = self._content_refusal or refusal

    def end(self, last: Reply) -> None:
        """Ends the session with this reply, whatever it is doing; an open question needs no answer any more."""
        if self._state is not State.ENDED:
            self._say(last)
            self._question = None
            self._state = State.ENDED

    def drain(self) -> None:
        """Ends the session as soon as no message is under way."""
        self._is_draining = True
        if self._question is None and self._state is not State.CONTENT:
            self.end(reply.SHUTTING_DOWN)

    def _tell_end(self) -> Event | None:
        if self._has_told_end:
            return None
        self._has_told_end = True
        self._reader.clear()
        return SessionEnded()

    # Commands -------------------------------------------------------------------------------------------------------

    def _read(self, line: bytes) -> Event | None:
        command = parse(line)
        if isinstance(command, Reply):
            return self._refuse(command)
        key = command if isinstance(command, Verb) else type(command)
        if self._state not in _ALLOWED_IN.get(key, (self._state,)):
            return self._refuse_order(command)
        match command:
            case Hello():
                return self._greet(command)
            case Mail():
                return self._mail(command)
            case Rcpt():
                return self._rcpt(command)
            case Verb():
                return self._obey(command)
            case _:
                assert_never(command)

    def _obey(self, verb: Verb) -> Event | None:
        match verb:
            case Verb.DATA:
                return self._data()
            case Verb.STARTTLS:
                return self._start_tls()
            case Verb.RSET:
                self._say(reply.OK)
                return self._drop()
            case Verb.NOOP:
                self._say(reply.OK)
            case Verb.HELP:
                self._say(reply.HELP)
            case Verb.VRFY:
                self._say(reply.CANNOT_VERIFY)
            case Verb.QUIT:
                self.end(reply.BYE)
            case Verb.BDAT:
                # CHUNKING is not offered, and what follows is a chunk: not one octet of it may be read as a command.
                self._say(reply.NOT_OFFERED)
                self.end(reply.UNEXPECTED_OCTETS)
            case _:
                assert_never(verb)
        return None

    def _greet(self, hello: Hello) -> Event | None:
        self.helo, self.is_esmtp = hello.name, hello.is_esmtp
        if hello.is_esmtp:
            keywords = offered(self._limits.message_octets, self._can_start_tls and not self.is_tls)
            self._outgoing.append(reply.ehlo_wire(self._hostname, keywords))
        else:
            self._say(reply.helo(self._hostname))
        dropped = self._drop()
        self._state = State.READY
        return dropped

    def _mail(self, mail: Mail) -> Event | None:
        self._was_put_off = False
        parameters = mail_parameters(mail.words, self._limits.message_octets)
        if isinstance(parameters, Reply):
            return self._refuse(parameters)
        if not parameters.is_smtputf8 and not mail.reverse_path.address.isascii():
            return self._refuse(reply.NEEDS_SMTPUTF8)
        return self._ask(MailGiven(mail.reverse_path, parameters))

    def _rcpt(self, rcpt: Rcpt) -> Event | None:
        if rcpt.words:
            return self._refuse(reply.UNKNOWN_PARAMETER)
        if not self.parameters.is_smtputf8 and not rcpt.recipient.address.isascii():
            return self._refuse(reply.NEEDS_SMTPUTF8)
        if len(self._recipients) >= self._limits.recipients:
            return self._refuse(reply.TOO_MANY_RECIPIENTS)
        return self._ask(RecipientGiven(rcpt.recipient))

    def _data(self) -> Event | None:
        if self._recipients:
            return self._ask(DataAsked())
        if self._was_put_off:
            self._say(reply.NO_RECIPIENTS)
            return None
        return self._refuse(reply.NO_RECIPIENTS)

    def _start_tls(self) -> Event | None:
        if self.is_tls:
            return self._refuse(reply.BAD_SEQUENCE)
        if not self._can_start_tls:
            return self._refuse(reply.NOT_OFFERED)
        if len(self._reader):
            # Plain text behind STARTTLS was put there by somebody in the middle, to be believed inside TLS.
            self.end(reply.UNEXPECTED_OCTETS)
            return None
        self._say(reply.READY_FOR_TLS)
        self._forget()
        self.helo, self.is_esmtp, self.is_tls = "", False, True
        self._state = State.NEW
        return StartTlsAsked()

    # Content --------------------------------------------------------------------------------------------------------

    def _begin_content(self) -> None:
        self._content_octets = 0
        self._content_refusal = None
        self._is_content_over = False
        self._reader.begin_content()
        self._state = State.CONTENT

    def _take(self, piece: Piece) -> Event | None:
        """Reads on after a refusal too: the end of data is where it is, not where the message became unwanted."""
        self._is_content_over = piece.is_last
        self._content_octets += len(piece.octets)
        if piece.has_bare_line_end:
            self.refuse_content(reply.BARE_LINE_END)
        if self._content_octets > self._limits.message_octets:
            self.refuse_content(reply.TOO_LARGE)
        return ContentOctets(piece.octets) if self._content_refusal is None else None

    def _end_content(self) -> Event | None:
        if self._content_refusal is None:
            return self._ask(MessageEnded())
        self._say(self._content_refusal)
        dropped = self._drop()
        if self._is_draining:
            self.end(reply.SHUTTING_DOWN)
        return dropped

    # Words and state ------------------------------------------------------------------------------------------------

    def _ask(self, question: Question) -> Event:
        self._question = question
        return question

    def _say(self, answer: Reply) -> None:
        self._outgoing.append(answer.wire)

    def _say_to_command(self, answer: Reply) -> None:
        """Gives a reply to a command; a 5xx counts against the client, a 4xx excuses what it pipelined behind."""
        self._say(answer)
        if answer.is_permanent:
            self._errors += 1
            if self._errors >= self._limits.permanent_errors:
                self.end(reply.TOO_MANY_ERRORS)
        elif answer.is_transient:
            self._was_put_off = True

    def _refuse(self, refusal: Reply) -> Event | None:
        """Refuses a command. There is no event; the result is what the caller has to return."""
        if refusal.code == 421:
            self.end(refusal)
        else:
            self._say_to_command(refusal)
        return None

    def _refuse_order(self, command: Command) -> Event | None:
        is_pipelined = isinstance(command, Rcpt) or command is Verb.DATA
        if is_pipelined and self._was_put_off and self._state is State.READY:
            self._say(reply.BAD_SEQUENCE)
            return None
        return self._refuse(reply.BAD_SEQUENCE)

    def _open(self, mail: MailGiven) -> None:
        if self._state is State.READY:
            self.reverse_path, self.parameters = mail.reverse_path, mail.parameters
            self._recipients = []
            self._state = State.OPEN

    def _drop(self) -> Event | None:
        was_open = self._state in (State.OPEN, State.CONTENT)
        self._forget()
        return TransactionDropped() if was_open else None

    def _forget(self) -> None:
        """Forgets the transaction; a session that was greeted stays so."""
        self.reverse_path, self.parameters = None, MailParameters()
        self._recipients = []
        self._was_put_off = False
        self._is_content_over = False
        if self._state in (State.OPEN, State.CONTENT):
            self._state = State.READY
