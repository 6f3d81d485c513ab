"""The service's clock does not follow a wall clock that is set; and what its users need not import for it."""

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from mx.delivery.schedule import Absence
from pratique.clock.service_clock import (
    FOLLOWED,
    NAME,
    NOTE_SECONDS,
    ServiceClock,
    open_clock,
    service_time,
    since_boot,
)
from tests.contracts.customer_world import NOW

DAY = timedelta(days=1)
DECADE = timedelta(days=3653)


@dataclass
class Machine:
    """A machine's two clocks, and a data folder on it."""

    folder: Path
    wall: datetime = NOW
    steady: float = 5000.0

    def pass_by(self, time: timedelta) -> None:
        """Both clocks go on."""
        self.wall, self.steady = self.wall + time, self.steady + time.total_seconds()

    def wall_seconds(self) -> float:
        """What the wall clock shows at this moment."""
        return self.wall.timestamp()

    def boot(self) -> None:
        """The steady clock begins anew."""
        self.steady = 10.0

    def open(self) -> ServiceClock:
        """As another process would."""
        return open_clock(self.folder, self.wall_seconds, lambda: self.steady)


@pytest.fixture
def machine(tmp_path: Path) -> Machine:
    return Machine(tmp_path)


@pytest.fixture
def clock(machine: Machine) -> Iterator[ServiceClock]:
    with closing(machine.open()) as opened:
        yield opened


def test_it_is_now_and_knows_its_zone(tmp_path: Path) -> None:
    before = datetime.now(UTC)
    now = service_time(tmp_path)
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


def test_since_boot_goes_on() -> None:
    first = since_boot()
    assert since_boot() >= first > 0


@pytest.mark.parametrize("step", [DAY, -DAY, DECADE, -timedelta(hours=1), FOLLOWED + timedelta(seconds=1)])
def test_a_wall_clock_that_is_set_is_not_followed(clock: ServiceClock, machine: Machine, step: timedelta) -> None:
    """Neither by those that run nor by one that begins meanwhile."""
    machine.pass_by(timedelta(hours=2))
    machine.wall += step
    machine.pass_by(timedelta(minutes=5))
    with closing(machine.open()) as other:
        assert clock() == other() == NOW + timedelta(hours=2, minutes=5)
    assert clock.wall_is_ahead_by() == step


@pytest.mark.parametrize("step", [timedelta(seconds=1), -timedelta(seconds=1), FOLLOWED, -FOLLOWED])
def test_a_small_correction_is_followed(clock: ServiceClock, machine: Machine, step: timedelta) -> None:
    """What a clock that is kept right is corrected by."""
    machine.wall += step
    assert clock() == machine.wall
    assert clock.wall_is_ahead_by() == timedelta(0)


def test_who_restarts_takes_the_wall_clock_over(machine: Machine) -> None:
    """A clock that was wrong at the first start, and was set right since."""
    with closing(machine.open()) as first:
        machine.wall += DAY
        assert first() == NOW
    with closing(machine.open()) as second:
        assert second() == NOW + DAY
        assert second.absences == (Absence(NOW + DAY, DAY),)


def test_no_time_comes_twice(machine: Machine) -> None:
    """The wall clock is behind what the service has seen: it goes on from there."""
    with closing(machine.open()) as first:
        machine.pass_by(DAY)
        assert first() == NOW + DAY
    machine.boot()
    machine.wall -= DECADE
    with closing(machine.open()) as second:
        machine.pass_by(timedelta(seconds=30))
        assert second() == NOW + DAY + timedelta(seconds=30)
        assert (second.absences, second.wall_is_ahead_by()) == ((), -DECADE)


def test_absences_are_remembered(machine: Machine) -> None:
    """From one start to the next; a short one is none, and a command that looks in between makes no two of one."""
    machine.open().close()
    machine.pass_by(DAY)
    machine.open().close()
    machine.pass_by(DAY)
    with closing(machine.open()) as second:
        machine.pass_by(timedelta(seconds=NOTE_SECONDS))
        second()
    machine.pass_by(timedelta(seconds=20))
    machine.boot()
    machine.open().close()
    machine.pass_by(DECADE)
    with closing(machine.open()) as fourth:
        back, last = NOW + 2 * DAY, DECADE + timedelta(seconds=20)
        noted = back + timedelta(seconds=NOTE_SECONDS)
        assert fourth.absences == (Absence(back, 2 * DAY), Absence(noted + last, last))


@pytest.mark.parametrize("kept", [b"", b"{", b"[]", b"{}", b'{"ahead": "x", "absences": []}', b"\xff", b"1" * 70_000])
def test_a_file_that_was_never_finished_is_begun_anew(machine: Machine, kept: bytes) -> None:
    (machine.folder / NAME).write_bytes(kept)
    with closing(machine.open()) as clock:
        assert (clock(), clock.absences) == (NOW, ())


@pytest.mark.skipif(os.getuid() != 0, reason="only root may give files away")
def test_a_file_that_root_makes_belongs_to_who_owns_the_folder(machine: Machine) -> None:
    """A command of root's, before the service's first start."""
    os.chown(machine.folder, 65534, 65534)
    machine.open().close()
    kept = (machine.folder / NAME).stat()
    assert (kept.st_uid, kept.st_gid) == (65534, 65534)


def test_it_is_noted_now_and_then_that_the_service_is_there(clock: ServiceClock, machine: Machine) -> None:
    """By the service's clock, whatever the wall clock says."""
    for passed, noted in ((1, 0), (NOTE_SECONDS, NOTE_SECONDS), (NOTE_SECONDS + 1, NOTE_SECONDS), (60, 60)):
        machine.steady = 5000 + passed
        machine.wall = NOW + DAY
        clock()
        assert (machine.folder / NAME).stat().st_mtime == (NOW + timedelta(seconds=noted)).timestamp()


def test_a_disk_that_breaks_is_let_go(clock: ServiceClock, machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The clock goes on, and the file is nobody's: who comes next begins it."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    machine.pass_by(timedelta(seconds=NOTE_SECONDS))
    monkeypatch.setattr(os, "utime", fail)
    assert clock() == NOW + timedelta(seconds=NOTE_SECONDS)
    monkeypatch.undo()
    with closing(machine.open()) as other:
        assert other.is_begun_here
    assert clock() == NOW + timedelta(seconds=NOTE_SECONDS)


def test_a_process_without_the_file_goes_by_itself(tmp_path: Path) -> None:
    """Its clock is steady as well."""
    machine = Machine(tmp_path / "missing")
    clock = machine.open()
    machine.wall += DAY
    assert clock() == NOW
    clock.close()


def test_a_work_process_imports_nothing_of_an_mx_process() -> None:
    """Receiving mail is a fifth of what it would import, and it is the last to be ready."""
    said = subprocess.run(
        [sys.executable, "-c", "import sys, pratique.compose.work; print(*sys.modules)"],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    assert "pratique.compose.work" in said
    assert not {"pratique.compose.mx", "mx.intake", "mx.smtp.listener"} & {*said}
