"""Plug-ins: the documented example, really installed, and what cannot be used."""

import base64
import hashlib
import json
import os
import subprocess
import sys
import tomllib
import zipfile
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.agents.chain import Hearing
from mx.agents.outside.agent import OutsideAgent
from pratique.compose.agents import looking_chain_of
from pratique.outside_plugins import outside_engines
from pratique.plugins import AGENTS, ENGINES, known_agents, make_plugin, plugged_settings, require_plugins
from pratique.settings.settings import Settings, SettingsError
from tenants.policies.agent_names import OWN_AGENTS
from tests.contracts.agent import CLIENT, events_for
from tests.contracts.mail import message, text_part

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "docs" / "examples" / "password-words"
AGENT = ROOT / "docs" / "examples" / "subject-tag"
ASKS = message(text_part(b"Please send us YOUR PASSWORD at once.\r\n"))


def wheel_of(example: Path, folder: Path) -> Path:
    """The example as its build system would pack it, without asking anybody for a build system."""
    project = tomllib.loads((example / "pyproject.toml").read_text())["project"]
    name, version = project["name"].replace("-", "_"), project["version"]
    [(group, points)] = project["entry-points"].items()
    about = f"{name}-{version}.dist-info"
    files = {path.name: path.read_text() for path in example.glob("*.py")}
    files[f"{about}/METADATA"] = f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {version}\n"
    files[f"{about}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files[f"{about}/entry_points.txt"] = f"[{group}]\n" + "".join(f"{key} = {value}\n" for key, value in points.items())
    digests = {name: base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()) for name, text in files.items()}
    files[f"{about}/RECORD"] = "".join(f"{each},sha256={digests[each].decode().rstrip('=')},\n" for each in digests)
    wheel = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(wheel, "w") as archive:
        for each, text in files.items():
            archive.writestr(each, text)
    return wheel


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder into which pip has installed the examples."""
    folder = tmp_path_factory.mktemp("plugins")
    target = folder / "target"
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", str(target)]
    wheels = [str(wheel_of(example, folder)) for example in (EXAMPLE, AGENT)]
    subprocess.run([*pip, *wheels], check=True, capture_output=True, timeout=120)
    return target


def scan(folder: Path, target: Path, plugins: str) -> "subprocess.CompletedProcess[str]":
    (folder / "mail.eml").write_bytes(ASKS)
    settings = {"PRATIQUE_CLAMD": "none", "PRATIQUE_PLUGINS": plugins, "PYTHONPATH": f"{ROOT}{os.pathsep}{target}"}
    words = [sys.executable, "-m", "pratique", "scan", "mail.eml", "--json"]
    return subprocess.run(words, cwd=folder, env=os.environ | settings, capture_output=True, text=True, timeout=60)


def test_the_documented_engine_is_installed_and_scans(installed: Path, tmp_path: Path) -> None:
    """With settings of its own; without being named in the setting it does not run."""
    done = scan(tmp_path, installed, "password-words")
    record = json.loads(done.stdout)
    assert (done.returncode, record["verdict"]) == (10, "suspicious")
    found = {(finding["engine"], finding["name"]) for finding in record["findings"]}
    assert found == {("password-words", "Asks.For.Password")}
    assert "unanswered" not in record
    for plugins in ("password-words?words=your+pin", ""):
        assert json.loads(scan(tmp_path, installed, plugins).stdout)["verdict"] == "clean"


def test_the_documented_engine_is_the_one_that_is_shown() -> None:
    """The page and the file say the same, in about twenty lines."""
    code = (EXAMPLE / "password_words.py").read_text().partition("\n\n")[2]
    assert f"```python\n{code}```" in (ROOT / "docs" / "plugins.md").read_text()
    assert len([line for line in code.splitlines() if line]) <= 20


def test_the_documented_agent_is_the_one_that_is_shown() -> None:
    """The page and the file say the same, in about twenty lines."""
    code = (AGENT / "subject_tag.py").read_text().partition("\n\n")[2]
    assert f"```python\n{code}```" in (ROOT / "docs" / "plugins.md").read_text()
    assert len([line for line in code.splitlines() if line]) <= 20


class InstalledAgentTest(TestCase):
    """The documented agent, installed by pip, as the program makes it: through the chain, in a transaction."""

    timeout = 60

    async def test_it_takes_part_at_its_events(self) -> None:
        """A greeting that it refuses; a word that it tags; and nothing else."""
        with TemporaryDirectory() as name:
            wheel = wheel_of(AGENT, Path(name))
            pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-index", "--target", name]
            subprocess.run([*pip, str(wheel)], check=True, capture_output=True, timeout=120)
            self.patch(sys, "path", [name, *sys.path])
            chain = looking_chain_of(Settings(plugins=("subject-tag?word=Invoice&refused=bad.example",)), reactor)
        tag = chain.agents[-1]
        assert isinstance(tag, OutsideAgent)
        self.addCleanup(tag.stop)
        assert [agent.about.name for agent in chain.agents] == ["attachment-filter", "subject-tag"]
        for client, refused in ((replace(CLIENT, helo="BAD.example"), True), (CLIENT, False)):
            hearing = Hearing(chain.order_of(["subject-tag"]) or {})
            for event in events_for(client=client).values():
                await chain.ask(hearing, event)
            assert (hearing.refusal is not None) is refused
            assert hearing.headers_on_top == (b"" if refused else b"X-Subject-Tag: yes\r\n")
            assert [note.fact.name for note in hearing.notes] == ([] if refused else ["tagged"])


def test_known_agents_are_ours_and_those_of_plug_ins(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the order in which people see them; an engine is none."""
    monkeypatch.syspath_prepend(str(installed))
    settings = Settings(plugins=("password-words", "subject-tag?word=x"))
    assert known_agents(settings) == (*OWN_AGENTS, "subject-tag")


def test_a_plugin_that_nobody_has_stops_the_start(tmp_path: Path) -> None:
    """With one plain line."""
    done = scan(tmp_path, tmp_path, "nobody-has-this")
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "no installed package has an engine or an agent 'nobody-has-this'" in done.stderr
    with pytest.raises(SettingsError, match="nobody-has-this"):
        require_plugins(Settings(plugins=("nobody-has-this",)))


def test_each_group_gets_its_own(installed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An engine is no agent."""
    monkeypatch.syspath_prepend(str(installed))
    settings = Settings(plugins=("password-words?words=pin",))
    assert plugged_settings(ENGINES, settings) == [("password-words", {"words": "pin"})]
    assert plugged_settings(AGENTS, settings) == []
    assert make_plugin(ENGINES, "password-words", {}, reactor).name == "password-words"
    with pytest.raises(SettingsError, match="password-words"):
        make_plugin(AGENTS, "password-words", {}, reactor)


def test_a_factory_that_raises_stops_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever it raises."""
    about = tmp_path / "broken-1.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1\n")
    (about / "entry_points.txt").write_text("[pratique.engines]\nbroken = broken_engine:make\n")
    (tmp_path / "broken_engine.py").write_text("def make(reactor, settings):\n    raise KeyError('host')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(SettingsError, match="'broken' cannot be used: KeyError: 'host'"):
        outside_engines(Settings(plugins=("broken",)), reactor)
