"""Taking parts out: only what must go goes, and every other octet stays where it was."""

import email
import itertools
from email import policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.budget import Budget
from mx.anatomy.deep_readers import DEEP_READERS
from mx.anatomy.walker import Anatomy, walk
from mx.artifact import Artifact, Content
from mx.disposition.replacement_notice import notice_part
from mx.disposition.strip import Cut, Spliced, Stripped, parts_to_strip, strip
from mx.spool import Spool
from tests.contracts.disposing import spooled
from tests.contracts.mail import EICAR, base64_part, message, nested, tarred, text_part, zipped

NOTICE = notice_part("en", ["virus.zip"], "infected", "0abc")
INSTEAD = NOTICE.header + b"\r\n" + NOTICE.body
NO_TIME = itertools.repeat(0.0).__next__
VIRUS = base64_part(nested(EICAR, 2), b"virus.zip")
HARMLESS = base64_part(b"harmless" * 999, b"photo.jpg", b"image/jpeg")
INNER = b"Content-Type: message/rfc822\r\n\r\n" + message(text_part(), VIRUS, boundary=b"b2")


def walked(octets: bytes) -> Anatomy:
    return walk(octets, Budget(NO_TIME), DEEP_READERS)


def unwanted(anatomy: Anatomy) -> list[int]:
    """The artifacts that are EICAR itself."""
    return [part.number for part, content in parts_of(anatomy) if content.strip() == EICAR]


def parts_of(anatomy: Anatomy) -> list[tuple[Artifact, bytes]]:
    return [(part, content.raw) for part, content in zip(anatomy.artifacts, anatomy.contents, strict=True)]


def stripped(octets: bytes, content: Content | None = None) -> Stripped | str:
    anatomy = walked(octets)
    parts = parts_to_strip(anatomy.artifacts, anatomy.ambiguities, unwanted(anatomy))
    return parts if isinstance(parts, str) else strip(content or spooled(octets), parts, NOTICE)


def octets_of(result: Stripped | str) -> bytes:
    assert isinstance(result, Stripped), result
    octets = b"".join(result.content.chunks())
    assert len(octets) == result.content.octets
    return octets


SAMPLES = {
    "an attachment": ([text_part(), VIRUS], [text_part(), INSTEAD]),
    "between others": ([text_part(), VIRUS, HARMLESS], [text_part(), INSTEAD, HARMLESS]),
    "the first": ([VIRUS, text_part()], [INSTEAD, text_part()]),
    "the only one": ([VIRUS], [INSTEAD]),
    "twice": ([VIRUS, HARMLESS, VIRUS], [INSTEAD, HARMLESS, INSTEAD]),
    "in an attached message": ([text_part(), INNER, HARMLESS], [text_part(), INSTEAD, HARMLESS]),
    "in a tar": (
        [text_part(), base64_part(tarred(zipped(EICAR)), b"virus.tar")],
        [text_part(), INSTEAD],
    ),
    "as it stands": (
        [text_part(), b"Content-Type: text/plain\r\n\r\n" + EICAR, HARMLESS],
        [text_part(), INSTEAD, HARMLESS],
    ),
}


@pytest.mark.parametrize("title", SAMPLES)
def test_only_the_part_concerned_is_replaced(title: str) -> None:
    """Octet for octet the message that it would have been with the notice there from the start."""
    before, after = SAMPLES[title]
    result = octets_of(stripped(message(*before)))
    assert result == message(*after)
    assert not unwanted(walked(result)) and not walked(result).ambiguities


@pytest.mark.parametrize("title", SAMPLES)
def test_mail_programs_show_the_notice(title: str) -> None:
    """The standard library's parser, without a defect."""
    parsed = email.message_from_bytes(octets_of(stripped(message(*SAMPLES[title][0]))), policy=policy.default)
    assert not parsed.defects
    assert any("0abc" in part.get_content() for part in parsed.walk() if part.get_content_type() == "text/plain")


def test_a_message_that_is_one_body_keeps_its_header() -> None:
    """All but the fields that describe the body."""
    head = b"From: a@sender.example\r\nSubject: x\r\n folded\r\n"
    for version in (b"MIME-Version: 1.0\r\n", b""):
        octets = head + version + VIRUS
        assert octets_of(stripped(octets)) == head + b"MIME-Version: 1.0\r\n" + INSTEAD


def signed(kind: bytes) -> bytes:
    raw = message(text_part(), VIRUS, b"Content-Type: " + kind + b"\r\n\r\nsignature")
    return raw


@pytest.mark.parametrize(
    ("octets", "why"),
    [
        (signed(b"application/pgp-signature; name=signature.asc"), "signed"),
        (signed(b"application/pkcs7-signature"), "signed"),
        (message(text_part(), VIRUS).replace(b"multipart/mixed", b"multipart/signed"), "signed"),
        (message(text_part(), VIRUS).replace(b"--b1--", b"--b1"), "ambiguous"),
        (message(text_part(), VIRUS, VIRUS, header=b"Content-Type: text/plain\r\n"), "ambiguous"),
        (message(text_part()).replace(b"--b1\r\n", EICAR + b"\r\n--b1\r\n", 1), "no-part"),
        (message(text_part()), "no-part"),
    ],
)
def test_where_it_cannot_be_done_there_is_a_word_for_it(octets: bytes, why: str) -> None:
    """Such a message is held whole."""
    assert stripped(octets) == why


def test_a_broken_dkim_signature_is_noticed() -> None:
    """It cannot be helped; the trace says it."""
    dkim = message(text_part(), VIRUS, header=b"DKIM-Signature: v=1; a=rsa-sha256\r\nFrom: a@sender.example\r\n")
    for octets, breaks in ((dkim, True), (message(text_part(), VIRUS), False)):
        result = stripped(octets)
        assert isinstance(result, Stripped) and result.breaks_dkim is breaks
        assert result.names == ("virus.zip",)


class Chunked:
    """A Content in pieces of any size."""

    def __init__(self, octets: bytes, size: int) -> None:
        self._pieces = [octets[start : start + size] for start in range(0, len(octets), size)]
        self.octets = len(octets)

    def chunks(self) -> "itertools.chain[bytes]":
        return itertools.chain(self._pieces)


@given(st.binary(max_size=40), st.integers(1, 12), st.lists(st.integers(0, 40), max_size=6), st.binary(max_size=5))
def test_cuts_are_exact_whatever_the_pieces(octets: bytes, size: int, places: list[int], instead: bytes) -> None:
    """The same octets as by slicing."""
    ends = sorted(min(place, len(octets)) for place in places)
    cuts = tuple(Cut(start, end, instead) for start, end in zip(ends[::2], ends[1::2], strict=False) if start < end)
    expected, offset = b"", 0
    for cut in cuts:
        expected += octets[offset : cut.start] + instead
        offset = cut.end
    expected += octets[offset:]
    spliced = Spliced(Chunked(octets, size), cuts)
    assert b"".join(spliced.chunks()) == expected and spliced.octets == len(expected)


def test_a_large_message_is_read_in_pieces() -> None:
    """From the spool's file."""
    spool = Spool()
    octets = message(text_part(), base64_part(bytes(2_000_000)), VIRUS, HARMLESS)
    spool.write(octets)
    spool.freeze()
    assert not spool.is_in_memory
    assert octets_of(stripped(octets, spool)) == octets.replace(VIRUS, INSTEAD)
    spool.close()
