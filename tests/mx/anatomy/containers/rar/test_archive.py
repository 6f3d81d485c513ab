"""Rar archives."""

import pytest

from mx.anatomy.containers.contract import Obstacle, Reader
from mx.anatomy.containers.libarchive import load
from mx.anatomy.containers.rar.archive import open_rars
from mx.finding import Severity
from tests.contracts.archives import (
    RAR_4,
    contents_of,
    names_alone,
    names_of,
    rar_4,
    rar_5,
    rar_5_with_encrypted_headers,
    steps_of,
)
from tests.contracts.mail import EICAR


@pytest.fixture(scope="module")
def reader() -> Reader:
    """The reader with the library of this machine."""
    library = load()
    if library is None:
        pytest.skip("libarchive is not installed")
    return open_rars(library)


@pytest.mark.parametrize("archive", [rar_4(EICAR), rar_5(EICAR), b"MZ front" * 99 + rar_4(EICAR), b"x" + rar_5(EICAR)])
def test_opens(archive: bytes, reader: Reader) -> None:
    """Both generations, behind a front too."""
    steps = steps_of(reader, archive)
    assert (contents_of(steps), names_of(steps)) == ([EICAR], set())


def test_archives_that_follow_one_another_are_all_read(reader: Reader) -> None:
    """The second one has the payload."""
    assert contents_of(steps_of(reader, rar_5(b"one") + rar_4(EICAR))) == [b"one", EICAR]


ENCRYPTED = {
    "file of 4": rar_4(EICAR, flags=4),
    "headers of 4": rar_4(EICAR, archive_flags=0x80),
    "file of 5": rar_5(EICAR, extra=b"\x03\x01\x00\x00"),
    "headers of 5": rar_5_with_encrypted_headers(),
}


@pytest.mark.parametrize("case", ENCRYPTED)
def test_encrypted_is_told_apart_from_broken(case: str, reader: Reader) -> None:
    """One finding, of severity encrypted; files whose headers are in the clear are there by name."""
    steps = steps_of(reader, ENCRYPTED[case])
    obstacles = [step for step in steps if isinstance(step, Obstacle)]
    assert obstacles == [Obstacle("encrypted.rar", Severity.ENCRYPTED)]
    assert names_alone(steps) == ([("file.bin",)] if "file" in case else [])


UNREADABLE = {
    "cut": (rar_4(EICAR * 9)[:150], "broken-rar"),
    "cut of 5": (rar_5(EICAR * 9)[:150], "broken-rar"),
    "goes on in another volume": (rar_4(EICAR, flags=2, archive_flags=1), "broken-rar"),
    "a stream beside a file": (rar_5(EICAR, b"STM", kind=3), "rar-stream"),
}


@pytest.mark.parametrize("case", UNREADABLE)
def test_what_cannot_be_read_is_unscannable(case: str, reader: Reader) -> None:
    """Each has its obstacle."""
    archive, name = UNREADABLE[case]
    assert Obstacle(name) in steps_of(reader, archive)


def test_the_mere_magic_is_odd_at_the_start_and_nothing_elsewhere(reader: Reader) -> None:
    """Programs that open rars hold the magic too."""
    assert [step for step in steps_of(reader, RAR_4 + b"junk") if isinstance(step, Obstacle)] == []
    assert names_of(steps_of(reader, RAR_4 + b"junk")) == {"broken-rar"}
    assert steps_of(reader, b"MZ program " + RAR_4 + b"junk") == []
