"""One connection on a test transport: dialogs, failures, back-pressure."""

import errno
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from twisted.internet.task import Clock
from twisted.logger import globalLogPublisher

from mx import reply
from mx.envelope import Client, Recipient
from mx.reply import Reply
from mx.smtp.limits import Limits
from mx.smtp.reading_turns import ReadingTurns
from mx.smtp.surroundings import Peer
from mx.spool import Spool, SpoolFull
from tests.contracts.connecting import ENVELOPE, connect
from tests.contracts.dialogs import Dialog, dialogs, hold
from tests.contracts.receiving import DecidingConversation, KeepingConversation, Taken


@pytest.fixture
def logged() -> Iterator[list[str]]:
    """The failures that are logged while a test runs."""
    events: list[str] = []

    def observe(event: dict[str, object]) -> None:
        if event.get("log_failure") is not None:
            events.append(str(event["log_format"]))

    globalLogPublisher.addObserver(observe)
    yield events
    globalLogPublisher.removeObserver(observe)


def raising(where: str, error: Exception) -> Callable[[str], Reply | None]:
    """Trouble of a conversation: this error, there."""

    def trouble(asked: str) -> Reply | None:
        if asked == where:
            raise error
        return None

    return trouble


@pytest.mark.parametrize("dialog", dialogs(), ids=lambda dialog: dialog.name)
def test_a_dialog_is_held_over_the_transport(dialog: Dialog) -> None:
    """The same files that the machine is tested with."""
    connection = connect()
    closed = lambda: connection.transport.disconnecting  # noqa: E731
    hold(dialog, connection.exchange, closed, lambda: len(connection.conversation.taken))


def test_a_message_reaches_the_conversation_with_its_envelope() -> None:
    """All that SMTP told, and the octets as they were meant."""
    connection = connect()
    connection.exchange(ENVELOPE.replace(b"example>\r\nRCPT", b"example> BODY=8BITMIME SMTPUTF8\r\nRCPT"))
    connection.exchange(b"Subject: x\r\n\r\n..dot\r\n.\r\n")
    conversation = connection.conversation
    assert conversation.taken == [Taken("a@s.example", ("b@valid.example",), b"Subject: x\r\n\r\n.dot\r\n")]
    envelope = conversation.envelopes[0]
    peer = connection.transport.getPeer()
    assert envelope.client == Client(peer.host, peer.port, "c.example", is_esmtp=True, tls=None)
    assert (envelope.is_eight_bit, envelope.is_smtputf8, len(envelope.transaction)) == (True, True, 23)
    assert envelope.recipients == (Recipient("b@valid.example"),)
    assert envelope.received_at.tzinfo is not None


def test_replies_to_commands_that_came_together_leave_together() -> None:
    """RFC 2920: one write for one read."""
    connection = connect()
    writes: list[bytes] = []
    connection.transport.write = writes.append  # type: ignore[method-assign]
    connection.exchange(ENVELOPE)
    assert len(writes) == 1


@pytest.mark.parametrize(
    ("where", "sent", "codes"),
    [
        ("mail", b"MAIL FROM:<>\r\nNOOP\r\n", [451, 250]),
        ("recipient", b"MAIL FROM:<>\r\nRCPT TO:<b@valid.example>\r\nNOOP\r\n", [250, 451, 250]),
        ("begin_data", ENVELOPE[16:] + b"NOOP\r\n", [250, 250, 451, 250]),
        ("message", ENVELOPE[16:] + b"x\r\n.\r\nNOOP\r\n", [250, 250, 354, 451, 250]),
        ("reset", b"MAIL FROM:<>\r\nRSET\r\nNOOP\r\n", [250, 250, 250]),
    ],
)
def test_an_exception_of_the_conversation_is_logged_once_and_answered_451(
    where: str, sent: bytes, codes: list[int], logged: list[str]
) -> None:
    """The client learns nothing of it, and the session goes on."""
    connection = connect(conversation=KeepingConversation(raising(where, ZeroDivisionError("secret"))))
    connection.exchange(b"EHLO c.example\r\n")
    answer = connection.exchange(sent)
    assert [int(line[:3]) for line in answer.splitlines()] == codes
    assert b"secret" not in answer
    assert len(logged) == 1
    assert not connection.transport.disconnecting


def test_an_exception_of_lost_is_logged_and_the_connection_is_forgotten(logged: list[str]) -> None:
    """The listener's count stays right."""
    connection = connect(conversation=KeepingConversation(raising("lost", ZeroDivisionError())))
    connection.lose()
    assert connection.lost == [connection.protocol]
    assert len(logged) == 1


def test_a_bug_in_the_machine_ends_the_session_with_451(monkeypatch: pytest.MonkeyPatch, logged: list[str]) -> None:
    """Never a traceback, never a connection that hangs."""
    connection = connect()
    connection.exchange(ENVELOPE)
    spool = connection.conversation.spools[0]
    monkeypatch.setattr(connection.protocol._session, "next_event", lambda: 1 // 0)
    assert connection.exchange(b"x\r\n") == reply.INTERNAL_ERROR.wire
    assert connection.transport.disconnecting
    assert len(logged) == 1
    with pytest.raises(ValueError, match="frozen"):
        spool.write(b"x")


@pytest.mark.parametrize(
    ("error", "answer"),
    [
        (SpoolFull(errno.ENOSPC, "full"), reply.DISK_FULL),
        (OSError(errno.EIO, "broken"), reply.INTERNAL_ERROR),
    ],
)
def test_a_spool_that_fails_is_answered_at_the_end_of_the_content(
    error: OSError, answer: Reply, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest is read and dropped, and the session goes on."""
    connection = connect()
    connection.exchange(ENVELOPE)

    def fail(self: Spool, octets: bytes) -> None:
        raise error

    monkeypatch.setattr(Spool, "write", fail)
    assert connection.exchange(b"x" * 200_000) == b""
    monkeypatch.undo()
    with pytest.raises(ValueError, match="frozen"):  # its room is given back at once
        connection.conversation.spools[0].write(b"x")
    assert connection.exchange(b"\r\n.\r\nNOOP\r\n") == answer.wire + reply.OK.wire
    assert connection.conversation.taken == []
    assert connection.conversation.told == ["reset"]


@pytest.mark.parametrize("content", [b"a\nb\r\n.\r\n", b"x" * 70_000 + b"\n\r\n.\r\n"])
def test_a_refused_message_leaves_no_open_spool(content: bytes) -> None:
    """Its octets are forgotten at once."""
    connection = connect()
    connection.exchange(ENVELOPE)
    assert connection.exchange(content) == reply.BARE_LINE_END.wire
    with pytest.raises(ValueError, match="frozen"):
        connection.conversation.spools[0].write(b"x")


def test_a_client_that_goes_away_inside_the_content_leaves_nothing() -> None:
    """No message, no spool, no timer."""
    connection = connect()
    connection.exchange(ENVELOPE + b"half")
    connection.lose()
    assert connection.conversation.taken == []
    assert connection.conversation.told == ["lost"]
    assert connection.clock.getDelayedCalls() == []
    with pytest.raises(ValueError, match="frozen"):
        connection.conversation.spools[0].write(b"x")


def test_a_client_that_goes_away_does_not_cancel_the_decision() -> None:
    """What was being decided is carried out; what the client had pipelined behind it is not run."""
    conversation = DecidingConversation()
    connection = connect(conversation=conversation)
    heard = connection.exchange(ENVELOPE + b"x\r\n.\r\nMAIL FROM:<next@s.example>\r\n")
    assert heard.endswith(reply.START_DATA.wire)
    connection.lose()
    assert conversation.told == ["lost"]
    assert not conversation.is_decided
    conversation.decision.callback(reply.message_taken("id"))
    assert conversation.is_decided
    assert len(conversation.clients) == 1
    assert connection.exchange(b"") == b""
    assert connection.clock.getDelayedCalls() == []


def test_a_client_that_only_listens_any_more_hears_the_answer() -> None:
    """It closed its side behind the dot and a QUIT: all of that is answered, in order, and then the connection ends."""
    conversation = DecidingConversation()
    connection = connect(conversation=conversation)
    connection.exchange(ENVELOPE + b"x\r\n.\r\nNOOP\r\nQUIT\r\n")
    connection.protocol.readConnectionLost()
    connection.protocol.readConnectionLost()
    assert not connection.transport.disconnecting
    taken = reply.message_taken("id")
    conversation.decision.callback(taken)
    assert connection.exchange(b"") == taken.wire + reply.OK.wire + reply.BYE.wire
    assert connection.transport.disconnecting


@pytest.mark.parametrize("content", [b"", ENVELOPE, ENVELOPE + b"half\r\n", ENVELOPE + b"half\r\n."])
def test_a_client_that_closes_its_side_early_is_closed_and_nothing_is_taken(content: bytes) -> None:
    """An end of data that did not come is never made up."""
    connection = connect()
    connection.exchange(content)
    connection.protocol.readConnectionLost()
    assert connection.transport.disconnecting
    assert connection.exchange(b"") == b""
    assert connection.conversation.taken == []


def test_a_connection_whose_input_is_over_is_not_read_again() -> None:
    """A client that closed its side while it was held back: nobody asks the socket for more."""
    conversation = DecidingConversation()
    connection = connect(replace(Limits(), buffered_octets=10), conversation)
    connection.exchange(ENVELOPE + b"x\r\n.\r\n")
    connection.exchange(b"NOOP\r\n" * 10)
    connection.protocol.readConnectionLost()
    conversation.decision.callback(reply.message_taken("id"))
    assert connection.exchange(b"").count(reply.OK.wire) == 10
    assert connection.transport.producerState == "paused"
    assert connection.transport.disconnecting


def test_reading_stops_while_too_much_waits_for_an_answer() -> None:
    """A client that pipelines megabytes behind its message is held back, and heard later."""
    conversation = DecidingConversation()
    connection = connect(replace(Limits(), buffered_octets=1000, unhurried_steps=999), conversation)
    connection.exchange(ENVELOPE + b"x\r\n.\r\n")
    connection.exchange(b"NOOP\r\n" * 100)
    assert connection.transport.producerState == "producing"
    connection.exchange(b"NOOP\r\n" * 100)
    assert connection.transport.producerState == "paused"
    conversation.decision.callback(reply.message_taken("id"))
    assert connection.transport.producerState == "producing"
    assert connection.exchange(b"").count(reply.OK.wire) == 200


def test_reading_stops_while_the_client_does_not_take_our_replies() -> None:
    """Twisted tells when its buffer is full."""
    connection = connect()
    connection.protocol.pauseProducing()
    assert connection.transport.producer is connection.protocol
    assert connection.transport.producerState == "paused"
    connection.exchange(b"NOOP\r\n")
    assert connection.transport.producerState == "paused"
    connection.protocol.resumeProducing()
    assert connection.transport.producerState == "producing"
    connection.protocol.stopProducing()


def test_starttls_starts_the_handshake_after_the_reply_and_the_version_is_told() -> None:
    """What the client said before is forgotten."""
    connection = connect()
    connection.exchange(b"EHLO c.example\r\nMAIL FROM:<evil@s.example>\r\n")
    assert connection.exchange(b"STARTTLS\r\n") == reply.READY_FOR_TLS.wire
    assert connection.transport.is_tls
    assert connection.conversation.told == ["reset"]
    connection.exchange(ENVELOPE)
    assert connection.conversation.clients[-1].tls == "TLSv1.3"


def test_without_a_context_factory_no_tls_is_offered() -> None:
    """EHLO says so."""
    assert b"STARTTLS" not in connect(tls=None).exchange(ENVELOPE)


def test_draining_closes_an_idle_connection_and_waits_for_a_message() -> None:
    """421 for the one, its answer first for the other."""
    idle, busy = connect(), connect(conversation=DecidingConversation())
    idle.exchange(b"EHLO c.example\r\n")
    idle.protocol.drain()
    assert idle.exchange(b"") == reply.SHUTTING_DOWN.wire
    assert idle.transport.disconnecting
    busy.exchange(ENVELOPE + b"x\r\n.\r\n")
    busy.protocol.drain()
    assert not busy.transport.disconnecting
    assert isinstance(busy.conversation, DecidingConversation)
    busy.conversation.decision.callback(reply.message_taken("id"))
    assert busy.exchange(b"") == reply.message_taken("id").wire + reply.SHUTTING_DOWN.wire
    assert busy.transport.disconnecting


def test_a_client_that_spoke_before_the_banner_is_turned_away() -> None:
    """Instead of the banner; where the operator says so, it is only noted."""
    early = connect(peer=Peer(is_early=True))
    assert early.exchange(b"") == reply.EARLY_TALKER.wire
    assert early.transport.disconnecting
    noted = connect(replace(Limits(), refuses_early_talkers=False), peer=Peer(is_early=True))
    assert noted.exchange(b"EHLO c\r\n").startswith(b"220 ")


def test_a_trusted_peer_speaks_for_its_client_and_a_stranger_for_itself() -> None:
    """What the peer says stands in the envelope; a stranger's claim is refused and stands nowhere."""
    claim = b"XCLIENT ADDR=192.0.2.7 PORT=77 HELO=claimed.example PROTO=SMTP\r\n"
    for peer, address, helo in (
        (Peer(is_trusted=True), "192.0.2.7", "claimed.example"),
        (Peer(), "192.168.1.1", "c.example"),
    ):
        connection = connect(peer=peer)
        connection.exchange(claim)
        connection.exchange(ENVELOPE + b"x\r\n.\r\n")
        (envelope,) = connection.conversation.envelopes
        assert (envelope.client.address, envelope.client.helo) == (address, helo)


def test_a_client_over_its_rates_is_put_off() -> None:
    """A recipient with 451, which is no error; a flood of commands with 421."""
    slow = connect(replace(Limits(), recipients_a_minute=1))
    heard = slow.exchange(b"EHLO c\r\nMAIL FROM:<a@s.example>\r\n" + b"RCPT TO:<b@valid.example>\r\n" * 30)
    assert heard.count(reply.CLIENT_RATE.wire) == 29
    assert not slow.transport.disconnecting
    flood = connect(replace(Limits(), commands_a_minute=10))
    heard = flood.exchange(b"NOOP\r\n" * 100)
    assert heard.endswith(reply.TOO_MANY_COMMANDS.wire)
    assert flood.transport.disconnecting


def test_slow_content_is_cut_sooner_under_stress() -> None:
    """After 20 s at less than 1,000 octets a second, where it would have been 300."""
    connection = connect(replace(Limits(), stress_connections=0))
    connection.exchange(ENVELOPE)
    for _ in range(25):
        connection.clock.advance(1)
        connection.exchange(b"x")
    assert connection.transport.disconnecting
    patient = connect()
    patient.exchange(ENVELOPE)
    for _ in range(25):
        patient.clock.advance(1)
        patient.exchange(b"x")
    assert not patient.transport.disconnecting


LARGE = replace(Limits(), unhurried_octets=100_000)
PIECE = b"x" * 78 + b"\r\n"


def test_a_large_message_is_read_in_turns() -> None:
    """Nothing is read before the turn comes; the message arrives whole."""
    connection = connect(LARGE)
    connection.exchange(ENVELOPE)
    connection.exchange(PIECE * 1000)
    assert connection.transport.producerState == "producing"
    for _ in range(3):
        connection.exchange(PIECE * 1000)
        assert connection.transport.producerState == "paused"
        connection.clock.advance(0)
        assert connection.transport.producerState == "producing"
    assert connection.exchange(b".\r\n").startswith(b"250 ")
    assert connection.transport.producerState == "producing"
    assert connection.conversation.taken[0].octets == PIECE * 4000


def test_commands_by_the_hundred_are_read_in_turns() -> None:
    """All are answered; the next ones are read when others have had their turns."""
    connection = connect(replace(Limits(), unhurried_steps=10))
    assert connection.exchange(b"EHLO c.example\r\n" + b"NOOP\r\n" * 9).count(reply.OK.wire) == 9
    assert connection.transport.producerState == "producing"
    assert connection.exchange(b"NOOP\r\n" * 11).count(reply.OK.wire) == 11
    assert connection.transport.producerState == "paused"
    connection.clock.advance(0)
    assert connection.transport.producerState == "producing"


def test_no_time_limit_runs_while_a_session_waits_for_its_turn() -> None:
    """It is we who do not read then; what it has to say is heard afterwards."""
    other_time = Clock()
    connection = connect(LARGE, turns=ReadingTurns(other_time))
    connection.exchange(ENVELOPE + PIECE * 2000)
    connection.clock.pump([60.0] * 20)
    assert not connection.transport.disconnecting
    other_time.advance(60.0 * 20)
    connection.clock.advance(LARGE.silence_seconds - 1)
    assert not connection.transport.disconnecting
    assert connection.exchange(b".\r\n").startswith(b"250 ")


def test_a_client_that_goes_away_leaves_the_line() -> None:
    """Nobody is called for it, and those behind it have their turns."""
    turns = ReadingTurns(Clock())
    connection = connect(LARGE, turns=turns)
    connection.exchange(ENVELOPE + PIECE * 2000)
    assert turns.waiting == 1
    connection.lose()
    assert turns.waiting == 0


def test_large_chunks_for_nobody_are_read_in_turns_as_well() -> None:
    """They are dropped, and answered so."""
    connection = connect(LARGE)
    connection.exchange(b"EHLO c\r\nMAIL FROM:<a@s.example>\r\nBDAT 200000\r\n")
    connection.exchange(PIECE * 2000)
    assert connection.transport.producerState == "paused"
    connection.clock.advance(0)
    assert connection.transport.producerState == "producing"
    assert connection.exchange(b"x" * 40_000 + b"NOOP\r\n").endswith(reply.OK.wire)
