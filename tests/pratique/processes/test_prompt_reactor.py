import socket
import sys
from collections.abc import Callable

import pytest
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import ClientFactory, Factory, Protocol
from twisted.python.failure import Failure

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="epoll is Linux's")

LARGE = bytes(range(256)) * 40_000


@pytest.fixture
def reactor():
    from pratique.processes.prompt_reactor import PromptReactor

    made = PromptReactor()
    yield made
    for each in made.removeAll():
        each.connectionLost(Failure(ConnectionDone()))
    made._poller.close()


def run(reactor, seconds: float = 20.0) -> None:
    """Until somebody stops it; fails when nobody does in time."""
    late: list[bool] = []

    def give_up() -> None:
        late.append(True)
        reactor.stop()

    deadline = reactor.callLater(seconds, give_up)
    reactor.run(installSignalHandlers=False)
    if deadline.active():
        deadline.cancel()
    assert not late, "the reactor was not stopped in time"


def pair(reactor, server: type[Protocol], client: type[Protocol]) -> None:
    port = reactor.listenTCP(0, _factory(Factory(), server), interface="127.0.0.1")
    reactor.connectTCP("127.0.0.1", port.getHost().port, _factory(ClientFactory(), client))


def _factory(factory, protocol: type[Protocol]):
    factory.noisy, factory.protocol = False, protocol
    return factory


def one_of(**methods: Callable[..., None]) -> type[Protocol]:
    return type("Made", (Protocol,), methods)


def test_what_is_written_arrives_and_the_answer_comes_back(reactor):
    heard: list[bytes] = []

    def hear(self, octets: bytes) -> None:
        heard.append(octets)
        reactor.stop()

    greeting = one_of(connectionMade=lambda self: self.transport.write(b"hello"), dataReceived=hear)
    echo = one_of(dataReceived=lambda self, octets: self.transport.write(octets.upper()))
    pair(reactor, echo, greeting)
    run(reactor)
    assert b"".join(heard) == b"HELLO"


def test_a_small_write_is_never_registered_with_epoll(reactor):
    ours, theirs = socket.socketpair()
    asked: list[str] = []
    reactor._poller = _Watched(reactor._poller, asked)
    transport = reactor.adoptStreamConnection(ours.fileno(), socket.AF_UNIX, _factory(Factory(), Protocol)) or next(
        reader for reader in reactor.getReaders() if hasattr(reader, "write")
    )
    asked.clear()
    transport.write(b"small")
    reactor.doIteration(0)
    assert theirs.recv(100) == b"small"
    assert asked == []
    assert transport not in reactor.getWriters()
    ours.close()
    theirs.close()


class _Watched:
    """epoll, which notes what is changed."""

    def __init__(self, poller, asked: list[str]) -> None:
        self._poller, self._asked = poller, asked

    def modify(self, *given: int) -> None:
        self._asked.append("modify")
        self._poller.modify(*given)

    def register(self, *given: int) -> None:
        self._asked.append("register")
        self._poller.register(*given)

    def __getattr__(self, name: str):
        return getattr(self._poller, name)


def test_what_no_socket_takes_at_once_arrives_whole_and_in_order(reactor):
    heard = bytearray()

    def send(self) -> None:
        for start in range(0, len(LARGE), 1_000_000):
            self.transport.write(LARGE[start : start + 1_000_000])
        self.transport.loseConnection()

    def hear(self, octets: bytes) -> None:
        heard.extend(octets)

    listening = one_of(dataReceived=hear, connectionLost=lambda self, reason: reactor.stop())
    pair(reactor, one_of(connectionMade=send), listening)
    run(reactor)
    assert heard == LARGE


def test_the_end_of_a_connection_does_not_wait_for_the_next_timer(reactor):
    """The last words are written before the poll, and the end that follows is a timer that the poll must know."""
    lost: list[float] = []

    def say_goodbye(self) -> None:
        self.began = reactor.seconds()
        self.transport.write(b"bye")
        self.transport.loseConnection()

    def note(self, reason) -> None:
        lost.append(reactor.seconds() - self.began)
        reactor.stop()

    pair(reactor, one_of(connectionMade=say_goodbye, connectionLost=note), Protocol)
    run(reactor)
    assert lost[0] < 10


def test_a_transport_that_is_ended_by_another_is_not_written(reactor):
    ended: list[object] = []

    def meet(self) -> None:
        met.append(self)
        if len(met) == 2:
            first, second = met
            first.transport.write(b"x")
            second.transport.write(b"y")
            first.transport.abortConnection()
            second.transport.abortConnection()

    def note(self, reason) -> None:
        ended.append(self)
        if len(ended) == 2:
            reactor.stop()

    met: list[Protocol] = []
    pair(reactor, one_of(connectionMade=meet, connectionLost=note), one_of(connectionMade=meet, connectionLost=note))
    run(reactor)
    assert len(ended) == 2
    assert reactor.getWriters() == []


def test_an_exception_out_of_a_protocol_ends_its_connection_alone(reactor):
    ended: list[str] = []

    def fail(self, octets: bytes) -> None:
        raise RuntimeError("a bug")

    def note(self, reason) -> None:
        ended.append(reason.type.__name__)
        reactor.stop()

    pair(
        reactor,
        one_of(dataReceived=fail, connectionLost=note),
        one_of(connectionMade=lambda s: s.transport.write(b"x")),
    )
    run(reactor)
    assert ended == ["RuntimeError"]


def test_everybody_who_wants_to_write_is_told_of_the_end(reactor):
    ours, theirs = socket.socketpair()
    reactor.adoptStreamConnection(ours.fileno(), socket.AF_UNIX, _factory(Factory(), Protocol))
    [transport] = [reader for reader in reactor.getReaders() if hasattr(reader, "write")]
    transport.stopReading()
    transport.write(b"never sent")
    assert transport in reactor.getWriters()
    everybody = reactor.removeAll()
    assert transport in everybody
    for each in everybody:
        each.connectionLost(Failure(ConnectionDone()))
    ours.close()
    theirs.close()
