"""One connection on a test clock: who is waited for, and for how long."""

import pytest

from mx import reply
from tests.contracts.connecting import ENVELOPE, connect
from tests.contracts.receiving import DecidingConversation


@pytest.mark.parametrize("said", [b"", b"EHLO c.example\r\n", b"EHLO c.example\r\nMAIL FROM:<>\r\n", b"half a line"])
def test_a_client_without_a_whole_command_is_told_and_closed_after_300_seconds(said: bytes) -> None:
    """RFC 5321 section 4.5.3.2.7."""
    connection = connect()
    connection.exchange(said)
    connection.clock.advance(299)
    assert not connection.transport.disconnecting
    connection.clock.advance(1)
    assert connection.exchange(b"") == reply.COMMAND_TIMEOUT.wire
    assert connection.transport.disconnecting


def test_single_octets_do_not_hold_a_session_open() -> None:
    """Only whole commands count as life."""
    connection = connect()
    for _ in range(30):
        connection.exchange(b"A")
        connection.clock.advance(10)
    assert connection.transport.disconnecting


def test_commands_hold_a_session_open() -> None:
    """An hour of them."""
    connection = connect()
    for _ in range(20):
        connection.exchange(b"NOOP\r\n")
        connection.clock.advance(200)
    assert not connection.transport.disconnecting
    connection.clock.advance(100)
    assert connection.transport.disconnecting


def test_content_that_pauses_is_closed_after_180_seconds() -> None:
    """RFC 5321 section 4.5.3.2.5."""
    connection = connect()
    connection.exchange(ENVELOPE + b"x" * 100_000)
    connection.clock.advance(179)
    connection.exchange(b"x" * 100_000)
    connection.clock.advance(179)
    assert not connection.transport.disconnecting
    connection.clock.advance(1)
    assert connection.exchange(b"").endswith(reply.COMMAND_TIMEOUT.wire)


def test_content_that_trickles_is_closed_by_the_least_rate() -> None:
    """One octet every ten seconds would hold a connection for years."""
    connection = connect()
    connection.exchange(ENVELOPE)
    for _ in range(31):
        connection.exchange(b"x")
        connection.clock.advance(10)
    assert connection.exchange(b"").endswith(reply.TOO_SLOW.wire)


def test_content_at_twice_the_least_rate_is_heard_to_its_end() -> None:
    """A slow line is no attack."""
    connection = connect()
    connection.exchange(ENVELOPE)
    for _ in range(100):
        connection.exchange(b"x" * 19_998 + b"\r\n")
        connection.clock.advance(10)
    assert connection.exchange(b".\r\n") == reply.message_taken("id").wire


def test_a_session_that_waits_for_us_is_not_closed() -> None:
    """However long the decision takes; its own limits are the conversation's."""
    conversation = DecidingConversation()
    connection = connect(conversation=conversation)
    connection.exchange(ENVELOPE + b"x\r\n.\r\n")
    for _ in range(10):
        connection.clock.advance(300)
    assert not connection.transport.disconnecting
    conversation.decision.callback(reply.message_taken("id"))
    connection.clock.advance(299)
    assert not connection.transport.disconnecting
    connection.clock.advance(301)
    assert connection.transport.disconnecting


def test_a_client_that_does_not_take_the_last_words_is_cut_off() -> None:
    """After 30 seconds; what it still sends is not read."""
    connection = connect()
    connection.exchange(b"QUIT\r\n")
    assert connection.transport.disconnecting
    connection.protocol.dataReceived(b"NOOP\r\n")
    assert connection.transport.value() == b""
    connection.clock.advance(29)
    assert not connection.transport.is_aborted
    connection.clock.advance(1)
    assert connection.transport.is_aborted
