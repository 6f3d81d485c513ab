"""Agents of other packages as the program makes them: in processes of their own, or with one plain line."""

import pytest
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.agents.outside.agent import OutsideAgent
from pratique.outside_plugins import outside_agents
from pratique.settings.settings import Settings, SettingsError
from tests.servers.plugin_folder import plugin_folder

AGENTS = """
import os
from mx.agents.contract import About, Go

class Named:
    def __init__(self, reactor, settings):
        self.about = About(settings["name"])

    async def on_helo(self, event):
        return Go()

def dies(reactor, settings):
    os._exit(1)
"""
POINTS = {"pratique.agents:first": "Named", "pratique.agents:second": "Named", "pratique.agents:dies": "dies"}


class OutsideAgentsTest(TestCase):
    """Real plug-ins."""

    timeout = 60

    def test_each_is_made_in_the_order_of_the_setting(self) -> None:
        """With its own settings."""
        settings = Settings(plugins=("second?name=second", "first?name=first"))
        with self._installed():
            agents = outside_agents(settings, reactor)
        for agent in agents:
            assert isinstance(agent, OutsideAgent)
            self.addCleanup(agent.stop)
        assert [agent.about.name for agent in agents] == ["second", "first"]

    def test_one_that_cannot_be_made_stops_the_start(self) -> None:
        """What it raises is said; so is an end without a word."""
        with self._installed():
            for plugin, why in (
                ("first", "'first' cannot be used: KeyError: 'name'"),
                ("dies", "'dies' cannot be used"),
            ):
                with pytest.raises(SettingsError, match=why):
                    outside_agents(Settings(plugins=(plugin,)), reactor)

    def test_one_of_another_name_stops_the_start(self) -> None:
        """A policy would name it by one, and the trace by the other."""
        with self._installed(), pytest.raises(SettingsError, match="the agent of 'first' calls itself 'x'"):
            outside_agents(Settings(plugins=("first?name=x",)), reactor)

    def _installed(self) -> "_Installed":
        return _Installed(self)


class _Installed:
    """The package is found by this process, too, while this lasts."""

    def __init__(self, test: TestCase) -> None:
        self._test, self._folder = test, plugin_folder("named_agents", AGENTS, POINTS)

    def __enter__(self) -> None:
        import sys

        self._test.patch(sys, "path", [str(self._folder.__enter__()), *sys.path])

    def __exit__(self, *error: object) -> None:
        self._folder.__exit__(None, None, None)
