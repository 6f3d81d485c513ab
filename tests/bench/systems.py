"""The systems under test, each a small class: set up in a folder of its own, started in front of a sink, stopped.

A new one is a class with `name`, `promise`, `start`, `port`, `roots` and `stop`, and a line in `throughput.py`.
"""

import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from tests.bench.cpu_time import cpu_seconds, resident_octets
from tests.servers.gateway import Gateway
from tests.servers.ports import answers, free_port
from tests.servers.program import Program, ServerMissing, find_program, wait_until

DOMAIN = "bench.example"


class System(Protocol):
    """What is measured."""

    name: str
    promise: str
    """What a 250 means there."""

    @property
    def port(self) -> int:
        """Where it receives mail."""
        ...

    @property
    def roots(self) -> dict[str, int]:
        """The processes whose trees are counted, by a name for those that say nothing of their kind."""
        ...

    def start(self, folder: Path, sink_port: int) -> None:
        """Set up in this empty folder, forwarding to that port; returns once it accepts mail."""
        ...

    def drain(self) -> None:
        """Returns when the sink has everything that was answered 250."""
        ...

    def stop(self) -> None: ...


def cpu_of(system: System) -> Counter[str]:
    """CPU seconds so far by kind of process."""
    total: Counter[str] = Counter()
    for name, root in system.roots.items():
        for kind, seconds in cpu_seconds(root).items():
            total[name if kind == "main" else kind] += seconds
    return total


def peak_octets_of(system: System) -> dict[str, int]:
    """Peak memory of the largest process of each kind."""
    peaks: dict[str, int] = {}
    for name, root in system.roots.items():
        for kind, octets in resident_octets(root).items():
            peaks[name if kind == "main" else kind] = octets
    return peaks


class Sink:
    """Postfix's smtp-sink: the next hop of everybody, and itself the upper bound."""

    name = "source into sink"
    promise = "in memory, thrown away"

    def __init__(self) -> None:
        self.port = free_port()
        self._program: Program | None = None

    @property
    def roots(self) -> dict[str, int]:
        assert self._program is not None
        return {"sink": self._program.pid}

    def start(self, folder: Path, sink_port: int = 0) -> None:
        """Raises ServerMissing without Postfix."""
        command = [find_program("smtp-sink"), "-u", "nobody", f"127.0.0.1:{self.port}", "1000"]
        self._program = _started(command, folder / "sink.log", self.port)

    def drain(self) -> None:
        """Nothing waits: a 250 comes behind the sink's."""

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()


class FloorRelay:
    """`floor_relay.py`: receives and passes on, and does nothing else."""

    name = "floor relay"
    promise = "delivered"

    def __init__(self) -> None:
        self.port = free_port()
        self._program: Program | None = None

    @property
    def roots(self) -> dict[str, int]:
        assert self._program is not None
        return {"relay": self._program.pid}

    def start(self, folder: Path, sink_port: int) -> None:
        script = Path(__file__).with_name("floor_relay.py")
        command = [sys.executable, script, str(self.port), str(sink_port)]
        self._program = _started(command, folder / "floor.log", self.port)

    def drain(self) -> None:
        """Nothing waits: a 250 comes behind the sink's."""

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()


class Pratique:
    """The whole program, `pratique up`, with one tenant; `settings` are PRATIQUE_ variables in lower case."""

    name = "pratique"
    promise = "delivered, or stored and synced"

    def __init__(self, settings: Mapping[str, str] | None = None) -> None:
        self._settings = {"allow_private_routes": "on", "client_connections": "0", **(settings or {})}
        self.gateway: Gateway | None = None

    @property
    def port(self) -> int:
        assert self.gateway is not None
        return self.gateway.smtp_port

    @property
    def roots(self) -> dict[str, int]:
        assert self.gateway is not None
        return {"up": self.gateway.pid}

    def start(self, folder: Path, sink_port: int) -> None:
        self.gateway = Gateway(folder / "data", self._settings)
        self.gateway.start()
        self.gateway.do("tenant", "add", "bench")
        route = f"smtp://127.0.0.1:{sink_port}"
        self.gateway.do("domain", "add", DOMAIN, "--tenant", "bench", "--verified", "--route", route)

    def drain(self) -> None:
        """Nothing waits: a 250 comes behind the sink's."""

    def stop(self) -> None:
        if self.gateway is not None:
            self.gateway.stop()


def _started(command: list[str | Path], log: Path, port: int) -> Program:
    program = Program(command, log)
    wait_until(lambda: answers(port) or program.process.poll() is not None, f"{command[0]} listens")
    if program.process.poll() is not None:
        raise ServerMissing(f"{command[0]} ended: {program.written()}")
    return program
