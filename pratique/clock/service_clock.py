"""The service's clock: what time it is for the mail, for sessions, and for everything else that lasts.

It is the wall clock of the moment at which the first process of this node began, and goes on as time does. So a wall
clock that is set, by a day or ten years, forward or back, ends nothing early and holds nothing back; one that is
corrected by degrees, or by FOLLOWED at most, is followed. All processes on a data folder go by one clock: its file
there, `clock`, says how far the wall clock was ahead of the time since the machine's start. As long as one of them
holds the file's lock, it stands; the first that comes when nobody is there sets it anew. So who wants the service to
take a corrected wall clock over restarts it.

The file's own time is when the service was last seen, by its clock; who asks the clock notes it, every NOTE_SECONDS.
What begins anew goes on from there where the wall clock is behind that: no time comes twice. Where it is ahead, the
service was away, or the clock was set; nobody can tell, so the file keeps when and how long (`absences`), and the queue
does not count them.

Failure: a file that cannot be written, or was never finished: this process goes by a clock of its own, begun with it.
A disk that breaks later is let go, so that it can be unmounted; the process's clock goes on.
Limits: ABSENCES_KEPT. Certificates are judged by the wall clock, as OpenSSL does.
"""

import fcntl
import json
import os
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Lock

from mx.delivery.schedule import Absence

NAME = "clock"
FOLLOWED = timedelta(seconds=60)
"""Less than a lease is longer than the work done under it, and than any lifetime."""
ABSENCES_KEPT = 50
NOTE_SECONDS = 5.0
"""So often, at most, it is noted that the service is there."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def since_boot() -> float:
    """Seconds since the machine began, asleep or awake; the same for all of its processes, and never set."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


@dataclass(frozen=True, slots=True)
class Beginning:
    """How a clock was begun."""

    ahead: timedelta
    """Of the time since the machine's start."""
    absences: tuple[Absence, ...] = ()
    is_new: bool = True

    @classmethod
    def from_json(cls, raw: bytes) -> "Beginning":
        """As the file has it. Raises ValueError, TypeError, KeyError."""
        kept = json.loads(raw)
        absences = tuple(Absence(_EPOCH + at * _MICROSECOND, lasted * _MICROSECOND) for at, lasted in kept["absences"])
        return cls(kept["ahead"] * _MICROSECOND, absences, is_new=False)

    def to_json(self) -> bytes:
        """Everything as whole microseconds, on one line."""
        absences = [[(each.ended_at - _EPOCH) // _MICROSECOND, each.lasted // _MICROSECOND] for each in self.absences]
        return json.dumps({"ahead": self.ahead // _MICROSECOND, "absences": absences}).encode() + b"\n"


class ServiceClock:
    """Tells the time when it is called, aware, in UTC; made by `open_clock`."""

    def __init__(
        self, beginning: Beginning, file: int | None, wall: Callable[[], float], steady: Callable[[], float]
    ) -> None:
        self.is_begun_here = beginning.is_new
        """Nobody else was there."""
        self.absences = beginning.absences
        self._ahead, self._file, self._wall, self._steady = beginning.ahead, file, wall, steady
        self._note_at = steady() + NOTE_SECONDS
        self._noting = Lock()

    def __call__(self) -> datetime:
        seconds = self._steady()
        shown = _EPOCH + timedelta(seconds=self._wall())
        passed = _EPOCH + self._ahead + timedelta(seconds=seconds)
        now = shown if abs(shown - passed) <= FOLLOWED else passed
        if seconds >= self._note_at:
            self._note(now, seconds)
        return now

    def wall_is_ahead_by(self) -> timedelta:
        """How far the wall clock was set, since the clock was begun or before."""
        return _EPOCH + timedelta(seconds=self._wall()) - self()

    def close(self) -> None:
        """Let go of the file."""
        with self._noting:
            self._let_go()

    def _note(self, now: datetime, seconds: float) -> None:
        # Threads ask as well, and a descriptor that was closed may be another file's by then.
        with self._noting:
            self._note_at = seconds + NOTE_SECONDS
            if self._file is not None:
                try:
                    _set_seen(self._file, now)
                except OSError:
                    self._let_go()

    def _let_go(self) -> None:
        if self._file is not None:
            os.close(self._file)
            self._file = None


def open_clock(
    folder: Path, wall: Callable[[], float] = time.time, steady: Callable[[], float] = since_boot
) -> ServiceClock:
    """The clock of the service whose data are in this folder; begun, where no process has it open."""
    try:
        file = os.open(folder / NAME, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        if os.geteuid() == 0:
            # The service may be another user's, and a command of root's the first that comes.
            owner = folder.stat()
            os.fchown(file, owner.st_uid, owner.st_gid)
    except OSError:
        return ServiceClock(_begun(None, (), wall(), steady()), None, wall, steady)
    try:
        return ServiceClock(_agreed(file, wall, steady), file, wall, steady)
    except OSError:
        os.close(file)
        return ServiceClock(_begun(None, (), wall(), steady()), None, wall, steady)


def service_time(folder: Path) -> datetime:
    """The time now, for a command that asks once."""
    with closing(open_clock(folder)) as clock:
        return clock()


def _agreed(file: int, wall: Callable[[], float], steady: Callable[[], float]) -> Beginning:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        fcntl.flock(file, fcntl.LOCK_SH)
        return _kept(file) or _begun(None, (), wall(), steady())
    try:
        before, seen = _kept(file), _EPOCH + timedelta(microseconds=os.fstat(file).st_mtime_ns // 1000)
        absences = before.absences if before else ()
        beginning = _begun(seen if before else None, absences, wall(), steady())
        kept = beginning.to_json()
        # In this order a full disk takes it: the file's block is there.
        os.pwrite(file, kept, 0)
        os.ftruncate(file, len(kept))
        # A command that came and went is not the service.
        _set_seen(file, seen if before else _EPOCH + timedelta(seconds=wall()))
    finally:
        fcntl.flock(file, fcntl.LOCK_SH)
    return beginning


def _kept(file: int) -> Beginning | None:
    try:
        return Beginning.from_json(os.pread(file, 1 << 16, 0))
    except (ValueError, TypeError, KeyError, OverflowError):
        return None


def _begun(seen: datetime | None, absences: tuple[Absence, ...], wall: float, steady: float) -> Beginning:
    now = _EPOCH + timedelta(seconds=wall)
    if seen is not None and now < seen - FOLLOWED:
        now = seen
    if seen is not None and now > seen + FOLLOWED:
        known = [each for each in absences if each.ended_at - each.lasted != seen]
        absences = (*known, Absence(now, now - seen))[-ABSENCES_KEPT:]
    return Beginning(now - _EPOCH - timedelta(seconds=steady), absences)


def _set_seen(file: int, at: datetime) -> None:
    nanoseconds = (at - _EPOCH) // _MICROSECOND * 1000
    os.utime(file, ns=(nanoseconds, nanoseconds))
