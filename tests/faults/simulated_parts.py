"""What the simulation of the queue puts in place of the world: octets in memory, threads at once, moody next hops."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from mx.delivery.contract import CopyResult, Unreachable
from tenants.directory import Standing
from tenants.storage.database import Database
from tenants.storage.viewpoint import Reader, Viewpoint
from tests.contracts.customer_world import CustomerWorld
from tests.contracts.disposing import AWAY, LATER, NEVER, OK, standing

DOMAINS = ("acme.example", "second.example", "blue.example")
MOODS = ("up", "up", "up", "down", "down", "put-off", "refuse", "cut-after-taking")
CUT = Unreachable("connection lost", may_have_been_taken=True)


class Crash(BaseException):
    """The node is gone; no `except` of the code under test may catch this."""


class Violation(AssertionError):
    """Something that must never be."""


class Blobs:
    """Sealed octets in memory."""

    def __init__(self) -> None:
        self._kept: dict[str, bytes] = {}

    def put(self, name: str, content: Iterable[bytes]) -> None:
        self._kept[name] = b"".join(content)

    def get(self, name: str) -> Iterator[bytes]:
        yield self._kept[name]

    def delete(self, name: str) -> None:
        self._kept.pop(name, None)

    def names(self) -> Iterator[str]:
        return iter(self._kept)

    def free_octets(self) -> int | None:
        return None


class AtOnce:
    """The reactor and its threads: what is to happen elsewhere happens here and now."""

    def getThreadPool(self) -> "AtOnce":
        return self

    def callInThreadWithCallback(
        self, on_result: Callable[[bool, Any], None], call: Callable[..., Any], *arguments: Any
    ) -> None:
        on_result(True, call(*arguments))

    def callFromThread(self, call: Callable[..., Any], *arguments: Any) -> None:
        call(*arguments)


@dataclass
class Threads:
    """The database as a node sees it; a node that is about to crash does so before or after its next commit."""

    database: Database
    crash: str = ""

    async def run(self, _whose: Viewpoint, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        if self.crash == "before":
            raise Crash
        with self.database.unit_of_work(Reader.OPERATOR) as session:
            result = function(session, *arguments, **named)
        if self.crash == "after":
            raise Crash
        return result

    run_durably = run

    async def read(self, _whose: Viewpoint, function: Callable[..., Any], *arguments: Any, **named: Any) -> Any:
        with self.database.read(Reader.OPERATOR) as session:
            return function(session, *arguments, **named)


@dataclass
class Hops:
    """The next hops: what each has taken, and transfers that wait for their answers."""

    moods: dict[str, str] = field(default_factory=lambda: dict.fromkeys(DOMAINS, "up"))
    taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    refused: set[tuple[str, str]] = field(default_factory=set)

    def answer(self, key: tuple[str, str]) -> CopyResult:
        """What becomes of one copy (its reverse-path, which is unique to its message, and its recipient)."""
        mood = self.moods[key[1].rpartition("@")[2]]
        if mood in ("up", "cut-after-taking"):
            self.taken[key] += 1
        if mood == "refuse":
            self.refused.add(key)
        return {"up": OK, "down": AWAY, "put-off": LATER, "refuse": NEVER, "cut-after-taking": CUT}[mood]


class Directory:
    """Every domain is its tenant's, and has a route."""

    def __init__(self, world: CustomerWorld) -> None:
        self._world = world

    async def look_up(self, address: str) -> Standing:
        domain = address.rpartition("@")[2]
        tenant = self._world.blue_harbour if domain == "blue.example" else self._world.acme
        return standing(f"mail.{domain}", tenant_id=tenant.id, domain=domain)
