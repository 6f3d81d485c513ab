"""The child: one message at a time, and nothing after a fault."""

import hashlib
import itertools
import json
import socket
from collections.abc import Iterator
from dataclasses import replace

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import whole
from mx.anatomy.deep_readers import DEEP_READERS
from mx.anatomy.readers import LIGHT_READERS, Readers
from mx.anatomy.walker import Anatomy
from mx.anatomy.walker import walk as real_walk
from mx.cell import child as child_module
from mx.cell.child import Instruments, receive, serve_one
from mx.cell.opening import PAGE_OCTETS, OpeningPage, opening_of
from mx.cell.rule_set import Match, NotLetCompute, RuleSet
from mx.cell.signatures import Signatures, compile_rules
from mx.cell.wire import FrameKind, FrameReader, Request, parse_report
from mx.cell.wishes import Wishes
from mx.finding import Found
from tests.contracts.mail import EICAR, attached, zipped

Pair = tuple[socket.socket, socket.socket]
NO_TIME = itertools.repeat(0.0).__next__


@pytest.fixture(scope="module")
def instruments() -> Instruments:
    return Instruments(DEEP_READERS, Signatures(compile_rules()), OpeningPage(), NO_TIME)


@pytest.fixture
def pair(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[socket.socket, socket.socket]]:
    # The limit on CPU time would end the tests' own process.
    monkeypatch.setattr(child_module, "allow_cpu_seconds", lambda spent, seconds: None)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        yield ours, theirs


def request(message: bytes, wishes: bytes = b"") -> bytes:
    return Request(len(message), len(wishes), 10.0, True).to_octets() + wishes + message


def ask(pair: Pair, instruments: Instruments, message: bytes, wishes: bytes = b"") -> list[tuple[FrameKind, bytes]]:
    ours, theirs = pair
    ours.sendall(request(message, wishes))
    assert serve_one(theirs, instruments)
    theirs.shutdown(socket.SHUT_WR)
    octets = b"".join(iter(lambda: ours.recv(65536), b""))
    return list(FrameReader().feed(octets))


def test_answers_with_report_record_and_what_was_unpacked(pair: Pair, instruments: Instruments) -> None:
    """What stands in the message is described, what does not is sent."""
    message = attached(zipped(EICAR))
    frames = ask(pair, instruments, message)
    assert [kind for kind, _ in frames] == [FrameKind.REPORT, FrameKind.RECORD, FrameKind.BLOB]
    starts: list[int | None] = []
    told = parse_report(frames[0][1], len(message), lambda start, _: starts.append(start) or whole(b""))
    assert [start is None for start in starts] == [False, False, False, True, True]
    assert [outcome.engine for outcome in told.outcomes] == ["yara", "macros"]
    assert isinstance(told.outcomes[0], Found)
    assert {found.name for found in told.outcomes[0].findings} == {"EICAR-Test-File"}
    assert opening_of(instruments.page.read()) is None
    assert json.loads(frames[1][1])["preview"] == "Good morning.\n"
    assert frames[-1][1] == zipped(EICAR) + EICAR


def test_ends_when_the_socket_closes(pair: Pair, instruments: Instruments) -> None:
    """Closed before a request or within a message: the child has nothing more to do."""
    ours, theirs = pair
    ours.sendall(request(b"1234567890")[:-5])
    ours.close()
    assert not serve_one(theirs, instruments)
    assert not serve_one(theirs, instruments)


@pytest.mark.parametrize("error", [MemoryError, RecursionError, KeyboardInterrupt, SystemExit, ValueError])
def test_any_exception_is_told_and_ends_the_child(
    pair: Pair,
    instruments: Instruments,
    monkeypatch: pytest.MonkeyPatch,
    error: type[BaseException],
) -> None:
    """The boundary catches every class of exception, names it, and goes no further."""

    def fail(*arguments: object) -> None:
        raise error

    monkeypatch.setattr(child_module, "walk", fail)
    ours, theirs = pair
    ours.sendall(request(b"x"))
    assert not serve_one(theirs, instruments)
    assert list(FrameReader().feed(ours.recv(1000))) == [(FrameKind.FAILED, error.__name__.encode())]


def test_a_parent_that_went_away_is_no_error(pair: Pair, instruments: Instruments) -> None:
    """The answer finds nobody: the child ends quietly."""
    ours, theirs = pair
    ours.sendall(request(b"x"))
    ours.close()
    assert not serve_one(theirs, instruments)


def test_receives_exactly_what_was_asked_for(pair: tuple[socket.socket, socket.socket]) -> None:
    """Octets that come in pieces are joined, what follows is left."""
    ours, theirs = pair
    ours.sendall(b"abcdef")
    assert receive(theirs, 0) == b""
    assert receive(theirs, 4) == b"abcd"
    ours.close()
    assert receive(theirs, 4) is None


def test_a_light_child_says_when_a_deep_one_is_needed(pair: Pair, instruments: Instruments) -> None:
    """It opens nothing half, and goes on with the next message."""
    light = replace(instruments, readers=LIGHT_READERS)
    assert ask(pair, light, attached(b"7z\xbc\xaf\x27\x1c" + bytes(40))) == [(FrameKind.DEEPER, b"")]


def test_a_child_that_is_not_let_scan_says_so(
    pair: Pair, instruments: Instruments, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The message is not called unscannable, and the next one is examined."""

    def scan(*_: object) -> list[Match]:
        raise NotLetCompute

    with monkeypatch.context() as patched:
        patched.setattr(RuleSet, "scan", scan)
        assert ask(pair, instruments, attached(b"x")) == [(FrameKind.STARVED, b"")]
    assert instruments.page.read() == bytes(PAGE_OCTETS)


def test_wishes_come_before_the_message(pair: Pair, instruments: Instruments, monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords reach the walk, rules the signatures."""
    walked: list[tuple[str, ...]] = []

    def walk(message: bytes, budget: Budget, readers: Readers, passwords: tuple[str, ...], watch: object) -> Anatomy:
        walked.append(passwords)
        return real_walk(message, budget, readers, passwords)

    monkeypatch.setattr(child_module, "walk", walk)
    wishes = Wishes(0, ("secret", "geheim"), 'rule Ours { strings: $a = "needle" condition: $a }')
    frames = ask(pair, instruments, b"Subject: x\r\n\r\na needle\r\n", wishes.to_octets())
    outcome = parse_report(frames[0][1], 100, lambda *_: whole(b"")).outcomes[0]
    assert isinstance(outcome, Found)
    assert {found.name for found in outcome.findings} == {"tenant.Ours"}
    assert walked == [("secret", "geheim")]


def test_what_it_is_at_is_noted(pair: Pair, instruments: Instruments, monkeypatch: pytest.MonkeyPatch) -> None:
    """The page still says so when the child does not come back."""

    def fail(anatomy: object) -> None:
        raise MemoryError

    monkeypatch.setattr(child_module, "make_record", fail)
    ours, theirs = pair
    ours.sendall(request(b"x"))
    assert not serve_one(theirs, instruments)
    opening = opening_of(instruments.page.read())
    assert opening is not None
    assert (opening.kind, opening.sha256) == ("record", hashlib.sha256(b"x").hexdigest())
