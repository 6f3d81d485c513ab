"""Directories are read by every `work` process, until it is stopped."""

from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from pratique.compose.directories import compose_directories
from pratique.compose.storage import compose_storage
from pratique.settings.settings import Settings


class Composed(TestCase):
    """On an empty data folder."""

    async def test_it_looks_and_stops(self) -> None:
        """A directory under way sees that it is being stopped."""
        with TemporaryDirectory() as folder:
            settings = Settings(data=Path(folder), allow_private_routes=True)
            storage = compose_storage(settings, reactor)
            storage.threads.startService()
            runner = compose_directories(settings, reactor, storage, "one")
            around = runner._work._around  # type: ignore[attr-defined]
            assert around.allow_private and around.is_stopping()
            runner.startService()
            assert not around.is_stopping()
            await runner.stopService()
            assert around.is_stopping()
            await storage.threads.stopService()
