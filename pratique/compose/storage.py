"""What every process that touches mail shares: database threads, the sealed store, room on the disk, the clock."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from pratique.clock.service_clock import ServiceClock, open_clock
from pratique.compose.room import room_of
from pratique.opening import make_data_folder, open_blobs, open_database, plain_outages
from pratique.secrets.master_keys import open_keyring
from pratique.settings.settings import Settings
from tenants.encryption.keys import Keyring
from tenants.encryption.sealed import SealedStore
from tenants.storage.database_threads import DatabaseThreads


@dataclass(frozen=True, slots=True)
class Storage:
    """The parts that store."""

    threads: DatabaseThreads
    sealed: SealedStore
    keyring: Keyring
    scratch: Path
    """Where unnamed files of messages under way go."""
    has_room: Callable[[], bool]
    clock: ServiceClock


def compose_storage(settings: Settings, reactor: Any) -> Storage:
    """The storage of one process; `threads` is the service to start and stop. Raises CannotOpen."""
    database = open_database(settings)
    scratch = settings.data / "scratch"
    make_data_folder(scratch)
    with plain_outages():
        keyring = open_keyring(settings.master_key, database)
    sealed = SealedStore(open_blobs(settings), keyring)
    has_room = room_of(settings, reactor.seconds).is_left
    threads = DatabaseThreads(database, reactor)
    return Storage(threads, sealed, keyring, scratch, has_room, open_clock(settings.data))


def queue_times(settings: Settings) -> tuple[timedelta, timedelta]:
    """The wait before a queued copy is tried first, and the time after which it is undeliverable."""
    return timedelta(seconds=settings.retry[0]), timedelta(seconds=settings.queue_lifetime)
