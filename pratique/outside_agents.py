"""Agents of other packages, each in processes of its own (`mx/agents/outside/agent.py`).

Comes in: the setting `plugins`. Goes out: an agent for each that is one, in that order; each has started one process
and has said what it is.

Failure: one that cannot be made, or goes by another name than its entry point's, stops the start with one plain line.
"""

import json
import os
import socket
import subprocess
import sys
from typing import Any

from mx.agents.contract import Agent
from mx.agents.outside.agent import CannotBegin, begin
from mx.agents.outside.process import Started
from mx.agents.outside.wire import Frame, frame_octets
from pratique.plugins import AGENTS, plugged_settings
from pratique.settings.settings import PREFIX, Settings, SettingsError


def outside_agents(settings: Settings, reactor: Any) -> list[Agent]:
    """All of them. Raises SettingsError."""
    return [_begun(name, own, reactor) for name, own in plugged_settings(AGENTS, settings)]


def _begun(name: str, own_settings: dict[str, str], reactor: Any) -> Agent:
    try:
        agent = begin(reactor, lambda: start_process(name, own_settings))
    except CannotBegin as error:
        raise SettingsError(f"plugins: {name!r} cannot be used: {error}.") from error
    if agent.about.name != name:
        agent.stop()
        raise SettingsError(f"plugins: the agent of {name!r} calls itself {agent.about.name!r}.")
    return agent


def start_process(name: str, own_settings: dict[str, str]) -> Started:
    """A process that makes this plug-in's agent, and our end of its socket. Raises OSError."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
    with theirs:
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
                [sys.executable, "-P", "-m", "pratique.agent_process", str(theirs.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=2,
                pass_fds=(theirs.fileno(),),
                env=_environment(),
                process_group=0,
            )
            ours.sendall(
                frame_octets(Frame.CONFIGURE, 0, json.dumps({"name": name, "settings": own_settings}).encode())
            )
        except BaseException:
            ours.close()
            raise
    ours.setblocking(False)
    return process, ours


def _environment() -> dict[str, str]:
    """Ours without our settings, among which are secrets; with the import path that we have."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(PREFIX)}
    return kept | {"PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
