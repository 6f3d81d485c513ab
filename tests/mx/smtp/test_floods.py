"""Floods of commands in one connection (test O5): what is too much is put off or ends the session, and costs little."""

import resource
from dataclasses import replace

from mx import reply
from mx.smtp.limits import Limits
from mx.smtp.machine import Session
from tests.contracts.receiving import Driver

OPENING = b"EHLO c.example\r\nMAIL FROM:<a@s.example>\r\n"
PIECE = 65536


def flood(octets: bytes) -> tuple[Driver, bytes]:
    """Fed as a socket gives it; what is said is taken at each turn."""
    driving, heard = Driver(), b""
    for start in range(0, len(octets), PIECE):
        heard += driving.exchange(octets[start : start + PIECE])
    return driving, heard


def test_100_000_recipients_in_a_row_are_put_off_from_1000_on() -> None:
    """452 each, which is no error: the session goes on, and the thousand that were taken get the message."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    driving, heard = flood(OPENING + b"RCPT TO:<b@valid.example>\r\n" * 100_000)
    assert heard.count(reply.RECIPIENT_OK.wire) == 1000
    assert heard.count(reply.TOO_MANY_RECIPIENTS.wire) == 99_000
    assert not driving.is_ended
    assert driving.exchange(b"DATA\r\nx\r\n.\r\n").endswith(reply.message_taken("id").wire)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024, "kibibytes more"


def test_10_000_transactions_that_are_dropped_are_answered() -> None:
    """MAIL and RSET are nobody's error; nothing of one is left in the next."""
    driving, heard = flood(b"EHLO c.example\r\n" + b"MAIL FROM:<a@s.example>\r\nRSET\r\n" * 10_000)
    assert heard.count(reply.SENDER_OK.wire) == heard.count(reply.OK.wire) == 10_000
    assert not driving.is_ended
    assert driving.session.reverse_path is None


def test_5000_lines_of_junk_end_at_the_twentieth() -> None:
    """Nothing is read behind it."""
    driving, heard = flood(b"".join(b"JUNK %d\r\n" % number for number in range(5000)))
    assert heard.count(reply.UNKNOWN_COMMAND.wire) == 20
    assert heard.endswith(reply.TOO_MANY_ERRORS.wire)
    assert driving.is_ended


def test_a_line_without_an_end_keeps_no_memory() -> None:
    """16 MB of it; then it is one error."""
    session = Session("mx.example", replace(Limits(), permanent_errors=2), can_start_tls=False)
    for _ in range(256):
        session.receive(b"A" * PIECE)
        assert session.next_event() is None
        assert session.buffered_octets <= 1
    session.receive(b"\r\nNOOP\r\n")
    assert session.next_event() is None
    assert session.octets_to_send().endswith(reply.LINE_TOO_LONG.wire + reply.OK.wire)
