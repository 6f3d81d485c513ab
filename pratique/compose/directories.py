"""Recipients from directories, as every `work` process reads them."""

from typing import Any

from mx.delivery.runner import Runner
from mx.ldap.connection import Surroundings
from mx.ldap.sync import DirectorySync
from pratique.compose.storage import Storage
from pratique.ourselves import own_places
from pratique.settings.settings import Settings


def compose_directories(settings: Settings, reactor: Any, storage: Storage, owner: str) -> Runner:
    """The runner of one process; once it is stopped, a directory that is slow to answer is not waited for."""

    def is_stopping() -> bool:
        return not runner.running

    around = Surroundings(own_places(settings), settings.allow_private_routes, is_stopping)
    work = DirectorySync(storage.threads, storage.keyring, around, reactor, storage.clock, owner)
    runner = Runner(work, reactor)
    return runner
