"""Where a clamd listens, and one question to it."""

import pytest
from twisted.internet import reactor
from twisted.internet.protocol import Factory
from twisted.trial.unittest import TestCase

from mx.engines.answer import Alert, Clean
from mx.engines.clamd.connection import CannotConnect, Daemon, answers_ping, ask, parse_daemon
from mx.finding import Severity
from tests.contracts.engine import MEBIBYTE, Octets, Script, ScriptedServer
from tests.servers.clamd_server import EICAR, ClamdServer

DAEMONS = {
    "unix:/run/clamav/clamd.ctl": Daemon(path="/run/clamav/clamd.ctl"),
    "unix:/run/a:b": Daemon(path="/run/a:b"),
    "tcp:scanner.example:3310": Daemon(host="scanner.example", port=3310),
    "tcp:192.0.2.1:3310": Daemon(host="192.0.2.1", port=3310),
    "tcp:[2001:db8::1]:3310": Daemon(host="2001:db8::1", port=3310),
}


@pytest.mark.parametrize(("text", "daemon"), DAEMONS.items())
def test_a_daemon_is_named_by_its_setting(text: str, daemon: Daemon) -> None:
    """As PRATIQUE_CLAMD takes it."""
    assert parse_daemon(text) == daemon


class TestQuestions(TestCase):
    """A running clamd, and servers that are none."""

    @pytest.fixture(autouse=True)
    def _with_clamd(self, clamd: ClamdServer) -> None:
        self.daemon = parse_daemon(clamd.setting)

    async def test_a_question_of_any_size_is_answered(self) -> None:
        """At once, in pieces, and as fast as clamd takes it."""
        for octets in (0, 1, 65536, 200_000, 256 * 1024, 256 * 1024 + 1, 3 * MEBIBYTE, 12 * MEBIBYTE):
            assert await ask(reactor, self.daemon, Octets(bytes(octets))) == Clean(), octets
            infected = Octets(bytes(octets) + EICAR)
            assert await ask(reactor, self.daemon, infected) == Alert("EICAR.Test.UNOFFICIAL", Severity.INFECTED)

    async def test_no_connection_is_told_apart_from_no_answer(self) -> None:
        """So that another daemon can be asked."""
        for daemon in (Daemon(path="/nonexistent/clamd.sock"), Daemon(path="/dev/null"), Daemon(path="/" + "x" * 200)):
            with pytest.raises(CannotConnect):
                await ask(reactor, daemon, Octets(b"clean"))

    async def test_a_running_clamd_answers_ping(self) -> None:
        """And nobody does where it is not."""
        assert await answers_ping(reactor, self.daemon, 5)
        assert not await answers_ping(reactor, Daemon(path="/nonexistent/clamd.sock"), 5)

    async def test_what_is_no_pong_is_no_answer_to_ping(self) -> None:
        """Nonsense, silence, and octets without end."""
        for script, seconds in (
            (Script(b"PONG"), 5),
            (Script(b"PONG\0PONG\0"), 5),
            (Script(closes=False), 0.05),
            (Script(bytes(MEBIBYTE), closes=False), 5),
        ):
            factory = Factory.forProtocol(lambda script=script: ScriptedServer(script))
            port = reactor.listenTCP(0, factory, interface="127.0.0.1")
            daemon = Daemon(host="127.0.0.1", port=port.getHost().port)
            assert not await answers_ping(reactor, daemon, seconds)
            await script.lost
            await port.stopListening()
