"""ICAP as an engine: a real c-icap where it answers, a scripted server where it misbehaves."""

from dataclasses import replace

import pytest
from twisted.internet import reactor
from twisted.internet.interfaces import IAddress
from twisted.trial.unittest import TestCase

from mx.engines.contract import Engine
from mx.engines.icap.engine import Icap
from mx.engines.icap.protocol import IcapService, Offer, parse_service
from mx.engines.panel import Panel
from mx.engines.verdict_cache import VerdictCache
from mx.finding import EngineFailed, Finding, Found, NothingFound, Severity
from tests.contracts.engine import MEBIBYTE, AwayEngineContract, EngineContract, Script, artifact, ask, found_in
from tests.servers.clamd_server import EICAR, ClamdServer
from tests.servers.icap_server import MAX_OBJECT_OCTETS, IcapServer

MOST_OCTETS = 25 * MEBIBYTE
NAME = "EICAR.Test.UNOFFICIAL"
PLAIN = Offer("RESPMOD", None, True, None, None, "1", "Scripted")


class Closing(TestCase):
    """An engine is closed with its test."""

    def made(self, *urls: str, offer: Offer | None = None, cache: VerdictCache | None = None) -> Icap:
        services = [parse_service(url) for url in urls]
        engine = Icap("icap", reactor, services, MOST_OCTETS, cache or VerdictCache(0), offer=offer)
        self.addCleanup(engine.close)
        return engine


class TestRealIcap(EngineContract, Closing):
    """A running c-icap whose clamd knows EICAR."""

    found = EICAR

    @pytest.fixture(autouse=True)
    def _with_servers(self, clamd: ClamdServer, icap: IcapServer) -> None:
        self.clamd, self.icap = clamd, icap

    def engine(self) -> Engine:
        return self.made(self.icap.url)

    async def test_a_name_is_the_scanners_own(self) -> None:
        """As its header gives it, whatever the artifact's size beside the preview's."""
        for filler in (0, 1024 - len(EICAR), 1025, 300_000):
            outcome = await ask(self.engine(), artifact(bytes(filler) + EICAR))
            assert outcome == Found("icap", (Finding("icap", NAME, 1, Severity.INFECTED),)), filler

    async def test_the_version_of_the_signatures_is_the_istag(self) -> None:
        """And the service says what it is."""
        state = await self.engine().state()
        assert state.version.startswith("C-ICAP/0.5")
        assert state.signature_version

    async def test_what_the_service_lets_pass_unseen_is_unscannable(self) -> None:
        """Beyond its own limit it says that nothing was found, and had not looked."""
        outcome = await ask(self.engine(), artifact(bytes(MAX_OBJECT_OCTETS + 1)))
        assert outcome == Found("icap", (Finding("icap", "too-large-for-icap", 1, Severity.UNSCANNABLE),))

    async def test_a_service_that_does_not_exist_is_a_failure(self) -> None:
        """404 to OPTIONS."""
        engine = self.made(self.icap.url.replace("avscan", "nothing-here"))
        assert isinstance(await ask(engine, artifact(b"clean")), EngineFailed)
        assert not (await engine.state()).is_available

    async def test_a_scanner_without_its_signatures_is_no_clean(self) -> None:
        """The clamd behind it is gone: whatever c-icap makes of it."""
        self.clamd.kill()
        try:
            outcome = await ask(self.engine(), artifact(b"clean"))
            assert not isinstance(outcome, NothingFound)
        finally:
            self.clamd.start()

    async def test_another_server_answers_for_one_that_is_away(self) -> None:
        """Every time, whichever of the two has its turn."""
        engine = self.made("icap://127.0.0.1:1/avscan", self.icap.url)
        for number in range(4):
            assert found_in(await ask(engine, artifact(EICAR + b"%d" % number))) == [1]
        assert (await engine.state()).text == "no answer from icap://127.0.0.1:1/avscan"

    async def test_the_same_octets_are_asked_about_once(self) -> None:
        """Until the ISTag changes."""
        engine = self.made(self.icap.url, cache=VerdictCache())
        await engine.state()
        for number in (1, 2):
            assert found_in(await ask(engine, artifact(EICAR, number))) == [number]


class TestScriptedIcap(AwayEngineContract, Closing):
    """A server that is no good ICAP server; what it offers is known already."""

    says_clean = b'ICAP/1.0 204 No Content\r\nISTag: "1"\r\n\r\n'

    def engine_at(self, address: IAddress) -> Engine:
        return self.made(str(IcapService("127.0.0.1", address.port, "avscan")), offer=PLAIN)

    async def test_errors_and_odd_replies_are_failures(self) -> None:
        """A bad chunk, 500, a wrong Encapsulated, the octets sent back without a word, a proxy's error page."""
        page = b"HTTP/1.1 %b\r\n\r\n"
        carried = b"ICAP/1.0 200 OK\r\nEncapsulated: res-hdr=0, res-body=%d\r\n\r\n%b5\r\nclean\r\n0\r\n\r\n"
        ok, bad = page % b"200 OK", page % b"502 Bad Gateway"
        for says in (
            b"ICAP/1.0 500 Server error\r\n\r\n",
            b"ICAP/1.0 404 ICAP IcapService not found\r\n\r\n",
            b"ICAP/1.0 100 Continue\r\n\r\n",
            carried % (len(ok), ok),
            carried % (len(bad), bad),
            carried % (len(ok) - 1, ok),
            (carried % (len(ok), ok)).replace(b"5\r\nclean", b"4\r\nclean"),
            (carried % (len(ok), ok))[:-7],
        ):
            await self.assert_failed(Script(says))

    async def test_an_answer_to_the_preview_alone_is_not_believed(self) -> None:
        """The artifact is sent again without one; a server that still does not read it has failed."""
        script = Script(self.says_clean)
        engine = self.made(
            str(IcapService("127.0.0.1", self.serve(script)._places[0].service.port, "avscan")),
            offer=replace(PLAIN, preview_octets=10),
        )
        assert await ask(engine, artifact(b"x" * 100)) == NothingFound("icap")
        assert not engine._places[0].wants_previews

    async def test_a_service_that_finds_nothing_misses_its_canary(self) -> None:
        """It answers, and that everything is clean."""
        panel = Panel([self.serve(Script(self.says_clean))], reactor)
        await panel.probe("icap")
        outcome = (await panel.ask([artifact(b"clean")], 5.0)).outcomes[0]
        assert outcome == EngineFailed("icap", "out of rotation: it did not find its canary")

    async def test_its_word_that_something_is_too_large_is_believed(self) -> None:
        """*unscannable*, not a failure."""
        outcome = await ask(self.serve(Script(b"ICAP/1.0 413 Too large\r\n\r\n")), artifact(b"x"))
        assert outcome == Found("icap", (Finding("icap", "too-large-for-icap", 1, Severity.UNSCANNABLE),))

    async def test_a_server_offers_how_many_connections_it_takes(self) -> None:
        """Never more than our own limit."""
        for offered, taken in ((3, 3), (100, 8), (None, 8), (0, 8)):
            engine = self.made("icap://127.0.0.1:1/x", offer=replace(PLAIN, most_connections=offered))
            assert engine._places[0].turns.limit == taken
