"""Archives that libarchive reads."""

import bz2
import gzip
from pathlib import Path

import pytest

from mx.anatomy.containers.archive import FORMATS, archive_reader, open_cabs
from mx.anatomy.containers.contract import Member
from mx.anatomy.containers.libarchive import LibArchive, load
from tests.contracts.archives import (
    contents_of,
    lha,
    made_by,
    names_of,
    rpm,
    steps_of,
    written_by_libarchive,
)
from tests.contracts.mail import EICAR

SAMPLES = Path("/usr/share/clamav-testfiles")


@pytest.fixture(scope="module")
def library() -> LibArchive:
    """The library of this machine."""
    loaded = load()
    if loaded is None:
        pytest.skip("libarchive is not installed")
    return loaded


def cpio(form: str = "newc") -> bytes:
    return written_by_libarchive(f"cpio_{form}", {"a.com": EICAR})


ARCHIVES = {
    "ar": lambda: made_by(["ar", "rc", "a.a", "a.com"], "a.a", {"a.com": EICAR}),
    "cpio": cpio,
    "iso": lambda: written_by_libarchive("iso9660", {"a.com": EICAR}),
    "lha": lambda: lha(EICAR),
    "rpm": lambda: rpm(gzip.compress(cpio())),
    "xar": lambda: written_by_libarchive("xar", {"a.com": EICAR}),
}


@pytest.mark.parametrize("form", ARCHIVES)
def test_opens(form: str, library: LibArchive) -> None:
    """The one file comes out, and nothing is odd."""
    steps = steps_of(archive_reader(library, FORMATS[form]), ARCHIVES[form]())
    assert EICAR in contents_of(steps)
    assert names_of(steps) == set()


def test_an_rpm_may_pack_its_payload_otherwise(library: LibArchive) -> None:
    """The packing is told by the payload."""
    assert contents_of(steps_of(archive_reader(library, FORMATS["rpm"]), rpm(bz2.compress(cpio())))) == [EICAR]


def test_all_trees_of_an_image_are_read(library: LibArchive) -> None:
    """A file that the Joliet tree hides stands in the other one; long names and short ones are both told."""
    command = ["genisoimage", "-quiet", "-J", "-R", "-hide-joliet", "hidden.com", "-o", "a.iso", "tree"]
    image = made_by(command, "a.iso", {"tree/hidden.com": EICAR, "tree/a very long name.txt": b"shown"})
    steps = steps_of(archive_reader(library, FORMATS["iso"]), image)
    assert {EICAR, b"shown"} <= set(contents_of(steps))
    names = {step.name for step in steps if isinstance(step, Member)}
    assert {"a very long name.txt", "hidden.com"} <= names


def test_a_cabinet_is_found_behind_a_programs_stub(library: LibArchive) -> None:
    """Wherever it begins; the mere magic, which programs that make cabinets hold too, is none."""
    if not SAMPLES.is_dir():
        pytest.skip("clamav-testfiles is not installed")
    cabinet, program = (SAMPLES / "clam.cab").read_bytes(), (SAMPLES / "clam.exe").read_bytes()
    steps = steps_of(open_cabs(library), b"MZ stub MSCF\0\0\0\0 that makes them" + cabinet)
    assert (contents_of(steps), names_of(steps)) == ([program], set())


@pytest.mark.parametrize("form", ["cpio", "iso", "xar"])
def test_what_is_cut_off_is_unscannable(form: str, library: LibArchive) -> None:
    """Something was there, and not all of it can be read."""
    archive = ARCHIVES[form]()
    end = len(archive) - 30 if form == "xar" else archive.rindex(EICAR) + 20
    steps = steps_of(archive_reader(library, FORMATS[form]), archive[:end])
    assert names_of(steps) == {f"broken-{form}"}


def test_octets_that_only_begin_like_an_archive_are_odd(library: LibArchive) -> None:
    """No obstacle: nothing can be within."""
    steps = steps_of(archive_reader(library, FORMATS["lha"]), b"xx-lh5-and text")
    assert names_of(steps) == {"broken-lha"}
    assert contents_of(steps) == []
