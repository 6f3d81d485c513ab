"""The SMTP session as a machine: octets in, events and octets to send out. Pure: no socket, no clock, no threads.

Two rules (h11's): everything that changes the state of a session is in this file, and this file knows nothing of what
is done with the events. Whoever drives it calls `receive`, then `next_event` until that gives None, and sends
`octets_to_send`. Some events are questions (`MailGiven`, `RecipientGiven`, `DataAsked`, `MessageEnded`): nothing
further is read before `answer`. The same octets give the same events, however they are split.

The states, and which command belongs in which, stand in `states.py`.

Standards: RFC 5321 sections 3 and 4.1; RFC 2920 (replies may be grouped); RFC 3030 (BDAT); RFC 3207 section 4.2 (state
after STARTTLS).
Failure: whatever a client sends is answered or ends the session with 421. Content that is too large, or has a bare CR
or LF over DATA, is read to its true end, kept no further, and refused; so is a chunk that belongs nowhere: no octet of
it is ever read as a command.
Limits: `limits.Limits`. A 4xx never counts as an error, nor do the commands that a pipelining client sent behind it.
"""

from collections.abc import Sequence
from typing import assert_never

from mx import reply
from mx.envelope import Recipient, ReversePath
from mx.reply import Reply
from mx.smtp.answers import Answers
from mx.smtp.arrival import Arrival, Chunk
from mx.smtp.events import (
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
from mx.smtp.extensions import NO_PARAMETERS, Offer
from mx.smtp.grammar import SIMPLE, Bdat, Command, Hello, Mail, Rcpt, Verb, XClient, parse, refusal_of
from mx.smtp.limits import Limits
from mx.smtp.octets import Line, OctetReader
from mx.smtp.questions import mail_question, recipient_question
from mx.smtp.states import IN_CONTENT, IN_TRANSACTION, State, is_in_order
from mx.smtp.xclient import Claim, read_claim


class Session:
    """One SMTP session. What it knows of the client and the transaction can be read; only its methods change it."""

    def __init__(self, hostname: str, limits: Limits, can_start_tls: bool, can_xclient: bool = False) -> None:
        self.helo = ""
        self.is_esmtp = False
        self.is_tls = False
        self.reverse_path: ReversePath | None = None
        self.parameters = NO_PARAMETERS
        self.claim = Claim()
        """What a trusted peer says of the client it speaks for."""
        self.steps = 0
        """Grows with each command read and each answer given: how a clock sees that the session moves."""
        self._limits = limits
        self._can_start_tls, self._can_xclient = can_start_tls, can_xclient
        self._state = State.NEW
        self._reader = OctetReader()
        self._answers = Answers(hostname, limits.permanent_errors)
        self._answers.greet()
        self._question: Question | None = None
        self._recipients: list[Recipient] = []
        self._arrival = Arrival(limits.message_octets)
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
    def is_in_content(self) -> bool:
        """Whether what comes next are octets of a message."""
        return self._state in IN_CONTENT

    @property
    def arrival(self) -> Arrival:
        """The content of the message under way: to be looked at."""
        return self._arrival

    @property
    def buffered_octets(self) -> int:
        """How much has been received and not been read."""
        return len(self._reader)

    def receive(self, octets: bytes) -> None:
        """Takes octets as they came off the wire."""
        if self._state is not State.ENDED:
            self._reader.feed(octets)

    def octets_to_send(self) -> bytes:
        """The octets for the client since the last call."""
        return self._answers.take()

    def next_event(self) -> Event | None:
        """The next event; None until more is received or the last question is answered."""
        while self._question is None:
            if self._is_draining:
                self._drain_if_free()
            if self._state is State.ENDED:
                return self._tell_end()
            event: Event | None
            if self._arrival.is_over:
                event = self._end_content()
            elif self._state is State.CONTENT:
                piece = self._reader.content()
                if piece is None:
                    return None
                event = self._arrival.take(piece)
            elif (chunk := self._arrival.chunk) is not None:
                octets = self._reader.chunk(chunk.left)
                if octets is None:
                    return None
                event = self._arrival.take_of_chunk(octets, chunk)
            else:
                line = self._reader.line(self._limits.command_line_octets)
                if line is None:
                    return None
                self.steps += 1
                event = self._read(line)
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
            case DataAsked() if (chunk := self._arrival.chunk) is not None and answer.code != 421:
                self._begin_chunk(chunk, None if answer == reply.START_DATA else answer)
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
        if self._is_draining:
            self._drain_if_free()

    def refuse_content(self, refusal: Reply) -> None:
        """Gives up the message whose content is arriving (no room for it): the rest is read and dropped."""
        self._arrival.refuse(refusal)

    def end(self, last: Reply) -> None:
        """Ends the session with this reply, whatever it is doing; an open question needs no answer any more."""
        if self._state is not State.ENDED:
            self._say(last)
            self._question = None
            self._state = State.ENDED

    def drain(self) -> None:
        """Ends the session as soon as no message is under way."""
        self._is_draining = True
        self._drain_if_free()

    def _drain_if_free(self) -> None:
        if self._question is None and not self.is_in_content:
            self.end(reply.SHUTTING_DOWN)

    def _tell_end(self) -> Event | None:
        if self._has_told_end:
            return None
        self._has_told_end = True
        self._reader.clear()
        return SessionEnded()

    def _read(self, line: Line) -> Event | None:
        command = refusal_of(line.flaw) if line.flaw else parse(line.octets)
        if isinstance(command, Reply):
            return self._refuse(command)
        if isinstance(command, Bdat):
            return self._bdat(command)
        if not is_in_order(command, self._state):
            return self._refuse_order(command)
        match command:
            case Hello():
                return self._greet(command)
            case Mail():
                return self._mail(command)
            case Rcpt():
                return self._rcpt(command)
            case XClient():
                return self._xclient(command)
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
            case Verb.QUIT:
                self.end(reply.BYE)
            case Verb.NOOP | Verb.HELP | Verb.VRFY:
                self._say(SIMPLE[verb])
            case _:
                assert_never(verb)
        return None

    def _greet(self, hello: Hello) -> Event | None:
        self.helo, self.is_esmtp = hello.name, hello.is_esmtp
        sizes = self._limits.message_octets, self._limits.recipients
        offer = Offer(*sizes, self._can_start_tls, self.is_tls, self._can_xclient)
        self._answers.answer_hello(offer if hello.is_esmtp else None)
        dropped = self._drop()
        self._state = State.READY
        return dropped

    def _mail(self, mail: Mail) -> Event | None:
        self._answers.was_put_off = False
        return self._ask_or_refuse(mail_question(mail, self._limits.message_octets, is_tls=self.is_tls))

    def _rcpt(self, rcpt: Rcpt) -> Event | None:
        taken, most = len(self._recipients), self._limits.recipients
        return self._ask_or_refuse(recipient_question(rcpt, self.parameters, taken, most))

    def _xclient(self, command: XClient) -> Event | None:
        """Whatever was said before was said by the peer; the client whom it speaks for begins anew."""
        if not self._can_xclient:
            return self._refuse(reply.NOT_OFFERED)
        claim = read_claim(command.arguments, self.claim)
        if claim is None:
            return self._refuse(reply.BAD_ARGUMENTS)
        self.claim, self.helo, self.is_esmtp = claim, "", False
        self._answers.greet()
        self._state = State.NEW
        return None

    def _data(self) -> Event | None:
        if self._recipients:
            return self._ask(DataAsked())
        if self._answers.was_put_off:
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

    def _begin_content(self) -> None:
        self._arrival = Arrival(self._limits.message_octets)
        self._reader.begin_content()
        self._state = State.CONTENT

    def _end_content(self) -> Event | None:
        self._arrival.is_over = False
        if self._arrival.chunk is not None:
            return self._end_chunk(self._arrival.chunk)
        if self._arrival.refusal is None:
            return self._ask(MessageEnded())
        self._say(self._arrival.refusal)
        return self._drop()

    def _bdat(self, command: Bdat) -> Event | None:
        """Its octets follow in any case: a chunk that cannot be used is read and dropped."""
        chunk = Chunk(command.octets, command.is_last, self._state, command.octets)
        if not is_in_order(command, self._state):
            self._begin_chunk(chunk, reply.BAD_SEQUENCE)
        elif not self._recipients:
            self._begin_chunk(chunk, reply.NO_RECIPIENTS)
        elif self._state is State.OPEN:
            self._arrival = Arrival(self._limits.message_octets, chunk)
            return self._ask(DataAsked())
        else:
            self._begin_chunk(chunk, None)
        return None

    def _begin_chunk(self, chunk: Chunk, refusal: Reply | None) -> None:
        early = self._arrival.begin_chunk(chunk, refusal)
        if early is not None:
            self._say(early)
        self._state = State.CHUNK

    def _end_chunk(self, chunk: Chunk) -> Event | None:
        self._arrival.chunk = None
        refusal = chunk.refusal or self._arrival.refusal
        if refusal is not None:
            return self._refuse_chunk(chunk, refusal)
        if chunk.is_last:
            return self._ask(MessageEnded())
        self._say(reply.CHUNK_TAKEN)
        self._state = State.CHUNKED
        return None

    def _refuse_chunk(self, chunk: Chunk, refusal: Reply) -> Event | None:
        """The transaction is over with it; the chunks that were pipelined behind it are no errors."""
        self._state = chunk.state_before
        if not chunk.is_answered:
            self._refuse_pipelined(refusal)
        if self._state is State.ENDED:
            return None
        dropped = self._drop()
        self._answers.was_put_off = True
        return dropped

    def _ask(self, question: Question) -> Event:
        self._question = question
        return question

    def _ask_or_refuse(self, found: Question | Reply) -> Event | None:
        return self._refuse(found) if isinstance(found, Reply) else self._ask(found)

    def _say(self, answer: Reply) -> None:
        self._answers.say(answer)

    def _say_to_command(self, answer: Reply) -> None:
        if self._answers.has_enough(answer):
            self.end(reply.TOO_MANY_ERRORS)

    def _refuse(self, refusal: Reply) -> Event | None:
        """Refuses a command. There is no event; the result is what the caller has to return."""
        if refusal.code == 421:
            self.end(refusal)
        else:
            self._say_to_command(refusal)
        return None

    def _refuse_order(self, command: Command) -> Event | None:
        is_pipelined = isinstance(command, Rcpt) or command is Verb.DATA
        return self._refuse_pipelined(reply.BAD_SEQUENCE) if is_pipelined else self._refuse(reply.BAD_SEQUENCE)

    def _refuse_pipelined(self, refusal: Reply) -> Event | None:
        """What was pipelined behind something that was put off is no error of the client's."""
        if self._answers.was_put_off and self._state is State.READY:
            self._say(refusal)
            return None
        return self._refuse(refusal)

    def _open(self, mail: MailGiven) -> None:
        if self._state is State.READY:
            self.reverse_path, self.parameters = mail.reverse_path, mail.parameters
            self._recipients = []
            self._state = State.OPEN

    def _drop(self) -> Event | None:
        was_open = self._state in IN_TRANSACTION
        self._forget()
        return TransactionDropped() if was_open else None

    def _forget(self) -> None:
        """Forgets the transaction; a session that was greeted stays so."""
        self.reverse_path, self.parameters = None, NO_PARAMETERS
        self._recipients = []
        self._answers.was_put_off = False
        self._arrival = Arrival(self._limits.message_octets)
        if self._state in IN_TRANSACTION:
            self._state = State.READY
