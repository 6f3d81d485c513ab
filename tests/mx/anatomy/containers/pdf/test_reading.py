"""One way to read a PDF: what references mean, and what is behind the filters of a stream."""

import zlib

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import whole
from mx.anatomy.containers.pdf.reading import Decryption, Part, Reading, chains_of, decode_stream, plain_text
from mx.anatomy.containers.pdf.syntax import Reference, find_objects
from tests.corpus.formats.documents import pdf, pdf_pages, pdf_stream

CONTENT = b"Some words of content."
PACKED = zlib.compress(CONTENT)


def reading_of(octets: bytes, decryption: Decryption | None = None, octets_left: int = 1 << 20) -> Reading:
    budget = Budget(lambda: 0.0)
    reading = Reading(find_objects(whole(octets), budget), budget, decryption, False, octets_left)
    for one in reading.objects:
        reading.by_number.setdefault(one.number, []).append(one)
    return reading


def decoded(reading: Reading, number: int = 4) -> list[tuple[bytes, bool]]:
    one = next(each for each in reading.by_number[number] if each.stream is not None)
    return list(decode_stream(one, reading.dictionary_of(one), reading, is_file=True))


@pytest.mark.parametrize(
    ("entries", "other"),
    [
        (b"/Filter/FlateDecode", b"()"),
        (b"/Filter 5 0 R", b"/FlateDecode"),
        (b"/Filter 5 0 R", b"[/FlateDecode]"),
        (b"/Filter[5 0 R]", b"/FlateDecode"),
        (b"/Filter/ASCIIHexDecode/Filter/FlateDecode", b"()"),
        (b"/Filter/FlateDecode/Filter/DCTDecode", b"()"),
        (b"/Filter/DCTDecode/Filter/ASCIIHexDecode/Filter/FlateDecode", b"()"),
    ],
)
def test_every_chain_that_may_be_meant(entries: bytes, other: bytes) -> None:
    """A filter that stands elsewhere, and one that is given twice."""
    raw = pdf(*pdf_pages(), pdf_stream(PACKED, entries, is_packed=False), other)
    assert (CONTENT, True) in decoded(reading_of(raw))


def test_parameters_that_stand_elsewhere() -> None:
    """A predictor that readers apply."""
    rows = b"".join(b"\0" + CONTENT[at : at + 11] for at in range(0, len(CONTENT), 11))
    entries = b"/Filter/FlateDecode/DecodeParms 5 0 R"
    raw = pdf(*pdf_pages(), pdf_stream(zlib.compress(rows), entries, is_packed=False), b"<</Predictor 15/Columns 11>>")
    assert decoded(reading_of(raw)) == [(CONTENT, True)]


def test_every_revision_of_what_a_reference_names() -> None:
    """The last first, which most readers believe."""
    reading = reading_of(b"5 0 obj\n(old)\nendobj\n5 0 obj\n(new)\nendobj")
    assert [value for value in reading.meant_by(Reference(5)) if value] == [b"new", b"old"]
    assert reading.meant_by(7) == [7]
    assert reading.meant_by(Reference(99)) == []


def test_streams_cost_what_is_left_and_no_more() -> None:
    """Beyond that they are not complete."""
    raw = pdf(*pdf_pages(), pdf_stream(CONTENT))
    assert decoded(reading_of(raw, octets_left=5)) == [(b"", False)]


def test_filters_without_end_are_bounded() -> None:
    """A key given a thousand times has the readings of its first and last value."""
    entries = b"".join(b"/Filter/X%d" % number for number in range(1000)) + b"/Filter/FlateDecode"
    raw = pdf(*pdf_pages(), pdf_stream(PACKED, entries, is_packed=False))
    reading = reading_of(raw)
    chains = chains_of(reading.dictionary_of(reading.by_number[4][0]), reading)
    assert len(chains) <= 6
    assert (CONTENT, True) in decoded(reading)


def test_what_is_packed_is_not_decrypted_again() -> None:
    """Texts in an object stream were decrypted with the stream."""
    decryption = Decryption(*[lambda number, generation, octets: octets[::-1]] * 3)
    reading = reading_of(pdf(*pdf_pages()), decryption)
    assert plain_text(b"abc", Part(4, 0, {}, False), reading) == b"cba"
    assert plain_text(b"abc", Part(4, 0, {}, True), reading) == b"abc"
