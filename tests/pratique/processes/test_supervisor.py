"""The supervisor, on a test clock, with processes that this test plays."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from pratique.processes.supervisor import (
    DRAIN_SECONDS,
    READY_SECONDS,
    STARTS_ALLOWED,
    CannotStartError,
    ChildKind,
    Supervisor,
)

KINDS = [ChildKind("mx", "mx1", (11, 12), 13), ChildKind("work", "work", ())]
LINE = b'{"data": "var"}\n'
OTHER = b'{"data": "var", "size": "1000000"}\n'


@dataclass
class PlayedProcess:
    """A process as Twisted's transport shows it."""

    protocol: Any
    command: list[str]
    descriptors: dict[int, Any]
    environment: dict[str, str]
    pid: int | None = 1
    read: bytes = b""
    signals: list[str] = field(default_factory=list)

    def writeToChild(self, descriptor: int, octets: bytes) -> None:
        assert descriptor == 0
        self.read += octets

    def signalProcess(self, name: str) -> None:
        assert self.pid is not None, "a process that is gone cannot be signalled"
        self.signals.append(name)

    def say_ready(self) -> None:
        self.protocol.outReceived(b"rea")
        self.protocol.outReceived(b"dy\n")

    def die(self, status: int = -9) -> None:
        self.pid = None
        self.protocol.processEnded(Failure(ProcessTerminated(status) if status else ProcessDone(0)))


class PlayedReactor(Clock):
    """A clock that also starts processes, unless `refusals` are left."""

    def __init__(self) -> None:
        super().__init__()
        self.started: list[PlayedProcess] = []
        self.refusals = 0

    def spawnProcess(
        self, protocol: Any, executable: str, args: list[str], env: dict[str, str], childFDs: Any
    ) -> PlayedProcess:
        if self.refusals:
            self.refusals -= 1
            raise BlockingIOError(11, "Resource temporarily unavailable")
        process = PlayedProcess(protocol, args, childFDs, env)
        self.started.append(process)
        protocol.makeConnection(process)
        return process


@pytest.fixture
def reactor() -> PlayedReactor:
    """A clock at 0."""
    return PlayedReactor()


@pytest.fixture
def supervisor(reactor: PlayedReactor) -> Supervisor:
    """Both processes started, with their settings."""
    one = Supervisor(KINDS, reactor)  # type: ignore[arg-type]
    one.start_processes()
    one.give_settings(LINE)
    return one


def outcome(deferred: "Deferred[Any]") -> list[Any]:
    """What it fired with so far, if it did."""
    fired: list[Any] = []
    deferred.addBoth(fired.append)
    return fired


def test_a_child_inherits_its_sockets_and_nothing_else(reactor: PlayedReactor) -> None:
    """It knows their number, and reads its settings once they are given."""
    supervisor = Supervisor(KINDS, reactor)  # type: ignore[arg-type]
    supervisor.start_processes()
    mx, work = reactor.started
    assert mx.command == [sys.executable, "-P", "-m", "pratique.processes.child", "mx", "mx1", "2"]
    assert mx.descriptors == {0: "w", 1: "r", 2: 2, 3: 11, 4: 12, 5: 13}
    assert work.descriptors == {0: "w", 1: "r", 2: 2}
    assert mx.read == b""
    supervisor.give_settings(LINE)
    assert (mx.read, work.read) == (LINE, LINE)


def test_a_child_imports_nothing_from_the_folder_it_is_started_in(
    tmp_path: Path, reactor: PlayedReactor, supervisor: Supervisor
) -> None:
    """Files that are named as packages of ours, or of Python, lie in wait there."""
    for name in ("pratique", "mx", "portal", "tenants", "json", "twisted"):
        (tmp_path / f"{name}.py").write_text("open('ran', 'w').close()\n")
    done = subprocess.run(reactor.started[0].command, cwd=tmp_path, input=b"", capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "ran").exists(), done.stderr


def test_ready_is_said_by_all(reactor: PlayedReactor, supervisor: Supervisor) -> None:
    """Not by the first."""
    fired = outcome(supervisor.ready())
    reactor.started[0].say_ready()
    assert fired == []
    reactor.started[1].say_ready()
    assert fired == [[None, None]]


def test_a_child_that_dies_is_replaced_at_once_then_more_slowly(reactor: PlayedReactor, supervisor: Supervisor) -> None:
    """Its successor is given the settings too; one that was ready for a while is replaced at once again."""
    for process in reactor.started:
        process.say_ready()
    reactor.started[0].die()
    reactor.advance(0)
    assert len(reactor.started) == 3
    assert reactor.started[2].read == LINE
    reactor.started[2].die()
    reactor.advance(0.5)
    assert len(reactor.started) == 3
    reactor.advance(0.5)
    assert len(reactor.started) == 4
    reactor.started[3].say_ready()
    reactor.started[3].die()
    reactor.advance(0)
    assert len(reactor.started) == 5


def test_a_child_may_die_for_days(reactor: PlayedReactor, supervisor: Supervisor) -> None:
    """The wait has an upper bound, and so has the number it is computed from."""
    reactor.started[0].say_ready()
    reactor.started[0].die()
    for _ in range(1100):
        reactor.advance(5)
        reactor.started[-1].die()
    reactor.advance(5)
    assert reactor.started[-1].pid is not None


def test_a_child_that_never_becomes_ready_stops_the_start(reactor: PlayedReactor, supervisor: Supervisor) -> None:
    """With one sentence, and the others are stopped."""
    fired = outcome(supervisor.ready())
    for _ in range(STARTS_ALLOWED):
        assert fired == []
        reactor.started[-1].die(1)
        reactor.advance(5)
    [failure] = fired
    assert failure.check(CannotStartError)
    assert failure.getErrorMessage() == "The work process did not start; its last line above says why."
    stopped = outcome(supervisor.stopService())
    assert reactor.started[0].signals == ["TERM"]
    reactor.started[0].die(0)
    assert stopped == [[None, None]]


def test_a_machine_without_room_for_a_process_is_tried_again(reactor: PlayedReactor, supervisor: Supervisor) -> None:
    """`fork` may fail for a moment; the child is not given up."""
    for process in reactor.started:
        process.say_ready()
    reactor.refusals = 2
    reactor.started[0].die()
    reactor.advance(0)
    reactor.advance(5)
    reactor.advance(5)
    assert len(reactor.started) == 3


def test_stopping_asks_then_kills(reactor: PlayedReactor, supervisor: Supervisor) -> None:
    """SIGTERM, the time to drain, SIGKILL; the stop has ended when all are gone, and nobody is replaced."""
    mx, work = reactor.started
    stopped = outcome(supervisor.stopService())
    work.die(0)
    reactor.advance(DRAIN_SECONDS - 1)
    assert (mx.signals, stopped) == (["TERM"], [])
    reactor.advance(2)
    assert mx.signals == ["TERM", "KILL"]
    mx.die()
    assert stopped == [[None, None]]
    reactor.advance(60)
    assert len(reactor.started) == 2
    assert reactor.getDelayedCalls() == []


def test_stopping_while_a_successor_is_waited_for(reactor: PlayedReactor, supervisor: Supervisor) -> None:
    """It is not started any more."""
    for process in reactor.started:
        process.say_ready()
        process.die()
    assert outcome(supervisor.stopService()) == [[None, None]]
    reactor.advance(60)
    assert len(reactor.started) == 2


def reload(supervisor: Supervisor) -> list[Any]:
    """The outcome of a reload with other settings."""
    return outcome(Deferred.fromCoroutine(supervisor.reload(OTHER)))


def test_a_reload_lets_the_old_serve_until_the_new_are_ready(reactor: PlayedReactor, supervisor: Supervisor) -> None:
    """Then the old drain; the stop of the service waits for them too."""
    mx, work = reactor.started
    done = reload(supervisor)
    new_mx, new_work = reactor.started[2:]
    assert (new_mx.read, new_work.read, new_mx.descriptors) == (OTHER, OTHER, mx.descriptors)
    new_mx.say_ready()
    assert (done, mx.signals) == ([], [])
    new_work.say_ready()
    assert (done, mx.signals, work.signals) == ([None], ["TERM"], ["TERM"])
    new_mx.die()
    reactor.advance(0)
    assert reactor.started[4].read == OTHER
    stopped = outcome(supervisor.stopService())
    for process in (reactor.started[4], new_work, work):
        process.die(0)
    assert stopped == []
    mx.die(0)
    assert len(stopped) == 1


def test_a_reload_that_fails_changes_nothing(reactor: PlayedReactor, supervisor: Supervisor) -> None:
    """Successors that were ready drain, those that wait to be started are not; the old serve, and may be reloaded."""
    mx, work = reactor.started
    done = reload(supervisor)
    reactor.started[2].say_ready()
    for _ in range(STARTS_ALLOWED):
        reactor.started[-1].die(1)
        reactor.advance(5)
    assert done[0].check(CannotStartError)
    assert (mx.signals, work.signals, reactor.started[2].signals) == ([], [], ["TERM"])
    count = len(reactor.started)
    reactor.advance(10)
    assert len(reactor.started) == count
    reload(supervisor)
    assert len(reactor.started) == count + 2


def test_one_reload_at_a_time(reactor: PlayedReactor, supervisor: Supervisor) -> None:
    """The second is refused; the first is given up when its processes take too long, and its own are stopped."""
    first = reload(supervisor)
    [refused] = reload(supervisor)
    assert refused.getErrorMessage() == "The processes are being replaced already."
    reactor.advance(READY_SECONDS)
    assert first[0].getErrorMessage() == "The new processes were not ready within 60 s."
    assert [process.signals for process in reactor.started] == [[], [], ["TERM"], ["TERM"]]


def test_a_stop_in_the_middle_of_a_reload_stops_all(reactor: PlayedReactor, supervisor: Supervisor) -> None:
    """Old and new, once each."""
    reload(supervisor)
    stopped = outcome(supervisor.stopService())
    assert [process.signals for process in reactor.started] == [["TERM"]] * 4
    for process in reactor.started:
        process.die(0)
    reactor.advance(READY_SECONDS)
    assert len(stopped) == 1
    assert reactor.getDelayedCalls() == []


def test_a_child_does_not_inherit_settings(reactor: PlayedReactor, monkeypatch: pytest.MonkeyPatch) -> None:
    """They come by the pipe: whoever may read a process's environment would read the master key."""
    monkeypatch.setenv("PRATIQUE_MASTER_KEY", "secret")
    monkeypatch.setenv("LANG", "C.UTF-8")
    Supervisor(KINDS, reactor).start_processes()  # type: ignore[arg-type]
    for process in reactor.started:
        assert process.environment["LANG"] == "C.UTF-8"
        assert "secret" not in process.environment.values()


def test_a_start_that_is_given_up_leaves_no_process(reactor: PlayedReactor, supervisor: Supervisor) -> None:
    """They are killed: they have done nothing yet."""
    supervisor.abandon()
    assert [process.signals for process in reactor.started] == [["KILL"], ["KILL"]]
