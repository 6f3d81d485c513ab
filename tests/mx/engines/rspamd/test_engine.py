"""Rspamd as an engine: a real one where it answers, a scripted server where it misbehaves."""

import pytest
from twisted.internet import reactor
from twisted.internet.interfaces import IAddress
from twisted.trial.unittest import TestCase

from mx.artifact import Artifact
from mx.engines.contract import Circumstances, Engine
from mx.engines.panel import Panel
from mx.engines.rspamd.engine import CANARY, MOST_OCTETS, Rspamd, headers_of
from mx.finding import EngineOutcome, Finding, Found, NothingFound, Severity
from tests.contracts.engine import MEBIBYTE, AwayEngineContract, Octets, Script, artifact, ask
from tests.servers.rspamd_server import RspamdServer

HEAD = (
    b"From: Ann <ann@sender.example>\r\nTo: user@acme.example\r\nSubject: Minutes\r\nMessage-ID: <1@sender.example>\r\n"
    b"Date: Tue, 24 Nov 2026 09:00:00 +0000\r\nMIME-Version: 1.0\r\nContent-Type: text/html; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: 8bit\r\n\r\n"
)
CLEAN = HEAD + b"<html><body><p>The minutes of yesterday's meeting.</p></body></html>\r\n"
LURE = HEAD + b'<html><body><a href="http://other.example/login">http://www.bank.com/login</a></body></html>\r\n'
ENVELOPE = Circumstances("0abc", "192.0.2.7", "mail.sender.example", "ann@sender.example", ("user@acme.example",))


class Asking(TestCase):
    """Makes engines."""

    timeout = 60

    def made(self, *urls: str) -> Rspamd:
        return Rspamd(reactor, urls)


class TestRealRspamd(Asking):
    """A running rspamd."""

    @pytest.fixture(autouse=True)
    def _with_rspamd(self, rspamd: RspamdServer) -> None:
        self.server = rspamd

    async def said(self, message: bytes, *more: Artifact) -> EngineOutcome:
        circumstances = Circumstances(message=Octets(message), client_address="192.0.2.7")
        return await ask(
            self.made(self.server.url), artifact(message, 0, None, "message"), *more, circumstances=circumstances
        )

    async def test_mail_like_any_other_is_no_spam(self) -> None:
        """Nothing is said of it."""
        assert await self.said(CLEAN) == NothingFound("rspamd")

    async def test_the_test_message_for_spam_is_spam(self) -> None:
        """The finding is on the message, whatever was found in it."""
        spam = Finding("rspamd", "Rspamd.spam", 0, Severity.SPAM)
        assert await self.said(CANARY, artifact(b"part", 1)) == Found("rspamd", (spam,))

    async def test_a_link_that_says_another_address_is_phishing(self) -> None:
        """By the name of Rspamd's own symbol."""
        outcome = await self.said(LURE)
        assert isinstance(outcome, Found)
        assert Finding("rspamd", "Rspamd.PHISHING", 0, Severity.PHISHING) in outcome.findings

    async def test_a_message_of_any_size_is_read(self) -> None:
        """What nobody's spam is as large as is not sent, and nothing is said of it."""
        assert await self.said(CLEAN + b"<p>x</p>\r\n" * 400_000) == NothingFound("rspamd")
        assert await self.said(bytes(MOST_OCTETS + 1)) == NothingFound("rspamd")

    async def test_it_finds_its_canary_and_says_its_version(self) -> None:
        """Its canary is spam, not a virus."""
        panel = Panel([self.made(self.server.url)], reactor)
        await panel.probe("rspamd")
        (outcome,) = (await panel.ask([artifact(CLEAN, 0, None, "message")], 20, ENVELOPE)).outcomes
        assert outcome == NothingFound("rspamd")
        (state,) = await panel.states()
        assert (state.text, state.version[:2]) == ("ready", "3.")

    async def test_another_worker_answers_for_one_that_is_away(self) -> None:
        """Every time."""
        engine = self.made("http://127.0.0.1:1", self.server.url)
        for _ in range(3):
            assert isinstance(await ask(engine, artifact(CANARY, 0, None)), Found)
        assert (await engine.state()).text == "no answer from http://127.0.0.1:1"

    async def test_nothing_to_read_is_nothing_found(self) -> None:
        """No artifacts at all, or an empty message."""
        engine = self.made(self.server.url)
        assert await ask(engine) == await ask(engine, artifact(b"", 0, None)) == NothingFound("rspamd")


def test_the_envelope_stands_in_headers() -> None:
    """Each as Rspamd calls it; what is not known is not said."""
    headers = {name.decode(): values for name, values in headers_of(ENVELOPE).getAllRawHeaders()}
    assert headers == {
        "Queue-Id": [b"0abc"],
        "Ip": [b"192.0.2.7"],
        "Helo": [b"mail.sender.example"],
        "From": [b"ann@sender.example"],
        "Rcpt": [b"user@acme.example"],
    }
    assert list(headers_of(Circumstances()).getAllRawHeaders()) == []
    assert headers_of(Circumstances(reverse_path="")).getRawHeaders("From") == ["<>"]


def test_a_strangers_words_become_no_header_of_their_own() -> None:
    """Line ends, NUL and other scripts are percent-encoded."""
    hostile = Circumstances(helo="a\r\nSettings: none\0é", recipients=("a\nb@acme.example", "c@acme.example"))
    headers = headers_of(hostile)
    assert headers.getRawHeaders("Helo") == ["a%0D%0ASettings: none%00%C3%A9"]
    assert headers.getRawHeaders("Rcpt") == ["a%0Ab@acme.example", "c@acme.example"]
    assert not headers.hasHeader("Settings")


class TestScriptedRspamd(AwayEngineContract, Asking):
    """A server that is no good rspamd."""

    _BODY = b'{"action": "no action", "symbols": {}}'
    says_clean = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(_BODY), _BODY)

    def engine_at(self, address: IAddress) -> Engine:
        return self.made(f"http://127.0.0.1:{address.port}")

    async def test_another_status_is_a_failure(self) -> None:
        """Whatever its body says."""
        for status in (b"500 Oops", b"404 Not Found", b"204 No Content", b"302 Found"):
            await self.assert_failed(Script(self.says_clean.replace(b"200 OK", status)))

    async def test_two_answers_are_a_failure(self) -> None:
        """Here they are not: a connection carries one question, and its answer says how long it is."""
        assert await ask(self.serve(Script(self.says_clean * 2)), artifact(b"clean")) == NothingFound("rspamd")

    async def test_an_endless_body_is_a_failure(self) -> None:
        """It is not kept."""
        await self.assert_failed(Script(b"HTTP/1.1 200 OK\r\n\r\n" + b" " * (5 * MEBIBYTE), closes=False))
