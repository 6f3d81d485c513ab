"""Engines and agents of other packages, each in processes of its own (`mx/outside/crew.py`).

Comes in: the setting `plugins`. Goes out: an engine or an agent for each that is one, in that order; each has started
one process and has said what it is.

Failure: one that cannot be made stops the start with one plain line; so does an agent that goes by another name than
its entry point's, by which policies name it.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any, TypeVar

from mx.agents.contract import Agent
from mx.outside.crew import CannotBegin, Start
from mx.outside.frames import Frame, frame_octets
from mx.outside.process import Started
from pratique.plugins import AGENTS, ENGINES, plugged_settings
from pratique.settings.settings import PREFIX, Settings, SettingsError

T = TypeVar("T")


def outside_agents(settings: Settings, reactor: Any) -> list[Agent]:
    """All agents. Raises SettingsError."""
    from mx.agents.outside.agent import begin

    agents = _begun(AGENTS, settings, reactor, begin)
    for name, agent in agents:
        if agent.about.name != name:
            for _, each in agents:
                each.stop()
            raise SettingsError(f"plugins: the agent of {name!r} calls itself {agent.about.name!r}.")
    return [agent for _, agent in agents]


def outside_engines(settings: Settings, reactor: Any) -> list[Any]:
    """All engines. Raises SettingsError."""
    from mx.engines.outside.engine import begin

    return [engine for _, engine in _begun(ENGINES, settings, reactor, begin)]


def _begun(group: str, settings: Settings, reactor: Any, begin: Callable[[Any, str, Start], T]) -> list[tuple[str, T]]:
    plugins: list[tuple[str, T]] = []
    for name, own_settings in plugged_settings(group, settings):
        try:
            plugins.append((name, begin(reactor, name, _start(group, name, own_settings))))
        except CannotBegin as error:
            raise SettingsError(f"plugins: {name!r} cannot be used: {error}.") from error
    return plugins


def _start(group: str, name: str, own_settings: dict[str, str]) -> Start:
    return lambda: start_process(group, name, own_settings)


def start_process(group: str, name: str, own_settings: dict[str, str]) -> Started:
    """A process that makes this plug-in, and our end of its socket. Raises OSError."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with theirs:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
                [sys.executable, "-P", "-m", "pratique.plugin_process", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=2,
                pass_fds=(theirs.fileno(),),
                env=_environment(),
                process_group=0,
            )
            asked = {"group": group, "name": name, "settings": own_settings}
            ours.sendall(frame_octets(Frame.CONFIGURE, 0, json.dumps(asked).encode()))
        except BaseException:
            ours.close()
            raise
    ours.setblocking(False)
    return process, ours


def _environment() -> dict[str, str]:
    """Ours without our settings, among which are secrets; with the import path that we have."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
