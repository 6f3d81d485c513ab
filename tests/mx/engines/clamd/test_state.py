"""What is shown of clamd."""

from datetime import datetime

import pytest
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.engines.clamd.connection import Daemon, parse_daemon
from mx.engines.clamd.state import parse_version, state_of
from tests.servers.clamd_server import ClamdServer

AWAY = Daemon(path="/nonexistent/clamd.sock")
TIME = datetime(2026, 11, 23, 8, 0).astimezone()
VERSIONS = {
    "ClamAV 1.4.6/27812/Mon Nov 23 08:00:00 2026": ("1.4.6", "27812", TIME),
    "ClamAV 1.4.6/27812/Mon Nov 23 08:00:00 2026\n": ("1.4.6", "27812", TIME),
    "ClamAV 1.4.6": ("1.4.6", "", None),
    "ClamAV 1.4.6/27812": ("1.4.6", "27812", None),
    "ClamAV 1.4.6/27812/yesterday": ("1.4.6", "27812", None),
    "": ("", "", None),
}


@pytest.mark.parametrize(("answer", "parsed"), VERSIONS.items())
def test_a_version_is_read_as_far_as_it_goes(answer: str, parsed: tuple[str, str, datetime | None]) -> None:
    """clamd leaves out what it does not know."""
    assert parse_version(answer) == parsed


class TestState(TestCase):
    """A running clamd, with a database of its own."""

    @pytest.fixture(autouse=True)
    def _with_clamd(self, clamd: ClamdServer) -> None:
        self.daemon = parse_daemon(clamd.setting)

    async def test_a_running_clamd_is_ready(self) -> None:
        """With its version; its own database has neither number nor age."""
        state = await state_of(reactor, "clamd", [self.daemon])
        assert (state.engine, state.is_available, state.text) == ("clamd", True, "ready")
        assert state.version[0].isdigit()
        assert state.signature_time is None

    async def test_one_that_is_away_beside_one_that_answers_is_named(self) -> None:
        """The engine is available all the same."""
        state = await state_of(reactor, "clamd", [AWAY, self.daemon])
        assert (state.is_available, state.text) == (True, f"no answer from {AWAY}")

    async def test_all_away_is_not_available(self) -> None:
        """Nothing is raised."""
        state = await state_of(reactor, "clamd", [AWAY])
        assert (state.is_available, state.text) == (False, "no answer")
