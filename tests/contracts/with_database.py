"""A test case with a real database behind real threads, and two tenants in it."""

import tempfile
from pathlib import Path

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from tenants.storage.database import Database
from tenants.storage.database_threads import DatabaseThreads
from tests.contracts.customer_world import CustomerWorld, customer_world
from tests.contracts.mail_world import migrated_database


class WithDatabase(TestCase):
    """Gives `database`, `world` and `threads`."""

    timeout = 60

    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.database: Database = migrated_database(Path(folder.name))
        self.addCleanup(self.database.close)
        self.world: CustomerWorld = customer_world(self.database, Path(folder.name))
        self.threads = DatabaseThreads(self.database, reactor)
        self.threads.startService()
        self.addCleanup(self.threads.stopService)

    def threads_without_database(self) -> DatabaseThreads:
        """Threads whose database is away: its folder is not there."""
        database = Database("sqlite:////nowhere/at/all/pratique.sqlite")
        self.addCleanup(database.close)
        threads = DatabaseThreads(database, reactor)
        threads.startService()
        self.addCleanup(threads.stopService)
        return threads
