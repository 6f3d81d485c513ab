"""clamd as an engine: a real one where it answers, a scripted one where it misbehaves."""

from collections.abc import Coroutine, Iterator
from dataclasses import replace
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IAddress, IListeningPort, IReactorTime
from twisted.internet.protocol import Factory
from twisted.trial.unittest import TestCase

from mx.artifact import Artifact, Content
from mx.engines import each_artifact
from mx.engines.answer import Answer
from mx.engines.clamd import engine as clamd_engine
from mx.engines.clamd.connection import Daemon
from mx.engines.clamd.engine import QUICK_AT_ONCE, Clamd, parse_daemon
from mx.engines.contract import Circumstances, Engine
from mx.engines.panel import Panel
from mx.engines.verdict_cache import VerdictCache
from mx.finding import EngineFailed, Finding, Found, NothingFound, Severity
from tests.contracts.engine import (
    MEBIBYTE,
    AwayEngineContract,
    EngineContract,
    Script,
    artifact,
    ask,
    found_in,
)
from tests.servers.clamd_server import EICAR, ClamdServer, clamd_server

MOST_OCTETS = 25 * MEBIBYTE
NAME = "EICAR.Test.UNOFFICIAL"
SLOW_SETTINGS = {"PCREMatchLimit": "2000000000", "PCRERecMatchLimit": "1000000"}
SLOW_SIGNATURE = b"Slow.Test;Engine:81-255,Target:0;0&1;736c6f773a;0/slow:(a+)+[xyz]/\n"
SLOW_OCTETS = b"slow:" + b"a" * 32 + b"-"
"""Each `a` doubles the time that clamd takes for it; these are minutes."""
CANARY = Circumstances(is_canary=True, is_fresh=True)


def engine(*daemons: str, most_octets: int = MOST_OCTETS) -> Clamd:
    return Clamd(reactor, [parse_daemon(daemon) for daemon in daemons], most_octets, VerdictCache(0))


def letter(page: bytes) -> list[Artifact]:
    """A message with a text and this page."""
    return [
        artifact(b"message", 0, None, "message"),
        artifact(b"Subject: x\r\n", 1, 0, "headers"),
        replace(artifact(b"text beside " + page[:10], 2), declared_type="text/plain"),
        replace(artifact(page, 3), declared_type="text/html"),
    ]


class TestRealClamd(EngineContract, TestCase):
    """A running clamd that knows EICAR."""

    found = EICAR

    @pytest.fixture(autouse=True)
    def _with_clamd(self, clamd: ClamdServer) -> None:
        self.clamd = clamd

    def engine(self) -> Engine:
        return engine(self.clamd.setting)

    async def test_a_name_is_clamds_own(self) -> None:
        """With its suffix, because that is what people search for."""
        outcome = await ask(self.engine(), artifact(EICAR))
        assert outcome == Found("clamd", (Finding("clamd", NAME, 1, Severity.INFECTED),))

    async def test_an_opened_message_is_not_sent_whole(self) -> None:
        """Its decoded parts are, and its skeleton; the message where that is asked for."""
        message, header = artifact(EICAR, 0, None, "message"), artifact(b"Subject: x\r\n", 1, 0, "headers")
        body = artifact(b"clean", 2, 0, "body")
        assert await ask(self.engine(), message, header, body) == NothingFound("clamd")
        whole = Circumstances(whole_message=True)
        assert sorted(found_in(await ask(self.engine(), message, header, body, circumstances=whole))) == [0]

    async def test_an_ordinary_message_is_one_question_once_the_canary_was_found(self) -> None:
        """Its texts are carried by its skeleton; a finding in one of them is told of it all the same."""
        asked = self.counted()
        engine = self.engine()
        assert await ask(engine, *letter(b"first")) == NothingFound("clamd")
        assert len(asked) == 3
        assert isinstance(await ask(engine, artifact(EICAR), circumstances=CANARY), Found)
        asked.clear()
        assert await ask(engine, *letter(b"second")) == NothingFound("clamd")
        assert len(asked) == 1
        assert sorted(found_in(await ask(engine, *letter(EICAR)))) == [0, 3]

    async def test_a_clamd_that_opens_no_mail_is_asked_about_texts_by_themselves(self) -> None:
        """By its settings; it would call whatever a skeleton carries clean."""
        with clamd_server({"ScanMail": "no"}) as shut:
            asked = engine(shut.setting)
            assert isinstance(await ask(asked, artifact(EICAR), circumstances=CANARY), Found)
            assert found_in(await ask(asked, *letter(b"x" * 20_000 + EICAR))) == [3]

    async def test_a_daemon_that_was_away_must_find_its_canaries_again(self) -> None:
        """It may have come back with other settings."""
        asked = self.counted()
        engine = self.engine()
        await ask(engine, artifact(EICAR), circumstances=CANARY)
        self.clamd.kill()
        try:
            assert isinstance(await ask(engine, *letter(b"third")), EngineFailed)
        finally:
            self.clamd.start()
        asked.clear()
        assert await ask(engine, *letter(b"fourth")) == NothingFound("clamd")
        assert len(asked) == 3

    def counted(self) -> list[bytes]:
        """What the daemon is asked from now on."""
        asked: list[bytes] = []
        whole = clamd_engine.ask

        def counting(clock: IReactorTime, daemon: Daemon, content: Content) -> Coroutine[Any, Any, Answer]:
            asked.append(b"".join(content.chunks()))
            return whole(clock, daemon, content)

        self.patch(clamd_engine, "ask", counting)
        return asked

    async def test_a_message_that_was_not_opened_is_sent_whole(self) -> None:
        """There is nothing else of it to send."""
        assert found_in(await ask(self.engine(), artifact(EICAR, 0, None, "message"))) == [0]

    async def test_a_message_within_the_message_is_sent_whole(self) -> None:
        """A script that looks like a message to us is a script to whoever opens it."""
        outer = [artifact(b"a", 0, None, "message"), artifact(b"b", 1, 0, "headers")]
        inner = [artifact(EICAR, 2, 0, "part"), artifact(b"c", 3, 2, "headers"), artifact(b"d", 4, 2, "body")]
        assert found_in(await ask(self.engine(), *outer, *inner)) == [2]

    async def test_what_is_too_large_for_clamd_is_unscannable(self) -> None:
        """It is not a failure: the mail would be deferred for ever. The others are examined."""
        self.patch(clamd_engine, "CAN_HAND_OVER", False)
        asked = engine(self.clamd.setting, most_octets=1000)
        outcome = await ask(asked, artifact(bytes(1001), 1), artifact(EICAR, 2), artifact(bytes(1000), 3))
        assert outcome == Found(
            "clamd",
            (
                Finding("clamd", "too-large-for-clamd", 1, Severity.UNSCANNABLE),
                Finding("clamd", NAME, 2, Severity.INFECTED),
            ),
        )

    async def test_what_is_too_large_by_clamds_own_setting_is_unscannable(self) -> None:
        """Whatever our own setting says of its StreamMaxLength."""
        with clamd_server({"StreamMaxLength": "1M"}) as small:
            outcome = await ask(engine(small.setting), artifact(bytes(2 * MEBIBYTE)))
            assert outcome == Found("clamd", (Finding("clamd", "too-large-for-clamd", 1, Severity.UNSCANNABLE),))

    async def test_what_is_too_large_to_be_sent_is_handed_over(self) -> None:
        """As a descriptor, in memory; first it is found out that clamd looks so far."""
        asked = engine(self.clamd.setting, most_octets=1000)
        outcome = await ask(asked, artifact(bytes(1001), 1), artifact(bytes(5 * MEBIBYTE) + EICAR, 2))
        assert outcome == Found("clamd", (Finding("clamd", NAME, 2, Severity.INFECTED),))

    async def test_a_clamd_that_does_not_look_so_far_is_not_believed(self) -> None:
        """It says OK of what is larger than its MaxFileSize; by whichever way it was shown it."""
        with clamd_server({"MaxFileSize": "3M", "MaxScanSize": "3M"}) as small:
            for most_octets in (1000, MOST_OCTETS):
                outcome = await ask(engine(small.setting, most_octets=most_octets), artifact(bytes(5 * MEBIBYTE)))
                assert outcome == Found("clamd", (Finding("clamd", "too-large-for-clamd", 1, Severity.UNSCANNABLE),))

    async def test_a_daemon_that_misses_its_canary_is_left_out(self) -> None:
        """As long as another one finds it; without another one the engine has missed it."""
        with clamd_server(signatures=b"") as blind:
            both, alone = engine(blind.setting, self.clamd.setting), engine(blind.setting)
            canary, circumstances = artifact(EICAR), Circumstances(is_canary=True, is_fresh=True)
            assert isinstance(await ask(both, canary, circumstances=circumstances), Found)
            assert await ask(alone, canary, circumstances=circumstances) == NothingFound("clamd")
            for _ in range(4):
                assert found_in(await ask(both, artifact(EICAR))) == [1]

    async def test_the_same_octets_are_asked_about_once(self) -> None:
        """Until the signatures change; a canary, and who wants a fresh answer, asks clamd."""
        cache = VerdictCache()
        asked = Clamd(reactor, [parse_daemon(self.clamd.setting)], MOST_OCTETS, cache)
        assert found_in(await ask(asked, artifact(EICAR, 1), artifact(b"clean", 2))) == [1]
        self.clamd.freeze()
        try:
            assert found_in(await ask(asked, artifact(EICAR, 7), artifact(b"clean", 8))) == [7]
            fresh = Circumstances(is_fresh=True)
            answer = await Panel([asked], reactor).ask([artifact(b"clean")], 0.2, fresh)
            assert answer.outcomes == (EngineFailed("clamd", "no answer within 0.2 s"),)
        finally:
            self.clamd.thaw()

    async def test_artifacts_beyond_the_most_are_unscannable(self) -> None:
        """A message of many thousand parts does not keep clamd to itself."""
        self.patch(each_artifact, "MOST_ARTIFACTS", 3)
        outcome = await ask(self.engine(), *[artifact(b"%d" % number, number) for number in range(1, 6)])
        assert found_in(outcome) == [4, 5]

    async def test_a_frozen_clamd_fails_and_a_thawed_one_answers(self) -> None:
        """The kernel takes its connections all the while."""
        asked = self.engine()
        self.clamd.freeze()
        try:
            answer = await Panel([asked], reactor).ask([artifact(b"clean")], 0.2)
        finally:
            self.clamd.thaw()
        assert answer.outcomes == (EngineFailed("clamd", "no answer within 0.2 s"),)
        assert found_in(await ask(asked, artifact(EICAR))) == [1]

    async def test_small_mail_passes_beside_what_takes_long(self) -> None:
        """Files made to take long, more than there are quick turns, and as many large ones: nobody waits for those."""
        with clamd_server(SLOW_SETTINGS, databases={"own.ldb": SLOW_SIGNATURE}) as busy:
            asked = engine(busy.setting)
            slow = [SLOW_OCTETS + b"%d" % number for number in range(QUICK_AT_ONCE + 1)]
            slow += [bytes(2 * MEBIBYTE) + octets for octets in slow]
            # Before anything is slow it must be known that clamd looks so far.
            assert await ask(asked, artifact(bytes(2 * MEBIBYTE))) == NothingFound("clamd")
            taking = [Deferred.fromCoroutine(ask(asked, artifact(octets))) for octets in slow]
            for number in range(4):
                assert found_in(await ask(asked, artifact(EICAR + b"%d" % number))) == [1]
            assert not any(each.called for each in taking)
            for each in taking:
                each.addErrback(lambda _given_up: None).cancel()
            busy.kill()

    async def test_another_daemon_answers_for_one_that_is_away(self) -> None:
        """Every time, whichever of the two has its turn."""
        asked = engine("unix:/nonexistent/clamd.sock", self.clamd.setting)
        for number in range(4):
            assert found_in(await ask(asked, artifact(EICAR + b"%d" % number))) == [1]
        assert (await asked.state()).text == "no answer from unix:/nonexistent/clamd.sock"

    async def test_no_daemon_at_all_is_a_failure(self) -> None:
        """The reason names the one that was asked last."""
        outcome = await ask(engine("unix:/nonexistent/clamd.sock"), artifact(b"clean"))
        reason = "unix:/nonexistent/clamd.sock: no connection: FileNotFoundError"
        assert outcome == EngineFailed("clamd", reason)
        assert isinstance(await ask(engine(), artifact(b"clean")), EngineFailed)

    async def test_one_artifact_without_an_answer_is_a_failure(self) -> None:
        """Though something was found in another: an operator may have declared that finding false."""

        class Unreadable:
            octets = 5

            def chunks(self) -> Iterator[bytes]:
                raise OSError("the disk is gone")

        broken = replace(artifact(b"other", 2), content=Unreadable())
        outcome = await ask(self.engine(), artifact(EICAR), broken)
        assert outcome == EngineFailed("clamd", "the artifact cannot be read: OSError")


class TestClamdByTcp(AwayEngineContract, TestCase):
    """A server of a TCP port that is no good clamd."""

    says_clean = b"stream: OK\0"

    def engine_at(self, address: IAddress) -> Engine:
        return engine(f"tcp:127.0.0.1:{address.port}")

    async def test_a_name_that_means_not_examined_is_no_infection(self) -> None:
        """clamd calls it FOUND as well."""
        for name, severity in (
            ("Heuristics.Limits.Exceeded.MaxFileSize", Severity.UNSCANNABLE),
            ("Heuristics.Encrypted.Zip", Severity.ENCRYPTED),
        ):
            script = Script(f"stream: {name} FOUND\0".encode())
            outcome = await ask(self.serve(script), artifact(b"clean"))
            assert outcome == Found("clamd", (Finding("clamd", name, 1, severity),))
            await script.lost

    async def test_an_error_of_clamd_is_a_failure(self) -> None:
        """Its own words are the reason."""
        script = Script(b"stream: Can't allocate memory ERROR\0")
        assert await ask(self.serve(script), artifact(b"clean")) == EngineFailed(
            "clamd", "clamd: Can't allocate memory"
        )
        await script.lost


class TestClamdByUnixSocket(AwayEngineContract, TestCase):
    """The same by the other kind of socket."""

    says_clean = b"stream: OK\0"

    def listen(self, factory: Factory) -> IListeningPort:
        folder = TemporaryDirectory(prefix="clamd-")
        self.addCleanup(folder.cleanup)
        return reactor.listenUNIX(f"{folder.name}/clamd.sock", factory)

    def engine_at(self, address: IAddress) -> Engine:
        return engine(f"unix:{address.name.decode()}")
