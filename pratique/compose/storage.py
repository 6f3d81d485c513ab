"""What every process of ours that touches mail shares: database threads, the sealed store, room on the disk."""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from pratique.opening import make_data_folder, open_blobs, open_database, open_keyring
from pratique.settings import Settings
from tenants.database_threads import DatabaseThreads
from tenants.sealed import SealedStore

RESERVE_SHARE = 1.5
"""So many times the largest message must stay free, beside what the messages under way may take."""
ROOM_SECONDS = 0.2
"""How long an answer about free room is good for."""


@dataclass(frozen=True, slots=True)
class Storage:
    """The parts that store."""

    threads: DatabaseThreads
    sealed: SealedStore
    scratch: Path
    """Where unnamed files of messages under way go."""
    has_room: Callable[[], bool]


def compose_storage(settings: Settings, reactor: Any) -> Storage:
    """The storage of one process; `threads` is the service to start and stop. Raises CannotOpen."""
    database = open_database(settings)
    scratch = settings.data / "scratch"
    make_data_folder(scratch)
    sealed = SealedStore(open_blobs(settings), open_keyring(settings))
    room = Room(settings.disks, int(settings.size * RESERVE_SHARE), reactor.seconds)
    return Storage(DatabaseThreads(database, reactor), sealed, scratch, room.is_left)


def queue_times(settings: Settings) -> tuple[timedelta, timedelta]:
    """The wait before a queued copy is tried first, and the time after which it is undeliverable."""
    return timedelta(seconds=settings.retry[0]), timedelta(seconds=settings.queue_lifetime)


class Room:
    """Whether the folders' disks have room for mail; asked for every message, so the answer is kept for a moment."""

    def __init__(self, folders: tuple[Path, ...], reserve_octets: int, seconds: Callable[[], float]) -> None:
        self._folders, self._reserve_octets, self._seconds = folders, reserve_octets, seconds
        self._is_left, self._until = True, float("-inf")

    def is_left(self) -> bool:
        """False when one of the disks is nearly full, or cannot be asked."""
        now = self._seconds()
        if now >= self._until:
            self._is_left, self._until = self._ask(), now + ROOM_SECONDS
        return self._is_left

    def _ask(self) -> bool:
        try:
            return all(shutil.disk_usage(folder).free >= self._reserve_octets for folder in self._folders)
        except OSError:
            return False
