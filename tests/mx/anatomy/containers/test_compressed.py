"""Single compressed files."""

import bz2
import lzma

import pytest

from mx.anatomy.containers.compressed import filter_reader, open_bzip2, open_lzip, open_lzma, open_xz
from mx.anatomy.containers.contract import Member, Obstacle, Reader
from mx.anatomy.containers.libarchive import load
from tests.contracts.archives import contents_of, names_of, steps_of, written_by_libarchive


def cpio_in(form: str) -> bytes:
    return written_by_libarchive("cpio_newc", {"a": b"content" * 99}, form)


PLAIN = b"content" * 99
FORMS = {
    "bzip2": (open_bzip2, lambda: bz2.compress(PLAIN)),
    "xz": (open_xz, lambda: lzma.compress(PLAIN)),
    "lzma": (open_lzma, lambda: lzma.compress(PLAIN, lzma.FORMAT_ALONE)),
}


@pytest.mark.parametrize("form", FORMS)
def test_opens(form: str) -> None:
    """The content, and nothing odd."""
    reader, make = FORMS[form]
    assert (contents_of(steps_of(reader, make())), names_of(steps_of(reader, make()))) == ([PLAIN], set())


@pytest.mark.parametrize("form", ["bzip2", "xz"])
def test_streams_that_follow_one_another_are_one_content(form: str) -> None:
    """As every unpacker joins them; xz may have padding between."""
    reader, make = FORMS[form]
    between = bytes(8) if form == "xz" else b""
    assert contents_of(steps_of(reader, make() + between + make())) == [PLAIN * 2]


@pytest.mark.parametrize("form", FORMS)
def test_what_is_cut_off_is_unscannable(form: str) -> None:
    """What came out before is shown where there is some."""
    reader, make = FORMS[form]
    steps = steps_of(reader, make()[:-12])
    assert names_of(steps) == {f"broken-{form}"}


@pytest.mark.parametrize("form", FORMS)
def test_a_sum_that_does_not_fit_hides_nothing(form: str) -> None:
    """The library raises and keeps back what it had; some unpackers leave the file there."""
    reader, make = FORMS[form]
    packed = bytearray(make())
    packed[-1 if form != "xz" else -30] ^= 0x55
    steps = steps_of(reader, bytes(packed))
    (content,) = contents_of(steps)
    assert len(content) >= len(PLAIN) - 1
    assert PLAIN.startswith(content)
    assert names_of(steps) == {f"broken-{form}"}
    assert any(isinstance(step, Obstacle) for step in steps)


@pytest.mark.parametrize("form", FORMS)
def test_octets_behind_the_end_are_a_member(form: str) -> None:
    """Some program may look at them."""
    reader, make = FORMS[form]
    steps = steps_of(reader, make() + b"and behind it")
    assert contents_of(steps) == [PLAIN, b"and behind it"]


def test_lzip_is_read() -> None:
    """Its dictionary size is coded, its trailer not believed."""
    (content,) = contents_of(steps_of(open_lzip, cpio_in("lzip")))
    assert PLAIN in content
    assert contents_of(steps_of(open_lzip, cpio_in("lzip") * 2)) == [content * 2]
    assert names_of(steps_of(open_lzip, b"LZIP\1\x0c and text")) == {"broken-lzip"}


@pytest.mark.parametrize("form", ["lz4", "compress"])
def test_forms_of_libarchive_are_read(form: str) -> None:
    """And what only begins like them is odd."""
    library = load()
    if library is None:
        pytest.skip("libarchive is not installed")
    reader: Reader = filter_reader(library, form)
    (member,) = steps_of(reader, cpio_in(form))
    assert isinstance(member, Member)
    assert PLAIN in member.content.raw
    mere = steps_of(reader, b"\x04\x22\x4d\x18 text" if form == "lz4" else b"\x1f\x9d\x90")
    assert not [step for step in mere if isinstance(step, Obstacle)]
