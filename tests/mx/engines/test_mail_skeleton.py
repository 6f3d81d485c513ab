"""The skeleton: what clamd finds in the whole message, it finds in parts and skeleton; by signatures of our own."""

from dataclasses import replace

from twisted.internet import reactor
from twisted.trial.unittest import SkipTest, TestCase

from mx.artifact import Artifact
from mx.engines.clamd.engine import Clamd, parse_daemon
from mx.engines.contract import Circumstances
from mx.engines.mail_skeleton import MOST_OCTETS, READING, with_skeleton
from mx.engines.verdict_cache import VerdictCache
from mx.finding import EngineOutcome, Found
from tests.contracts.engine import Octets, artifact, ask
from tests.contracts.mail import base64_part, message, nested, text_part, zipped
from tests.corpus.in_process import InProcess
from tests.servers.clamd_server import clamd_server
from tests.servers.program import ServerMissing, find_program

MAIL, ANY, HTML, TEXT = 4, 0, 3, 7
HEADER = b"Received: from a.example by b.example\r\nFrom: a@sender.example\r\nSubject: "
MARK = b"pratiquemark"


def signature(name: str, target: int, octets: bytes = MARK) -> bytes:
    return f"{name}:{target}:*:{octets.hex()}\n".encode()


SIGNATURES = b"".join(signature(f"Own.Target{target}", target) for target in (MAIL, HTML, TEXT))
_PLAIN = b"Content-Type: text/plain\r\nContent-Transfer-Encoding: "
MAILS = {
    "in the subject": message(text_part(), header=HEADER + MARK + b"\r\n"),
    "in the text": message(text_part(b"see " + MARK + b"\r\n"), header=HEADER + b"x\r\n"),
    "in a single text": HEADER + b"x\r\n\r\nsee " + MARK + b"\r\n",
    "in a base64 text": message(_PLAIN + b"base64\r\n\r\nc2VlIHByYXRpcXVlbWFyaw0K\r\n", header=HEADER + b"x\r\n"),
    "in a quoted-printable text": message(
        _PLAIN + b"quoted-printable\r\n\r\nprati=\r\nquemark\r\n", header=HEADER + b"x\r\n"
    ),
    "in the name of an attachment": message(base64_part(b"abc", MARK + b".bin"), header=HEADER + b"x\r\n"),
    "in HTML": message(
        b"Content-Type: text/html\r\n\r\n<html><p>" + MARK + b"</p></html>\r\n", header=HEADER + b"x\r\n"
    ),
    "in an attachment": message(base64_part(b"see " + MARK), header=HEADER + b"x\r\n"),
    "in a zip": message(base64_part(zipped(MARK, "a.txt"), b"a.zip"), header=HEADER + b"x\r\n"),
    "in three zips": message(base64_part(nested(MARK, 3), b"a.zip"), header=HEADER + b"x\r\n"),
}


class Shown(TestCase):
    """A clamd whose signatures are for mail, for HTML and for text, with a mark in every place."""

    timeout = 60

    def setUp(self) -> None:
        try:
            find_program("clamd")
        except ServerMissing as missing:
            raise SkipTest(str(missing)) from None

    async def test_nothing_that_the_whole_message_shows_is_lost(self) -> None:
        """And what clamd finds in the whole message is found in it without that."""
        lost = []
        with clamd_server(signatures=SIGNATURES) as server:
            engine = Clamd(reactor, [parse_daemon(server.setting)], 25 << 20, VerdictCache(0))
            for place, raw in MAILS.items():
                whole = await ask(engine, artifact(raw, 0, None, "message"))
                in_parts = await ask(engine, *_artifacts(raw))
                assert names(whole) or place == "in three zips", place
                if names(whole) and not names(in_parts):
                    lost.append(place)
        assert lost == []

    async def test_the_encoded_form_of_an_attachment_is_for_the_whole_message(self) -> None:
        """The policy's choice, for signatures of that kind."""
        raw = message(base64_part(b"\xa6\xb6\xad\x8a\xa7\xb9\xa9\xa6\xabz" * 6), header=HEADER + b"x\r\n")
        encoded = raw.partition(b"base64\r\n\r\n")[2][:30]
        with clamd_server(signatures=signature("Own.Encoded", ANY, encoded)) as server:
            engine = Clamd(reactor, [parse_daemon(server.setting)], 25 << 20, VerdictCache(0))
            assert not names(await ask(engine, *_artifacts(raw)))
            whole = Circumstances(whole_message=True)
            assert names(await ask(engine, *_artifacts(raw), circumstances=whole))


def names(outcome: EngineOutcome) -> set[str]:
    return {finding.name for finding in outcome.findings} if isinstance(outcome, Found) else set()


def _artifacts(raw: bytes) -> list[Artifact]:
    anatomy = InProcess().open(raw)
    return [
        replace(one, content=Octets(content.raw))
        for one, content in zip(anatomy.artifacts, anatomy.contents, strict=True)
    ]


def test_a_skeleton_has_the_message_but_its_attachments() -> None:
    """It begins as the message does, and stands in the place of the message."""
    attachment = b"\0binary\xff" * 50
    raw = message(text_part(b"Good morning.\r\n"), base64_part(attachment, b"bill.pdf"), header=HEADER + b"x\r\n")
    skeleton = with_skeleton(_artifacts(raw))[-1]
    octets = b"".join(skeleton.content.chunks())
    assert (skeleton.number, skeleton.reading) == (0, READING)
    assert octets.startswith(HEADER)
    assert b"\r\n\r\n" in octets and b"Good morning." in octets and b'filename="bill.pdf"' in octets
    assert attachment not in octets and base64_part(attachment)[-50:-10] not in octets


def test_a_skeleton_is_bounded() -> None:
    """Text that comes late is examined as a part alone."""
    raw = message(text_part(b"x" * 10 * MOST_OCTETS), text_part(b"late"), header=HEADER + b"x\r\n")
    skeleton = with_skeleton(_artifacts(raw))[-1]
    assert MOST_OCTETS < skeleton.content.octets < MOST_OCTETS + 2000


def test_a_message_that_was_not_opened_has_none() -> None:
    """It is shown whole."""
    shown = [artifact(b"x", 0, None, "message")]
    assert with_skeleton(shown) == shown
    assert list(with_skeleton([])) == []
