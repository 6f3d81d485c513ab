"""The transport agents: the table of our own, and those that the setting names."""

import sys
from pathlib import Path

import pytest
from twisted.internet import reactor

from pratique.compose.agents import agents_of, chain_of
from pratique.settings import Settings, SettingsError

POINTS = "[pratique.agents]\none = two_agents:make\ntwo = two_agents:make\n"
CODE = """
from mx.agents.contract import About

class Agent:
    about = About("quiet")

def make(reactor, settings):
    return Agent()
"""


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two plug-ins whose agents have the same name."""
    about = tmp_path / "two_agents-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: two-agents\nVersion: 1\n")
    (about / "entry_points.txt").write_text(POINTS)
    (tmp_path / "two_agents.py").write_text(CODE)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "two_agents", raising=False)


@pytest.mark.usefixtures("installed")
def test_agents_of_other_packages_come_last(tmp_path: Path) -> None:
    """Where the setting names them; what is merely installed is not run."""
    ours = [agent.about.name for agent in agents_of(Settings(data=tmp_path), reactor)]
    with_one = [agent.about.name for agent in agents_of(Settings(data=tmp_path, plugins=("one",)), reactor)]
    assert with_one == [*ours, "quiet"]
    chain = chain_of(Settings(data=tmp_path, plugins=("two",)), reactor)
    assert [agent.about.name for agent in chain.agents] == with_one


@pytest.mark.usefixtures("installed")
def test_two_agents_of_one_name_stop_the_start(tmp_path: Path) -> None:
    """A policy could not say which of them it means."""
    with pytest.raises(SettingsError, match="plugins: two agents have the same name"):
        chain_of(Settings(data=tmp_path, plugins=("one", "two")), reactor)
