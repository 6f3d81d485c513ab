"""The engines' contract: what every engine must do, and what must become of one whose server misbehaves.

`EngineContract` is for all engines; `AwayEngineContract` for those that ask a server, which is scripted here. A test
class inherits them beside Twisted's `TestCase`. Each question goes through the panel, as it does in the program.
"""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from twisted.internet import reactor
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.interfaces import IAddress, IListeningPort
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import Clock
from twisted.python.failure import Failure

from mx.artifact import Artifact
from mx.engines import reach
from mx.engines.contract import NOTHING_KNOWN, Circumstances, Engine
from mx.engines.panel import Panel
from mx.finding import EngineFailed, EngineOutcome, Found, NothingFound

SECONDS = 20.0
MEBIBYTE = 1 << 20


@dataclass(frozen=True, slots=True)
class Octets:
    """A Content in memory, given in chunks as a spool would."""

    raw: bytes

    @property
    def octets(self) -> int:
        return len(self.raw)

    def chunks(self) -> Iterator[bytes]:
        for offset in range(0, len(self.raw), 1 << 16):
            yield self.raw[offset : offset + (1 << 16)]


def artifact(raw: bytes, number: int = 1, parent: int | None = 0, reading: str = "part") -> Artifact:
    """One artifact of these octets."""
    digest = hashlib.sha256(raw).hexdigest()
    return Artifact(number, parent, f"part {number}", "application/octet-stream", reading, digest, Octets(raw))


async def ask(engine: Engine, *artifacts: Artifact, circumstances: Circumstances = NOTHING_KNOWN) -> EngineOutcome:
    """The engine's one outcome, from a panel."""
    (outcome,) = (await Panel([engine], reactor).ask(artifacts, SECONDS, circumstances)).outcomes
    return outcome


def found_in(outcome: EngineOutcome) -> list[int]:
    """The numbers of the artifacts in which something was found."""
    assert isinstance(outcome, Found), outcome
    return [finding.artifact for finding in outcome.findings]


class EngineContract:
    """Inherit, set `found`, and give `engine`."""

    found: bytes
    """Octets in which the engine finds something, wherever they stand."""

    def engine(self) -> Engine:
        raise NotImplementedError

    async def test_clean_octets_have_no_findings(self) -> None:
        """And that is said in the engine's own name."""
        engine = self.engine()
        assert await ask(engine, artifact(b"Good morning.\r\n")) == NothingFound(engine.name)

    async def test_what_it_knows_is_found(self) -> None:
        """The finding says which artifact it is in."""
        engine = self.engine()
        outcome = await ask(engine, artifact(b"clean", 1), artifact(self.found, 2), artifact(b"clean too", 3))
        assert found_in(outcome) == [2]

    async def test_the_same_octets_twice_are_found_twice(self) -> None:
        """They may be asked about once, but each artifact has its finding."""
        outcome = await ask(self.engine(), artifact(self.found, 1), artifact(b"clean", 2), artifact(self.found, 3))
        assert sorted(found_in(outcome)) == [1, 3]

    async def test_no_artifacts_are_clean(self) -> None:
        """There is nothing that was not examined."""
        engine = self.engine()
        assert await ask(engine) == NothingFound(engine.name)

    async def test_empty_octets_are_clean(self) -> None:
        """An empty attachment is no failure."""
        engine = self.engine()
        assert await ask(engine, artifact(b"")) == NothingFound(engine.name)

    async def test_the_end_of_something_huge_is_examined(self) -> None:
        """Several MiB, whose last octets are what the engine knows."""
        huge = bytes(3 * MEBIBYTE) + self.found
        assert found_in(await ask(self.engine(), artifact(huge))) == [1]

    async def test_what_stands_across_two_chunks_is_found(self) -> None:
        """Chunks are nobody's border but our own."""
        raw = bytes((1 << 16) - len(self.found) // 2) + self.found + bytes(100)
        assert found_in(await ask(self.engine(), artifact(raw))) == [1]

    async def test_calls_that_overlap_have_their_own_outcomes(self) -> None:
        """Many messages are examined at the same time."""
        engine = self.engine()
        texts = [self.found + b" %d" % number if number % 3 == 0 else b"clean %d" % number for number in range(60)]
        asking = [Deferred.fromCoroutine(ask(engine, artifact(text))) for text in texts]
        outcomes = await gatherResults(asking)
        assert [isinstance(outcome, Found) for outcome in outcomes] == [number % 3 == 0 for number in range(60)]

    async def test_it_finds_its_canary(self) -> None:
        """An engine that does not is left out."""
        panel = Panel([self.engine()], reactor)
        await panel.probe(panel.due_for_probe()[0])
        assert [state.text for state in await panel.states()] == ["ready"]

    async def test_its_state_is_in_its_own_name(self) -> None:
        """An engine that answers says that it is available."""
        engine = self.engine()
        state = await engine.state()
        assert (state.engine, state.is_available, state.text) == (engine.name, True, "ready")


@dataclass(slots=True)
class Script:
    """What a server does: it reads, and once it has read `reads` octets it says `says`, then closes, or not."""

    says: bytes = b""
    reads: int = 1
    closes: bool = True
    asked: "Deferred[None]" = field(default_factory=Deferred)
    lost: "Deferred[None]" = field(default_factory=Deferred)


class ScriptedServer(Protocol):
    """Plays a script to each connection."""

    def __init__(self, script: Script) -> None:
        self._script, self._missing = script, script.reads

    def connectionMade(self) -> None:
        if not self._missing:
            self._play()

    def dataReceived(self, octets: bytes) -> None:
        is_waiting = self._missing > 0
        self._missing -= len(octets)
        if is_waiting and self._missing <= 0:
            self._play()

    def _play(self) -> None:
        self.transport.write(self._script.says)
        if self._script.closes:
            self.transport.loseConnection()
        if not self._script.asked.called:
            self._script.asked.callback(None)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if not self._script.lost.called:
            self._script.lost.callback(None)


class AwayEngineContract:
    """Inherit, set `says_clean`, and give `engine_at`. Whatever the server does, nothing is clean by it."""

    says_clean: bytes
    """All that a server answers about an artifact in which it found nothing."""

    def listen(self, factory: Factory) -> IListeningPort:
        """A server on loopback that the engine can ask."""
        return reactor.listenTCP(0, factory, interface="127.0.0.1")

    def engine_at(self, address: IAddress) -> Engine:
        """The engine that asks the server at this address."""
        raise NotImplementedError

    def serve(self, script: Script) -> Engine:
        port = self.listen(Factory.forProtocol(lambda: ScriptedServer(script)))
        self.addCleanup(port.stopListening)
        return self.engine_at(port.getHost())

    async def assert_failed(self, script: Script, artifacts: Sequence[Artifact] = (artifact(b"clean"),)) -> None:
        engine = self.serve(script)
        outcome = await ask(engine, *artifacts)
        assert isinstance(outcome, EngineFailed), outcome
        assert outcome.engine == engine.name
        assert outcome.reason
        await script.lost

    async def test_the_script_of_a_clean_answer_is_clean(self) -> None:
        """So that the failures below are those of the script."""
        script = Script(self.says_clean)
        engine = self.serve(script)
        assert await ask(engine, artifact(b"clean")) == NothingFound(engine.name)
        await script.lost

    async def test_a_server_that_hangs_has_failed_at_the_deadline(self) -> None:
        """The connection is closed then, so that nothing is left behind."""
        script = Script(closes=False)
        clock = Clock()
        engine = self.serve(script)
        asking = Deferred.fromCoroutine(Panel([engine], clock).ask([artifact(b"clean")], SECONDS))
        await script.asked
        clock.advance(SECONDS)
        assert (await asking).outcomes == (EngineFailed(engine.name, "no answer within 20 s"),)
        await script.lost

    async def test_a_server_that_answers_and_hangs_has_failed_at_the_deadline(self) -> None:
        """There may be more to its answer."""
        script = Script(self.says_clean[:-1], closes=False)
        clock = Clock()
        engine = self.serve(script)
        asking = Deferred.fromCoroutine(Panel([engine], clock).ask([artifact(b"clean")], SECONDS))
        await script.asked
        clock.advance(SECONDS)
        assert isinstance((await asking).outcomes[0], EngineFailed)
        await script.lost

    async def test_a_server_that_crashes_has_failed(self) -> None:
        """It takes the question and closes."""
        await self.assert_failed(Script())

    async def test_a_server_that_closes_at_once_has_failed(self) -> None:
        """Before it read anything."""
        await self.assert_failed(Script(reads=0))

    async def test_a_server_that_closes_in_the_middle_of_something_huge_has_failed(self) -> None:
        """The rest of the question is not sent to nobody for ever."""
        self.patch(reach, "EASY_OCTETS", 16 * MEBIBYTE)
        await self.assert_failed(Script(reads=100_000), [artifact(bytes(8 * MEBIBYTE))])

    async def test_nonsense_is_a_failure(self) -> None:
        """Another service listens there, or a proxy answers in its stead."""
        await self.assert_failed(Script(b"HTTP/1.1 200 OK\r\n\r\nOK"))

    async def test_octets_that_are_no_text_are_a_failure(self) -> None:
        """All values that an octet can have."""
        await self.assert_failed(Script(bytes(range(256))))

    async def test_an_answer_that_is_cut_is_a_failure(self) -> None:
        """However much of it came."""
        for length in range(1, len(self.says_clean)):
            await self.assert_failed(Script(self.says_clean[:length]))

    async def test_two_answers_are_a_failure(self) -> None:
        """One of them belongs to something else."""
        await self.assert_failed(Script(self.says_clean * 2))

    async def test_an_answer_without_end_is_a_failure(self) -> None:
        """And is not kept in memory."""
        await self.assert_failed(Script(self.says_clean[:-1] + bytes(8 * MEBIBYTE), closes=False))

    async def test_an_answer_to_half_of_the_question_is_a_failure(self) -> None:
        """What was not read was not examined."""
        self.patch(reach, "EASY_OCTETS", 16 * MEBIBYTE)
        await self.assert_failed(Script(self.says_clean, reads=100_000), [artifact(bytes(8 * MEBIBYTE))])

    async def test_a_server_that_is_not_there_has_failed(self) -> None:
        """Nobody listens any more."""
        port = self.listen(Factory())
        address = port.getHost()
        await port.stopListening()
        engine = self.engine_at(address)
        assert isinstance(await ask(engine, artifact(b"clean")), EngineFailed)
        assert not (await engine.state()).is_available
