"""Agents and an engine that do what they are asked, in processes of their own, as those of other packages run.

`start_of(name)` starts a process with the agent of that name; `event(does)` is a message that asks it for something.
"""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mx.agents.contract import About, AddHeaders, Answers, Go, HeadersSeen, Hook, OnFailure, Right
from mx.agents.outside.served import serve_agent
from mx.artifact import Artifact
from mx.engines.contract import EICAR, Circumstances, EngineState, Purpose
from mx.engines.outside.served import serve_engine
from mx.finding import Finding, Found, NothingFound, Severity
from mx.outside.child import Served
from mx.outside.frames import Frame, frame_octets
from mx.outside.process import Started
from tests.contracts.agent import events_for

ROOT = Path(__file__).parents[2]
_BOOT = "import sys; from tests.contracts.outside import run; run(sys.argv[1], int(sys.argv[2]))"


class Odd:
    """Does as it is told."""

    about = About("odd", deadline_seconds=1.5, on_failure=OnFailure.GO_ON)

    async def on_headers(self, event: HeadersSeen) -> Answers:
        from twisted.internet import reactor
        from twisted.internet.defer import Deferred
        from twisted.internet.task import deferLater

        match event.header.partition(b"X-Odd: ")[2].strip():
            case b"computes" | b"computes later" as how:
                if how.endswith(b"later"):
                    await deferLater(reactor, 0, lambda: None)
                while True:
                    pass
            case b"dies":
                os._exit(3)
            case b"waits":
                await Deferred()
            case b"raises":
                raise RuntimeError("odd")
            case b"adds":
                return AddHeaders((f"X-Process: {os.getpid()}",))
        return Go()


class Modest(Odd):
    """May see and do hardly anything, and tries all the same."""

    about = About("modest", rights=frozenset({Right.VOUCH}))

    async def on_headers(self, event: HeadersSeen) -> Answers:
        return AddHeaders((f"X-Header: {len(event.header)}",))


def _broken() -> Any:
    raise KeyError("host")


class OddEngine:
    """Finds EICAR, and does as an artifact's content tells it."""

    name, purpose, canary = "odd-engine", Purpose.MALWARE, EICAR

    async def examine(self, artifacts: Sequence[Artifact], circumstances: Circumstances, deadline: float) -> Any:
        from twisted.internet.defer import Deferred

        contents = [b"".join(artifact.content.chunks()) for artifact in artifacts]
        match next((content.removeprefix(b"please ") for content in contents if content.startswith(b"please ")), b""):
            case b"compute":
                while True:
                    pass
            case b"die":
                os._exit(3)
            case b"wait":
                await Deferred()
            case b"raise":
                raise RuntimeError("odd")
            case b"eat":
                return bytearray(1 << 40)
            case b"babble":
                return "clean"
            case b"find elsewhere":
                return Found(self.name, (Finding(self.name, "Odd", 99, Severity.INFECTED),))
            case b"find nothing in particular":
                return Found(self.name, ())
            case b"tell":
                told = f"{os.getpid()} {circumstances.helo} {deadline}"
                return Found(self.name, (Finding(self.name, told, artifacts[0].number, Severity.SUSPICIOUS),))
        found = [artifact for artifact, content in zip(artifacts, contents, strict=True) if EICAR in content]
        findings = tuple(Finding(self.name, "EICAR", artifact.number, Severity.INFECTED) for artifact in found)
        return Found(self.name, findings) if findings else NothingFound(self.name)

    async def state(self) -> EngineState:
        return EngineState(self.name, True, "ready", "1", "27", datetime(2026, 11, 27, tzinfo=UTC))


PLUGINS: dict[str, tuple[Callable[[], Any], Callable[[Any], Served]]] = {
    "odd": (Odd, serve_agent),
    "modest": (Modest, serve_agent),
    "broken": (_broken, serve_agent),
    "odd-engine": (OddEngine, serve_engine),
}


def make(asked: dict[str, Any]) -> Served:
    """One of them."""
    plugin, serve = PLUGINS[asked["name"]]
    return serve(plugin())


def run(name: str, descriptor: int) -> None:
    """What the process runs."""
    from twisted.internet import reactor
    from twisted.internet.protocol import Factory

    from mx.outside.child import PluginSide

    running: Any = reactor
    to_us = socket.socket(fileno=descriptor)
    if name == "silent":
        to_us.recv(1)
        to_us.recv(1 << 20)
        return
    if name == "nonsense":
        to_us.sendall(b"\xff" * 100)
        return
    to_us.setblocking(False)
    factory = Factory.forProtocol(lambda: PluginSide(to_us, make, running.stop))
    running.adoptStreamConnection(to_us.fileno(), socket.AF_UNIX, factory)
    running.run(installSignalHandlers=False)


def start_of(name: str) -> Callable[[], Started]:
    """What starts a process of this agent."""

    def start() -> Started:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        with theirs:
            words = [sys.executable, "-c", _BOOT, name, str(theirs.fileno())]
            process = subprocess.Popen(words, pass_fds=(theirs.fileno(),), cwd=ROOT, stderr=subprocess.DEVNULL)
        ours.sendall(frame_octets(Frame.CONFIGURE, 0, f'{{"name": "{name}", "settings": {{}}}}'.encode()))
        ours.setblocking(False)
        return process, ours

    return start


def event(does: str) -> HeadersSeen:
    """The end of a header section that asks for something."""
    seen = events_for()[Hook.HEADERS]
    assert isinstance(seen, HeadersSeen)
    return replace(seen, header=seen.header + f"X-Odd: {does}\r\n".encode())
