"""The process of another package's plug-in: what it is given, what it is not, and that it ends."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from mx.agents.contract import ALL_RIGHTS, Hook
from mx.agents.outside.wire import event_octets
from mx.outside.frames import Frame, Frames, frame_octets
from pratique.outside_plugins import start_process
from pratique.plugins import AGENTS
from tests.contracts.agent import events_for
from tests.servers.plugin_folder import plugin_folder

TELLING = """
import os, sys
from mx.agents.contract import About, Fact, Observe

class Telling:
    about = About("telling")

    def __init__(self, reactor, settings):
        self._settings = settings
        print("a plug-in may print")

    async def on_helo(self, event):
        ours = [name for name in os.environ if name.startswith("PRATIQUE_")]
        return Observe(facts=(Fact("told", f"{self._settings} {ours} {sys.argv[1:]}"),))
"""


def frames_from(ours: socket.socket, many: int) -> list[tuple[Frame, int, bytes]]:
    """So many frames."""
    ours.settimeout(30)
    frames, found = Frames(None), []
    while len(found) < many:
        found += frames.feed(ours.recv(1 << 16))
    return found


def test_settings_come_by_the_socket_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither among the arguments, which everybody may read, nor with our own secrets; and its end is ours."""
    monkeypatch.setenv("PRATIQUE_MASTER_KEY", "secret")
    with plugin_folder("telling_agent", TELLING, {"pratique.agents:telling": "Telling"}) as folder:
        monkeypatch.syspath_prepend(str(folder))
        process, ours = start_process(AGENTS, "telling", {"token": "hush"})
        with ours:
            ours.settimeout(30)
            ours.sendall(frame_octets(Frame.CALL, 1, event_octets(events_for()[Hook.HELO], ALL_RIGHTS)))
            hello, _, answer = frames_from(ours, 3)
            assert json.loads(hello[2])["name"] == "telling"
            [[_, told]] = json.loads(answer[2])["answers"][0]["facts"]
            assert told.startswith("{'token': 'hush'} [] ['") and "hush" not in " ".join(map(str, process.args))  # type: ignore[arg-type]
    assert process.wait(30) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel ends it elsewhere with its socket only")
def test_it_ends_with_its_parent_though_it_computes() -> None:
    """Killed with it: nothing computes on for nobody."""
    spinning = TELLING.replace("        ours =", "        while True: pass\n        ours =")
    parent = (
        "import sys, time; from pratique.outside_plugins import start_process; process, ours = "
        "start_process('pratique.agents', 'telling', {}); ours.setblocking(True);"
        "ours.sendall(bytes.fromhex(sys.argv[1]));"
        "print(process.pid, ours.recv(9) and '', flush=True); time.sleep(600)"
    )
    call = frame_octets(Frame.CALL, 1, event_octets(events_for()[Hook.HELO], ALL_RIGHTS)).hex()
    with plugin_folder("telling_agent", spinning, {"pratique.agents:telling": "Telling"}):
        started = subprocess.Popen(
            [sys.executable, "-c", parent, call], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
        )
        with started:
            assert started.stdout is not None
            pid = int(started.stdout.readline())
            assert Path(f"/proc/{pid}").exists()
            started.kill()
        while _runs(pid):
            os.sched_yield()


def _runs(pid: int) -> bool:
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
