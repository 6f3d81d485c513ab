"""A `work` process, composed of its real parts on the real reactor: alone, without a supervisor."""

from pathlib import Path
from tempfile import TemporaryDirectory

from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.delivery.runner import Runner
from pratique.compose.work import compose_work
from pratique.settings.settings import Settings
from pratique.sweep import Sweep


class Working(TestCase):
    """On an empty data folder."""

    async def test_it_runs_queue_releases_own_mail_directories_and_sweep(self) -> None:
        """Whatever works stops before the database that it rests on."""
        with TemporaryDirectory() as folder:
            service = compose_work(Settings(data=Path(folder), clamd=(), cells=1), reactor, [], "work")
            kinds = [type(part) for part in service]
            service.startService()
            await service.stopService()
        assert kinds.count(Runner) == 4
        assert kinds[-1] is Sweep
        assert kinds[0].__name__ == "DatabaseThreads"
