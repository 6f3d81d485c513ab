"""PDF trailers: every encryption that any of them names."""

import time

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import whole
from mx.anatomy.containers.pdf.syntax import find_objects
from mx.anatomy.containers.pdf.trailer import MOST_ENCRYPTIONS, Encryption, read_encryptions
from tests.corpus.formats.documents import pdf, pdf_pages


def read(octets: bytes) -> list[Encryption]:
    budget = Budget(time.process_time)
    return read_encryptions(whole(octets), find_objects(whole(octets), budget), budget)


def trailer(number: int) -> bytes:
    return b"trailer<</Encrypt<</Filter/Standard/R %d>>/ID[<41><42>]>>\n" % number


@pytest.mark.parametrize(
    "octets",
    [
        pdf(*pdf_pages(), trailer=b"/Encrypt<</Filter/Standard/R 2>>/ID[<41><42>]"),
        pdf(*pdf_pages(), b"<</Filter/Standard/R 2>>", trailer=b"/Encrypt 4 0 R/ID[<41><42>]"),
        pdf(*pdf_pages(), b"<</Filter/Standard/R 2>>", trailer=b"/#45ncryp#74 4 0 R/#49D[(A)(B)]"),
    ],
    ids=["in the trailer", "elsewhere", "spelled"],
)
def test_an_encryption_and_the_identifier(octets: bytes) -> None:
    (found,) = read(octets)
    assert found.dictionary == {"Filter": "Standard", "R": 2}
    assert found.identifiers == [b"A"]


def test_without_an_identifier_it_is_empty() -> None:
    (found,) = read(pdf(*pdf_pages(), trailer=b"/Encrypt<</Filter/Standard>>"))
    assert found.identifiers == [b""]


def test_every_trailer_counts_the_last_first() -> None:
    """One that is repeated in every revision counts once."""
    octets = pdf(*pdf_pages()) + trailer(2) * 9 + trailer(3)
    assert [found.dictionary["R"] for found in read(octets)] == [3, 2]


def test_documents_without_one() -> None:
    """The word alone is nothing."""
    assert read(pdf(*pdf_pages())) == []
    assert read(pdf(*pdf_pages(), b"(/Encrypt is a key)", trailer=b"/Encrypt 99 0 R")) == []


@pytest.mark.parametrize("count", [MOST_ENCRYPTIONS, 500])
def test_more_than_can_be_tried(count: int) -> None:
    """The caller sees that there may be more."""
    octets = pdf(*pdf_pages()) + b"".join(trailer(number) for number in range(count))
    assert len(read(octets)) == MOST_ENCRYPTIONS


def test_a_thousand_places_without_a_filter_hide_nothing() -> None:
    """Where the last places say nothing, there may be more before them."""
    octets = pdf(*pdf_pages()) + trailer(2) + b"".join(b"/Encrypt<</X %d>>" % number for number in range(40))
    assert [found.dictionary["R"] for found in read(octets)] == [2]
