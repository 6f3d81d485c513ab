"""An answer that is only heard: whole, in pieces, without end, or none at all."""

import socket

import pytest
from twisted.internet import reactor
from twisted.internet.defer import CancelledError
from twisted.internet.error import ConnectionLost
from twisted.python.failure import Failure
from twisted.trial.unittest import TestCase

from mx.engines.answer import Alert, Clean, NoAnswer, TooLarge
from mx.engines.clamd.hearing import TOO_LONG, Hearing
from mx.engines.clamd.protocol import MOST_ANSWER_OCTETS, read_answer
from mx.finding import Severity


class TestHearing(TestCase):
    """The other side is ours; each test leaves the reactor as it was."""

    def setUp(self) -> None:
        ours, self.clamd = socket.socketpair()
        self.addCleanup(self.clamd.close)
        ours.setblocking(False)
        self.hearing = Hearing(reactor, ours, read_answer)

    async def test_an_answer_counts_once_clamd_has_closed(self) -> None:
        """And not before, however whole it looks."""
        self.clamd.sendall(b"stream: OK\0")
        self.hearing.doRead()
        assert not self.hearing.answer.called
        self.clamd.close()
        assert await self.hearing.answer == Clean()
        assert self.hearing.fileno() == -1

    async def test_pieces_are_put_together(self) -> None:
        """As they come."""
        for piece in (b"stream: Na", b"me FOU", b"ND\0"):
            self.clamd.sendall(piece)
            self.hearing.doRead()
        self.clamd.close()
        assert await self.hearing.answer == Alert("Name", Severity.INFECTED)

    async def test_more_behind_the_answer_is_no_answer(self) -> None:
        """Nor is a close without a word."""
        self.clamd.sendall(b"stream: OK\0stream: OK\0")
        self.clamd.close()
        assert await self.hearing.answer == NoAnswer("clamd's answer is nonsense")

    async def test_nothing_is_kept_of_an_answer_without_end(self) -> None:
        """It is given up."""
        self.clamd.sendall(bytes(MOST_ANSWER_OCTETS * 3))
        assert await self.hearing.answer == NoAnswer(TOO_LONG)
        assert self.hearing.fileno() == -1

    async def test_a_clamd_that_did_not_read_everything_knows_nothing(self) -> None:
        """But for its word that there was too much to read."""
        for says, answer in (
            (b"stream: OK\0", NoAnswer("clamd answered before it had everything")),
            (b"INSTREAM size limit exceeded. ERROR\0", TooLarge()),
            (b"", NoAnswer("clamd closed without an answer")),
        ):
            ours, clamd = socket.socketpair()
            ours.setblocking(False)
            ours.send(b"unread")
            clamd.sendall(says)
            clamd.close()
            assert await Hearing(reactor, ours, read_answer).answer == answer
        self.hearing.answer.addErrback(lambda _given_up: None).cancel()

    async def test_one_that_the_reactor_gives_up_is_no_answer(self) -> None:
        """Once."""
        for _ in range(2):
            self.hearing.connectionLost(Failure(ConnectionLost()))
        assert isinstance(await self.hearing.answer, NoAnswer)

    async def test_who_gives_up_closes(self) -> None:
        """clamd sees it."""
        self.hearing.answer.cancel()
        with pytest.raises(CancelledError):
            await self.hearing.answer
        assert self.clamd.recv(1) == b""
