"""What clamd finds by a signature of each kind: in the message whole, in its parts asked alone, and in its skeleton.

A real clamd, signatures of our own, each with a mark of its own in texts and pages of every encoding. Whatever one of
the first two ways finds, the third does.
"""

import base64
import hashlib
import itertools
import quopri
from collections.abc import Iterator
from dataclasses import dataclass

from twisted.internet import reactor
from twisted.trial.unittest import SkipTest, TestCase

from mx.engines.canary import canary_of
from mx.engines.clamd.engine import Clamd, parse_daemon
from mx.engines.contract import EICAR, Circumstances
from mx.engines.verdict_cache import VerdictCache
from mx.finding import EngineOutcome, Found
from tests.contracts.engine import artifact, ask
from tests.contracts.mail import base64_part, message, nested, zipped
from tests.mx.engines.test_mail_skeleton import artifacts_of
from tests.servers.clamd_server import BODY_SIGNATURES, ClamdServer, clamd_server
from tests.servers.program import ServerMissing, find_program

MAIL, ANY, PAGE, TEXT = 4, 0, 3, 7
TARGETS = (ANY, PAGE, MAIL, TEXT)
HEADER = b"Received: from a.example by b.example\r\nFrom: a@sender.example\r\nMIME-Version: 1.0\r\nSubject: about "
MARK = b"pratiquemark"
NO_CACHE = {"DisableCache": "yes"}
"""What clamd has found clean by itself it does not look at again within a mail."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of signature: the file that it belongs to, its line, and the words that a mail needs for it to fit."""

    file: str
    line: str
    subject: bytes = b"x"
    first: bytes = b"good"
    last: bytes = b"morning"


def kinds() -> Iterator[Kind]:
    """One of each, but those of whole files."""
    for target in TARGETS:
        word = b"plain%dmark" % target
        yield Kind("own.ndb", f"Own.Word{target}:{target}:*:{word.hex()}", first=word)
        one, two = b"first%dmark" % target, b"last%dmark" % target
        yield Kind("own.ldb", logical(f"Own.Two{target}", target, one, two), first=one, last=two)
    one, two = b"subjectmark", b"bothtext"
    yield Kind("own.ndb", f"Own.Subject:{MAIL}:*:{one.hex()}", subject=one)
    yield Kind("own.ldb", logical("Own.Both", MAIL, b"bothmark", two), subject=b"bothmark", first=two)
    for target, end in itertools.product((ANY, MAIL), (b"\r\n", b"\n")):
        name = b"ends%d%b" % (target, b"crlf" if b"\r" in end else b"lf")
        pattern = name + end + b"morning"
        yield Kind("own.ndb", f"Own.{name.decode()}:{target}:*:{pattern.hex()}", first=name)
    for target in (ANY, PAGE, TEXT):
        word = b"inmail%dmark" % target
        line = f"Own.InMail{target};Engine:51-255,Target:{target},Container:CL_TYPE_MAIL;0;{word.hex()}"
        yield Kind("own.ldb", line, first=word)


def logical(name: str, target: int, *words: bytes) -> str:
    terms = "&".join(map(str, range(len(words))))
    return f"{name};Engine:51-255,Target:{target};{terms};" + ";".join(word.hex() for word in words)


def encoded(content: bytes, encoding: bytes) -> bytes:
    if encoding == b"base64":
        return base64.encodebytes(content).replace(b"\n", b"\r\n")
    if encoding == b"quoted-printable":
        return quopri.encodestring(content.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n")
    return content


def mails(kind: Kind) -> Iterator[tuple[str, bytes, tuple[bytes, bytes]]]:
    """What it is, the mail, and its text and page."""
    text = kind.first + b"\r\n" + kind.last + "\r\n\u00e4\r\n".encode()
    page = b"<html><body><p>" + kind.first + b"\r\n" + kind.last + "</p>\u00e4</body></html>\r\n".encode()
    header = HEADER + kind.subject + b"\r\n"
    for encoding in (b"8bit", b"quoted-printable", b"base64"):
        fields = b"; charset=utf-8\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n"
        parts = [
            b"Content-Type: text/plain" + fields + encoded(text, encoding),
            b"Content-Type: text/html" + fields + encoded(page, encoding),
        ]
        what = f"{kind.line[:40]} {encoding.decode()}"
        yield f"{what} text", header + parts[0], (text, page)
        yield f"{what} page", header + parts[1], (text, page)
        yield f"{what} both", message(*parts, header=header), (text, page)
        yield f"{what} named", message(*(_named(part) for part in parts), header=header), (text, page)


def _named(part: bytes) -> bytes:
    return b'Content-Disposition: attachment; filename="a.html"\r\n' + part


class EveryKind(TestCase):
    """The three ways side by side."""

    timeout = 120

    def setUp(self) -> None:
        try:
            find_program("clamd")
        except ServerMissing as missing:
            raise SkipTest(str(missing)) from None

    async def ways(self, server: ClamdServer, raw: bytes) -> tuple[set[str], set[str], set[str]]:
        """What is found in the whole message, in its parts alone, and in the skeleton that carries its texts."""
        engine = await sure_engine(server)
        opened = artifacts_of(raw)
        whole = await ask(engine, artifact(raw, 0, None, "message"))
        parts = [each for each in opened if each.number and each.reading != "headers"]
        return names(whole), names(await ask(engine, *parts)), names(await ask(engine, *opened))

    async def test_nothing_is_lost_by_a_signature_of_any_kind(self) -> None:
        """Patterns for any file, mail, pages and texts, alone and together, and those for what is in a mail."""
        databases: dict[str, bytes] = {"own.ldb": b"", "more.ndb": b""}
        for kind in kinds():
            databases[kind.file.replace("own.ndb", "more.ndb")] += kind.line.encode() + b"\n"
        counts, lost = [0, 0, 0], []
        with clamd_server(NO_CACHE, signatures=BODY_SIGNATURES.encode(), databases=databases) as server:
            for kind in kinds():
                found = False
                for what, raw, _ in mails(kind):
                    ways = await self.ways(server, raw)
                    counts = [count + bool(way) for count, way in zip(counts, ways, strict=True)]
                    found = found or any(ways)
                    if (ways[0] or ways[1]) and not ways[2]:
                        lost.append((what, [*map(bool, ways)]))
                assert found, f"{kind.line}: it fits nothing"
        assert not lost, "\n" + "\n".join(map(str, lost))
        assert counts[2] > max(counts[:2]) and min(counts) > 60, counts

    async def test_the_digest_of_a_part_is_found(self) -> None:
        """By MD5 and by SHA-256, of the octets as a person would save them."""
        for number, (algorithm, file) in enumerate((("md5", "own.hdb"), ("sha256", "own.hsb"))):
            kind = Kind(file, algorithm, first=b"digest%d" % number)
            lines, cases = [], list(mails(kind))
            for text in cases[0][2]:
                # clamd wants a digest's part to end as the message has it: before a boundary the line end is no part.
                for cut in (text, text.removesuffix(b"\r\n")):
                    lines.append(f"{hashlib.new(algorithm, cut).hexdigest()}:{len(cut)}:Own.Digest:73")
            with clamd_server(
                NO_CACHE,
                signatures=BODY_SIGNATURES.encode(),
                databases={f"more.{file[-3:]}": "\n".join(lines).encode() + b"\n"},
            ) as server:
                for what, raw, _ in cases:
                    _, alone, together = await self.ways(server, raw)
                    assert together >= alone, what
                    assert together or what.endswith(" page"), what

    async def test_a_page_that_lies_about_its_links_is_found(self) -> None:
        """clamd looks for that in mails alone: in the skeleton it is, and not in parts by themselves."""
        link = b'<html><a href="http://elsewhere.example/">http://www.bank.example/</a></html>\r\n'
        databases = {"own.pdb": b"H:bank.example\nH:www.bank.example\n"}
        counts = [0, 0, 0]
        with clamd_server(NO_CACHE, signatures=BODY_SIGNATURES.encode(), databases=databases) as server:
            for encoding in (b"8bit", b"quoted-printable", b"base64"):
                page = b"Content-Type: text/html\r\nContent-Transfer-Encoding: " + encoding + b"\r\n\r\n"
                page += encoded(link, encoding)
                for raw in (HEADER + b"x\r\n" + page, message(b"\r\nSee below.", page, header=HEADER + b"x\r\n")):
                    ways = await self.ways(server, raw)
                    assert ways[2] == {"Heuristics.Phishing.Email.SpoofedDomain"}
                    counts = [count + bool(way) for count, way in zip(counts, ways, strict=True)]
        assert counts == [6, 0, 6]

    async def test_every_place_that_the_whole_message_shows_is_shown(self) -> None:
        """Header, names, texts, attachments and archives."""
        signatures = "".join(f"Own.Target{target}:{target}:*:{MARK.hex()}\n" for target in (MAIL, PAGE, TEXT))
        plain = b"Content-Type: text/plain\r\n\r\nGood morning."
        places = {
            "subject": message(plain, header=HEADER + MARK + b"\r\n"),
            "name": message(plain, base64_part(b"abc", MARK + b".bin"), header=HEADER + b"x\r\n"),
            "attachment": message(plain, base64_part(b"see " + MARK), header=HEADER + b"x\r\n"),
            "zip": message(plain, base64_part(zipped(MARK, "a.txt"), b"a.zip"), header=HEADER + b"x\r\n"),
            "three zips": message(plain, base64_part(nested(MARK, 3), b"a.zip"), header=HEADER + b"x\r\n"),
        }
        with clamd_server(NO_CACHE, signatures=(signatures + BODY_SIGNATURES).encode()) as server:
            for place, raw in places.items():
                whole, alone, together = await self.ways(server, raw)
                assert together and (whole or place == "three zips"), place
                assert together >= alone, place

    async def test_some_signatures_are_for_the_whole_message(self) -> None:
        """For the encoded form of a part, for a place counted from the start, for an attachment within a mail."""
        raw = message(base64_part(b"\xa6\xb6\xad\x8a\xa7\xb9\xa9\xa6\xabz" * 6), header=HEADER + b"x\r\n")
        form = raw.partition(b"base64\r\n\r\n")[2][:30].hex()
        attached = rb"\xa6\xb6\xad\x8a".decode("unicode_escape").encode("latin-1").hex()
        for line, file in (
            (f"Own.Form:{ANY}:*:{form}", "more.ndb"),
            (f"Own.Start:{MAIL}:0:{HEADER[:20].hex()}", "more.ndb"),
            (f"Own.In;Engine:51-255,Target:{ANY},Container:CL_TYPE_MAIL;0;{attached}", "own.ldb"),
        ):
            databases = {file: line.encode() + b"\n"}
            with clamd_server(NO_CACHE, signatures=BODY_SIGNATURES.encode(), databases=databases) as server:
                engine = await sure_engine(server)
                assert not names(await ask(engine, *artifacts_of(raw))), line
                everything = Circumstances(whole_message=True)
                assert names(await ask(engine, *artifacts_of(raw), circumstances=everything)), line

    async def test_no_text_hides_what_is_carried(self) -> None:
        """Text that clamd takes for an encoded file, for the end of a part, or for a field that goes on."""
        bad = b"see " + MARK + b"\r\n"
        tricks = (
            b"begin 644 a.exe",
            b"(This file must be converted with BinHex 4.0)\r\n:",
            b"=ybegin line=128",
            b"--b1--",
            b'Content-Type: text/plain; name="',
            b"Content-Transfer-Encoding: base64",
            b"From a",
            b"\0",
            b"<!--",
            b"x" * 3000,
            b"(",
        )
        with clamd_server(NO_CACHE, signatures=f"Own.Text:{TEXT}:*:{MARK.hex()}\n{BODY_SIGNATURES}".encode()) as server:
            engine = await sure_engine(server)
            for trick in tricks:
                texts = (trick + b"\r\n\r\n" + trick + b"\r\n", bad)
                raw = message(
                    *(base64_part(text, trick[:20] + b".txt", b"text/plain") for text in texts),
                    header=HEADER + trick + b"\r\n" + trick + b"\r\n",
                )
                assert names(await ask(engine, *artifacts_of(raw))), trick


async def sure_engine(server: ClamdServer) -> Clamd:
    """One that has found its canaries, so that a clean skeleton is enough."""
    engine = Clamd(reactor, [parse_daemon(server.setting)], 25 << 20, VerdictCache(0))
    assert names(await engine.examine([canary_of(EICAR)], Circumstances(is_canary=True), 10.0))
    return engine


def names(outcome: EngineOutcome) -> set[str]:
    return {finding.name for finding in outcome.findings} if isinstance(outcome, Found) else set()
