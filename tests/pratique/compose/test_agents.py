"""The transport agents: the table of our own, and those that the setting names."""

import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from twisted.internet import reactor

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


@pytest.fixture(autouse=True)
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with an agent, one that calls itself otherwise, and one with a name of ours."""
    about = tmp_path / "some_agents-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: some-agents\nVersion: 1\n")
    (about / "entry_points.txt").write_text(POINTS)
    (tmp_path / "some_agents.py").write_text(CODE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "some_agents", raising=False)


def test_the_table_is_what_people_are_shown(tmp_path: Path) -> None:
    """Each of our own, in that order; those of other packages come last, where the setting names them."""
    settings = Settings(data=tmp_path)
    stamps = stamp_check_of(settings, reactor)
    ours = [agent.about.name for agent in agents_of(settings, reactor, THREADS, now, stamps)]
    assert ours == list(OWN_AGENTS)
    chain = chain_of(Settings(data=tmp_path, plugins=("quiet",)), reactor, THREADS, now)
    assert [agent.about.name for agent in chain.agents] == [*ours, "quiet"]


@pytest.mark.parametrize(
    ("plugin", "why"),
    [("antivirus-stamp", "two agents have the same name"), ("odd", "the agent of 'odd' calls itself 'quiet'")],
)
def test_an_agent_that_a_policy_could_not_name_stops_the_start(tmp_path: Path, plugin: str, why: str) -> None:
    """Its name is that of its entry point, and nobody else's."""
    with pytest.raises(SettingsError, match=f"plugins: {why}"):
        chain_of(Settings(data=tmp_path, plugins=(plugin,)), reactor, THREADS, now)
