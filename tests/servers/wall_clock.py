"""A wall clock that a test sets while the program runs: libfaketime in front of every process of a gateway.

The clocks that only go on (CLOCK_MONOTONIC, CLOCK_BOOTTIME) stay as they are, as they do when a real clock is set.
Failure: ServerMissing where libfaketime is not installed.
"""

from pathlib import Path

from tests.servers.gateway import PROGRAM
from tests.servers.program import ServerMissing

FOLDERS = ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib")
RIGHT = "+0"


class WallClock:
    """The clock of everything started with `program`."""

    def __init__(self, folder: Path) -> None:
        found = [Path(each, "faketime/libfaketimeMT.so.1") for each in FOLDERS]
        self._library = next((str(each) for each in found if each.exists()), "")
        if not self._library:
            raise ServerMissing("libfaketime is not installed")
        self._file = folder / "wall-clock"
        self.set(RIGHT)

    @property
    def program(self) -> tuple[str, ...]:
        """`pratique`, by this clock."""
        how = {
            "LD_PRELOAD": self._library,
            "FAKETIME_TIMESTAMP_FILE": str(self._file),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        }
        return ("env", *(f"{name}={value}" for name, value in how.items()), *PROGRAM)

    def set(self, to: str) -> None:
        """`+1d`, `-1h`: so far from the right time; `@2026-10-25 02:59:57`: that moment, in local time."""
        new = self._file.with_suffix(".new")
        new.write_text(f"{to}\n")
        new.replace(self._file)
