"""Pieces on a transport that takes them one by one."""

from collections.abc import Iterator

import pytest
from twisted.internet.testing import StringTransport
from twisted.python.failure import Failure

from mx.delivery.esmtp.pieces import Pieces


class Sending:
    """One message on its way to a transport, and what was noted."""

    def __init__(self, *given: bytes | Exception) -> None:
        self.transport = StringTransport()
        self.before_last: list[bytes] = []
        self.failures: list[Failure] = []
        self.pieces = Pieces(
            self.give(given),
            lambda: self.before_last.append(self.transport.value()),
            self.transport,
            self.failures.append,
        )
        self.pieces.start()

    @staticmethod
    def give(given: tuple[bytes | Exception, ...]) -> Iterator[bytes]:
        """The pieces, or what is raised in place of one."""
        for piece in given:
            if isinstance(piece, Exception):
                raise piece
            yield piece


def test_one_piece_is_one_write() -> None:
    """The dot's coming is told before it is written; no producer is left."""
    sending = Sending(b"all\r\n.\r\n")
    assert sending.transport.value() == b"all\r\n.\r\n"
    assert sending.before_last == [b""]
    assert sending.transport.producer is None


def test_more_are_written_when_the_transport_asks() -> None:
    """Each waits until the one before has gone."""
    sending = Sending(b"1", b"2", b"3", b"4")
    written = [sending.transport.value()]
    while sending.transport.producer is not None:
        sending.pieces.resumeProducing()
        written.append(sending.transport.value())
    assert written == [b"1", b"12", b"123", b"1234"]
    assert sending.before_last == [b"123"]
    assert not sending.transport.streaming


@pytest.mark.parametrize("before", [(), (b"1",), (b"1", b"2", b"3")])
def test_a_failure_is_told_and_the_last_piece_is_not_written(before: tuple[bytes, ...]) -> None:
    """So no end of data goes out."""
    sending = Sending(*before, ValueError("closed"))
    while sending.transport.producer is not None:
        sending.pieces.resumeProducing()
    assert [failure.type for failure in sending.failures] == [ValueError]
    assert not sending.before_last
    assert sending.transport.value() == b"".join(before[:-1])


def test_nothing_is_written_once_the_transport_has_ended() -> None:
    """The rest is forgotten."""
    sending = Sending(b"1", b"2", b"3")
    sending.pieces.stopProducing()
    sending.pieces.resumeProducing()
    assert sending.transport.value() == b"1"
    assert not sending.before_last
