"""A command-line scanner as an engine: real clamscan, and scripts that hang, crash, and talk without end."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from twisted.internet import reactor
from twisted.trial.unittest import TestCase

from mx.artifact import Artifact
from mx.engines.command.engine import Command
from mx.engines.command.run import CAN_RUN
from mx.engines.contract import Engine
from mx.engines.verdict_cache import VerdictCache
from mx.finding import EngineFailed, Finding, Found, NothingFound, Severity
from tests.contracts.engine import EngineContract, artifact, ask
from tests.servers.clamd_server import BODY_SIGNATURES, EICAR
from tests.servers.program import ServerMissing, find_program

pytestmark = pytest.mark.skipif(not CAN_RUN, reason="no memory without a name on this system")

NAME = r": (\S+) FOUND"
EXITS = {0: "clean", 1: "infected"}
GREP = "import sys\nfound = sys.stdin.buffer.read().find(b'EICAR-STANDARD') >= 0\n" + (
    "print('x: Eicar FOUND' * found); sys.exit(found)"
)


def python(text: str, seconds: float = 18.0, exits: dict[int, str] | None = None) -> Command:
    words = [sys.executable, "-I", "-S", "-c", text]
    return Command(reactor, words, exits or EXITS, NAME, VerdictCache(0), seconds=seconds)


class TestCommand(EngineContract, TestCase):
    """A script that finds EICAR in its standard input."""

    found = EICAR

    def engine(self) -> Engine:
        return python(GREP)

    async def failure(self, engine: Command, *artifacts: Artifact) -> str:
        outcome = await ask(engine, *(artifacts or (artifact(b"clean"),)))
        assert isinstance(outcome, EngineFailed), outcome
        return outcome.reason

    async def test_scripts_that_hang_crash_and_talk_without_end_have_failed(self) -> None:
        """Nothing is clean by them, though some say so."""
        assert (
            await self.failure(python("import time; print('OK', flush=True); time.sleep(600)", 1.0))
            == "it took too long"
        )
        assert await self.failure(python("import os; os.abort()")) == "signal 6 ended it"
        assert await self.failure(python("while True: print('OK' * 999)")) == "it wrote too much"
        assert await self.failure(python("raise SystemExit(2)")) == "exit status 2 means nothing"
        missing = Command(reactor, ["/nonexistent/scanner"], EXITS, NAME, VerdictCache(0))
        assert await self.failure(missing) == "it cannot be run: FileNotFoundError"

    async def test_one_artifact_without_an_answer_is_a_failure(self) -> None:
        """Whatever was found in the others."""
        engine = python(GREP + " or 9 * (sys.argv == [])", exits={1: "infected"})
        assert await self.failure(engine, artifact(EICAR, 1), artifact(b"clean", 2)) == "exit status 0 means nothing"

    async def test_an_exit_status_means_what_the_operator_says(self) -> None:
        """Found, encrypted, or what else there is; a name that cannot be read is a made one."""
        for status, word in ((4, "encrypted"), (5, "unscannable"), (6, "suspicious")):
            engine = python(f"raise SystemExit({status})", exits={status: word})
            finding = Finding("command", "Found-by-command", 1, Severity(word))
            assert await ask(engine, artifact(b"x")) == Found("command", (finding,))
        named = python("print('x: Bad\\x00Name\\u00e9 FOUND'); raise SystemExit(1)")
        outcome = await ask(named, artifact(b"x"))
        assert outcome == Found("command", (Finding("command", "Bad-Name", 1, Severity.INFECTED),))


class TestRealClamscan(TestCase):
    """clamscan with a small database of its own."""

    timeout = 60

    @pytest.fixture(autouse=True)
    def _with_clamscan(self, tmp_path: Path) -> Iterator[None]:
        try:
            program = find_program("clamscan")
        except ServerMissing as missing:
            pytest.skip(f"no server: {missing}")
        (tmp_path / "own.ndb").write_text(BODY_SIGNATURES)
        self.words = [str(program), "--no-summary", f"--database={tmp_path}", "{file}"]
        yield

    async def test_it_says_clean_and_finds(self) -> None:
        """By a path that is no file; its own name, and its own limits."""
        engine = Command(reactor, self.words, EXITS, NAME, VerdictCache(0))
        assert await ask(engine, artifact(b"clean")) == NothingFound("command")
        outcome = await ask(engine, artifact(b"clean", 1), artifact(EICAR, 2), artifact(bytes(3 << 20) + EICAR, 3))
        findings = tuple(Finding("command", "EICAR.Test.UNOFFICIAL", number, Severity.INFECTED) for number in (2, 3))
        assert outcome == Found("command", findings)

    async def test_without_a_database_it_has_failed(self) -> None:
        """Exit status 2 is an error."""
        words = [word if not word.startswith("--database") else "--database=/nonexistent" for word in self.words]
        engine = Command(reactor, words, EXITS, NAME, VerdictCache(0))
        assert await ask(engine, artifact(b"clean")) == EngineFailed("command", "exit status 2 means nothing")
