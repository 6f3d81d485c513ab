"""The readers of a light cell, and what it hands on."""

import itertools

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import DeeperCellNeeded
from mx.anatomy.readers import LIGHT_READERS
from mx.anatomy.walker import walk
from tests.contracts.mail import attached, zipped
from tests.corpus.formats.compound import compound
from tests.corpus.formats.documents import onenote, ooxml, pdf, pdf_pages, rtf, word_file

NO_TIME = itertools.repeat(0.0).__next__


def test_a_light_cell_opens_what_needs_no_library() -> None:
    """A zip is opened by the light readers."""
    anatomy = walk(attached(zipped(b"inside")), Budget(NO_TIME), LIGHT_READERS)
    assert not anatomy.findings
    assert any(content.raw == b"inside" for content in anatomy.contents)


def test_a_light_cell_hands_on_what_it_cannot_open() -> None:
    """A kind of a deep reader ends the walk without a word about the message."""
    with pytest.raises(DeeperCellNeeded):
        walk(attached(b"Rar!\x1a\x07\x01\0"), Budget(NO_TIME), LIGHT_READERS)


@pytest.mark.parametrize(
    "octets",
    [word_file(), pdf(*pdf_pages()), rtf(b"x"), onenote(b"x"), ooxml()],
    ids=["doc", "pdf", "rtf", "one", "docx"],
)
def test_a_light_cell_opens_documents(octets: bytes) -> None:
    """Most documents need no library, so they cost no second walk."""
    assert not walk(attached(octets), Budget(NO_TIME), LIGHT_READERS).findings


def test_a_light_cell_hands_encrypted_documents_on() -> None:
    """Decrypting needs libraries."""
    with pytest.raises(DeeperCellNeeded):
        walk(attached(compound({"EncryptedPackage": b"x"})), Budget(NO_TIME), LIGHT_READERS)
