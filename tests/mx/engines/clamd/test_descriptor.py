"""Octets that are handed to clamd as a descriptor: a real one, and servers that are none."""

import os
from collections.abc import Iterator
from tempfile import TemporaryDirectory

import pytest
from twisted.internet import reactor
from twisted.internet.protocol import Factory
from twisted.trial.unittest import TestCase

from mx.engines.answer import Alert, Answer, Clean, NoAnswer, TooLarge
from mx.engines.clamd.connection import CannotConnect, Daemon, parse_daemon
from mx.engines.clamd.descriptor import CAN_HAND_OVER, COMMAND, ask_by_descriptor
from mx.finding import Severity
from tests.contracts.engine import MEBIBYTE, Octets, Script, ScriptedServer
from tests.servers.clamd_server import EICAR, ClamdServer

pytestmark = pytest.mark.skipif(not CAN_HAND_OVER, reason="no memory without a name on this system")

SAID: list[tuple[bytes, type[Answer]]] = [
    (b"fd[10]: OK\0", Clean),
    (b"fd[10]: Name FOUND\0", Alert),
    (b"fd[10]: Permission denied ERROR\0", TooLarge),
    (b"stream: OK\0", NoAnswer),
    (b"fd[10]: OK", NoAnswer),
    (b"fd[10]: OK\0fd[10]: OK\0", NoAnswer),
    (b"", NoAnswer),
]


class Unreadable:
    """A content whose disk has gone."""

    octets = 5

    def chunks(self) -> Iterator[bytes]:
        raise OSError("the disk is gone")


class TestDescriptors(TestCase):
    """Nothing is left open by any of it."""

    @pytest.fixture(autouse=True)
    def _with_clamd(self, clamd: ClamdServer) -> None:
        self.daemon = parse_daemon(clamd.setting)

    async def test_octets_of_any_size_are_examined(self) -> None:
        """From the first to the last, as many as come."""
        await ask_by_descriptor(reactor, self.daemon, Octets(b"the reactor's own are open now"))
        before = len(os.listdir("/proc/self/fd"))
        for octets in (0, 1, 3 * MEBIBYTE + 5, 30 * MEBIBYTE):
            assert await ask_by_descriptor(reactor, self.daemon, Octets(bytes(octets))) == Clean(), octets
            infected = Alert("EICAR.Test.UNOFFICIAL", Severity.INFECTED)
            assert await ask_by_descriptor(reactor, self.daemon, Octets(bytes(octets) + EICAR)) == infected
        assert len(os.listdir("/proc/self/fd")) == before

    async def test_no_connection_is_told_apart_from_no_answer(self) -> None:
        """So that another daemon can be asked."""
        with pytest.raises(CannotConnect):
            await ask_by_descriptor(reactor, Daemon(path="/nonexistent/clamd.sock"), Octets(b"x"))

    async def test_what_cannot_be_read_was_not_examined(self) -> None:
        """It is not handed over in part."""
        assert isinstance(await ask_by_descriptor(reactor, self.daemon, Unreadable()), NoAnswer)

    async def test_an_answer_counts_only_whole_and_about_a_descriptor(self) -> None:
        """A clamd that may not read it does not look so far."""
        with TemporaryDirectory(prefix="clamd-") as folder:
            for number, (says, kind) in enumerate(SAID):
                script = Script(says, reads=len(COMMAND))
                path = f"{folder}/{number}.sock"
                port = reactor.listenUNIX(path, Factory.forProtocol(lambda script=script: ScriptedServer(script)))
                answer = await ask_by_descriptor(reactor, Daemon(path=path), Octets(b"x"))
                assert isinstance(answer, kind), (says, answer)
                await port.stopListening()
