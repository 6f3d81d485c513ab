"""The transport agents: the table of our own, and those that the setting names."""

import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.agents.chain import Chain
from mx.agents.outside.agent import OutsideAgent
from pratique.compose.agents import agents_of, chain_of, stamp_check_of
from pratique.settings.settings import Settings, SettingsError
from tenants.policies.agent_names import OWN_AGENTS

POINTS = """[pratique.agents]
quiet = some_agents:make
odd = some_agents:make
antivirus-stamp = some_agents:make_ours
"""
CODE = """
from mx.agents.contract import About

class Agent:
    about = About("quiet")

def make(reactor, settings):
    return Agent()

def make_ours(reactor, settings):
    agent = Agent()
    agent.about = About("antivirus-stamp")
    return agent
"""
THREADS: Any = None


def now() -> datetime:
    """Nobody asks."""
    raise AssertionError


class AgentsTest(TestCase):
    """Beside a package with an agent, one that calls itself otherwise, and one with a name of ours."""

    timeout = 60

    def setUp(self) -> None:
        folder = TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.data = Path(folder.name)
        about = self.data / "some_agents-1.dist-info"
        about.mkdir()
        (about / "METADATA").write_text("Metadata-Version: 2.1\nName: some-agents\nVersion: 1\n")
        (about / "entry_points.txt").write_text(POINTS)
        (self.data / "some_agents.py").write_text(CODE)
        self.patch(sys, "path", [folder.name, *sys.path])

    def chain(self, *plugins: str) -> Chain:
        return chain_of(Settings(data=self.data, plugins=plugins), reactor, THREADS, now)

    async def test_the_table_is_what_people_are_shown(self) -> None:
        """Each of our own, in that order; those of other packages come last, where the setting names them."""
        settings = Settings(data=self.data)
        stamps = stamp_check_of(settings, reactor)
        ours = [agent.about.name for agent in agents_of(settings, reactor, THREADS, now, stamps)]
        assert ours == list(OWN_AGENTS)
        agents = self.chain("quiet").agents
        assert [agent.about.name for agent in agents] == [*ours, "quiet"]
        quiet = agents[-1]
        assert isinstance(quiet, OutsideAgent)
        await quiet.stop()

    def test_an_agent_that_a_policy_could_not_name_stops_the_start(self) -> None:
        """Its name is that of its entry point, and nobody else's; its process ends."""
        cases = {"antivirus-stamp": "two agents have the same name", "odd": "the agent of 'odd' calls itself 'quiet'"}
        for plugin, why in cases.items():
            with pytest.raises(SettingsError, match=f"plugins: {why}"):
                self.chain(plugin)
