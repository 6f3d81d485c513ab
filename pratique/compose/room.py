"""Whether the disks take mail: asked for every message, and by whoever watches this node.

Failure: a disk that is nearly full, read-only, broken or gone has no room: senders are told to try again later.
Limits: the answer is that of the last 0.05 s; what is under way then may take some of the reserve.
"""

import os
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from pratique.settings.settings import Settings

RESERVE_SHARE = 1.5
"""So many times the largest message must stay free, beside what the messages under way may take."""
JOURNAL_OCTETS = 8 << 20
"""And so much for the database: SQLite's journal grows to 4 MiB between checkpoints, also while mail is put off."""
ROOM_SECONDS = 0.05
"""How long an answer about free room is good for."""


class Room:
    """Whether the folders' disks have room for mail; asked for every message, so the answer is kept for a moment."""

    def __init__(self, folders: tuple[Path, ...], reserve_octets: int, seconds: Callable[[], float]) -> None:
        self._folders, self._reserve_octets, self._seconds = folders, reserve_octets, seconds
        self._is_left, self._until = True, float("-inf")

    def is_left(self) -> bool:
        """False when one of the disks is nearly full, or takes nothing."""
        now = self._seconds()
        if now >= self._until:
            self._is_left, self._until = self._ask(), now + ROOM_SECONDS
        return self._is_left

    def _ask(self) -> bool:
        try:
            # Folders on one disk share its room; whether one of them was made read-only is asked of each.
            disks = {folder.stat().st_dev: folder for folder in self._folders}
            are_open = all(os.access(folder, os.W_OK | os.X_OK) for folder in self._folders)
            return are_open and all(_free_octets(folder) >= self._reserve_octets for folder in disks.values())
        except OSError:
            return False


def room_of(settings: Settings, seconds: Callable[[], float] = time.monotonic) -> Room:
    """The room on the disks of these settings; a data folder that is not there yet has none."""
    return Room(settings.disks, int(settings.size * RESERVE_SHARE) + JOURNAL_OCTETS, seconds)


def _free_octets(folder: Path) -> int:
    """What an ordinary user may still take. Raises OSError where nothing can be written: figures alone do not tell."""
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        file.write(b".")
        figures = os.fstatvfs(file.fileno())
    return figures.f_bavail * figures.f_frsize
