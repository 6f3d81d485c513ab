"""The child: one message at a time, and nothing after a fault."""

import itertools
import json
import socket
from collections.abc import Iterator

import pytest

from mx.cell import child as child_module
from mx.cell.child import receive, serve_one
from mx.cell.signatures import Signatures, rule_texts
from mx.cell.wire import FrameKind, FrameReader, Request, parse_report
from tests.contracts.mail import EICAR, attached, zipped

NO_TIME = itertools.repeat(0.0).__next__


@pytest.fixture(scope="module")
def signatures() -> Signatures:
    return Signatures(rule_texts())


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[socket.socket, socket.socket]]:
    # The limit on CPU time would end the tests' own process.
    monkeypatch.setattr(child_module, "allow_cpu_seconds", lambda spent, seconds: None)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def ask(
    pair: tuple[socket.socket, socket.socket], signatures: Signatures, message: bytes
) -> list[tuple[FrameKind, bytes]]:
    ours, theirs = pair
    ours.sendall(Request(len(message), 10.0, True).to_octets() + message)
    assert serve_one(theirs, signatures, NO_TIME)
    theirs.shutdown(socket.SHUT_WR)
    octets = b"".join(iter(lambda: ours.recv(65536), b""))
    return list(FrameReader().feed(octets))


def test_answers_with_report_record_and_what_was_unpacked(
    pair: tuple[socket.socket, socket.socket], signatures: Signatures
) -> None:
    """What stands in the message is described, what does not is sent."""
    message = attached(zipped(EICAR))
    frames = ask(pair, signatures, message)
    assert [kind for kind, _ in frames] == [FrameKind.REPORT, FrameKind.RECORD, FrameKind.BLOB, FrameKind.BLOB]
    told = parse_report(frames[0][1], len(message))
    assert [part.start is None for part in told.artifacts] == [False, False, False, True, True]
    assert {found.name for found in told.signatures} == {"EICAR-Test-File"}
    assert json.loads(frames[1][1])["preview"] == "Good morning.\n"
    assert frames[-1][1] == EICAR


def test_ends_when_the_socket_closes(pair: tuple[socket.socket, socket.socket], signatures: Signatures) -> None:
    """Closed before a request or within a message: the child has nothing more to do."""
    ours, theirs = pair
    ours.sendall(Request(10, 10.0, False).to_octets() + b"12345")
    ours.close()
    assert not serve_one(theirs, signatures, NO_TIME)
    assert not serve_one(theirs, signatures, NO_TIME)


@pytest.mark.parametrize("error", [MemoryError, RecursionError, KeyboardInterrupt, SystemExit, ValueError])
def test_any_exception_is_told_and_ends_the_child(
    pair: tuple[socket.socket, socket.socket],
    signatures: Signatures,
    monkeypatch: pytest.MonkeyPatch,
    error: type[BaseException],
) -> None:
    """The boundary catches every class of exception, names it, and goes no further."""

    def fail(message: bytes, budget: object, readers: object) -> None:
        raise error

    monkeypatch.setattr(child_module, "walk", fail)
    ours, theirs = pair
    ours.sendall(Request(1, 10.0, False).to_octets() + b"x")
    assert not serve_one(theirs, signatures, NO_TIME)
    assert list(FrameReader().feed(ours.recv(1000))) == [(FrameKind.FAILED, error.__name__.encode())]


def test_a_parent_that_went_away_is_no_error(pair: tuple[socket.socket, socket.socket], signatures: Signatures) -> None:
    """The answer finds nobody: the child ends quietly."""
    ours, theirs = pair
    ours.sendall(Request(1, 10.0, False).to_octets() + b"x")
    ours.close()
    assert not serve_one(theirs, signatures, NO_TIME)


def test_receives_exactly_what_was_asked_for(pair: tuple[socket.socket, socket.socket]) -> None:
    """Octets that come in pieces are joined, what follows is left."""
    ours, theirs = pair
    ours.sendall(b"abcdef")
    assert receive(theirs, 0) == b""
    assert receive(theirs, 4) == b"abcd"
    ours.close()
    assert receive(theirs, 4) is None
