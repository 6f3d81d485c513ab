"""FAT volumes: of every size, by Debian's own tools and made in code; and what is amiss with them."""

import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.budget import Budget, LimitReached, Limits
from mx.anatomy.containers.contract import Member, Obstacle, Step, Stretch, whole
from mx.anatomy.containers.fat import open_fat
from mx.anatomy.kinds import Kind, kinds
from tests.corpus.formats.disks import SECTOR, entry_of, fat_image, volume_of

LONG = bytes(range(256)) * 30


def steps(octets: bytes) -> list[Step]:
    return list(open_fat(whole(octets), Budget(lambda: 0.0)))


def files(octets: bytes) -> dict[str, bytes]:
    return {step.name: step.content.raw for step in steps(octets) if isinstance(step, Member)}


def obstacles(octets: bytes) -> set[str]:
    return {step.name for step in steps(octets) if isinstance(step, Obstacle)}


@pytest.mark.parametrize("clusters", [40, 2000, 5000])
@pytest.mark.parametrize("is_scattered", [False, True])
def test_files_are_whole_wherever_their_clusters_lie(clusters: int, is_scattered: bool) -> None:
    """In FAT12 and FAT16; within folders too; an empty file is none."""
    here, there = {"A.TXT": b"one", "LONG.BIN": LONG, "EMPTY": b""}, {"EICAR.COM": b"x" * 513}
    image = fat_image(here, clusters=clusters, is_scattered=is_scattered, folder=there)
    assert kinds(whole(image), "") == [Kind.FAT]
    assert files(image) == {"A.TXT": b"one", "LONG.BIN": LONG, "DIR/EICAR.COM": b"x" * 513}
    assert obstacles(image) == set()
    framed = Stretch(b"before" + image + b"after", 6, 6 + len(image))
    inner = [step.content.raw for step in open_fat(framed, Budget(lambda: 0.0)) if isinstance(step, Member)]
    assert inner == list(files(image).values())


@pytest.mark.skipif(not shutil.which("mkfs.fat") or not shutil.which("mcopy"), reason="no dosfstools, or no mtools")
@pytest.mark.parametrize(("bits", "kilobytes"), [(12, 1440), (16, 9000), (32, 34_000)])
def test_what_debians_tools_have_written_is_read(tmp_path: Path, bits: int, kilobytes: int) -> None:
    """Long names beside short ones, folders, what was deleted, and a file in the gap that it left."""
    image, environment = tmp_path / "image", {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8"}

    def run(*words: object) -> None:
        subprocess.run([str(word) for word in words], check=True, capture_output=True, env=environment, timeout=60)

    run("mkfs.fat", "-C", "-F", bits, image, kilobytes)
    for name, content in {
        "first": LONG,
        "second": b"second",
        "A longer name, größer.txt": b"x",
        "third": LONG * 9,
    }.items():
        (tmp_path / name).write_bytes(content)
    run("mcopy", "-i", image, tmp_path / "first", "::")
    run("mcopy", "-i", image, tmp_path / "second", "::")
    run("mdel", "-i", image, "::first")
    run("mmd", "-i", image, "::dir")
    run("mcopy", "-i", image, tmp_path / "third", tmp_path / "A longer name, größer.txt", "::dir/")
    raw = image.read_bytes()
    found = {step.name.lower(): step for step in steps(raw) if isinstance(step, Member)}
    assert {name: step.content.raw for name, step in found.items()} == {
        "second": b"second",
        "dir/third": LONG * 9,
        "dir/a longer name, größer.txt": b"x",
    }
    assert found["dir/a longer name, größer.txt"].names == ("DIR/ALONGE~1.TXT",)
    assert obstacles(raw) == set()


def _with(links: dict[int, int], root: bytes, bits: int = 12) -> bytes:
    return volume_of(bits, 40, {0: 0xFFF8, 1: 0xFFFF} | links, root, bytes(40 * SECTOR))


@pytest.mark.parametrize(
    ("links", "root"),
    [
        ({2: 3, 3: 2}, entry_of("A", 2, 99_999)),
        ({2: 99}, entry_of("A", 2, 10_000)),
        ({2: 0}, entry_of("A", 2, 10_000)),
        ({2: 0xFFF}, entry_of("A", 2, 513)),
        ({2: 0xFFF}, entry_of("A", 2, 10) + entry_of("B", 2, 10)),
        ({2: 0xFFF}, entry_of("A", 41 + 2, 10)),
        ({2: 2}, entry_of("DIR", 2, 0, 0x10)),
        ({}, entry_of("DIR", 0, 0, 0x10)),
        ({}, entry_of("A", 0xFFF, 10)),
    ],
)
def test_a_chain_that_leads_nowhere_is_unscannable(links: dict[int, int], root: bytes) -> None:
    """A ring, an end outside, a free cluster, an end too early, two files in one, a start outside, no start."""
    assert obstacles(_with(links, root)) == {"fat-broken"}


def test_a_folder_within_itself_ends() -> None:
    """It is read once."""
    image = bytearray(_with({2: 0xFFF}, entry_of("DIR", 2, 0, 0x10)))
    image[-40 * SECTOR : -40 * SECTOR + 32] = entry_of("DIR", 2, 0, 0x10)
    assert obstacles(bytes(image)) == {"fat-broken"}


def test_what_programs_may_read_in_two_ways_is_unscannable() -> None:
    """Tables that differ, and a label that says what it is not; the files are read all the same."""
    image = fat_image({"A.TXT": b"one"})
    differs = bytearray(image)
    differs[SECTOR + 5] ^= 1
    for doubtful in (bytes(differs), fat_image({"A.TXT": b"one"}, label=b"FAT16   ")):
        assert obstacles(doubtful) == {"fat-doubtful"} and files(doubtful) == {"A.TXT": b"one"}


def test_what_is_only_named_so_is_broken_and_what_is_not_even_that_is_nothing() -> None:
    """A program may begin with a jump."""
    assert obstacles((b"\xeb\x3c\x90" + b"MSDOS5.0".ljust(51) + b"FAT12   ").ljust(600, b"\0")) == {"fat-broken"}
    assert steps(b"\xe9\0\0" + bytes(8) + b"\0\2\1\1\0\1" + bytes(600)) == []
    assert steps(b"\xe9") == steps(b"") == []


def test_an_image_that_is_cut_is_unscannable() -> None:
    """What lies beyond its end cannot be examined."""
    image = fat_image({"A.TXT": b"one", "LONG.BIN": LONG})
    assert obstacles(image[: -2000 * SECTOR + 1000]) == {"fat-broken"}


def test_what_is_put_together_counts_for_the_limits() -> None:
    """It did not exist before."""
    image = fat_image({"LONG.BIN": LONG}, is_scattered=True)
    with pytest.raises(LimitReached):
        list(open_fat(whole(image), Budget(lambda: 0.0, Limits(unpacked_octets=1000))))


@given(st.integers(0, 30 * SECTOR), st.binary(min_size=1, max_size=64))
def test_no_damage_makes_it_raise(place: int, octets: bytes) -> None:
    """Whatever stands anywhere."""
    image = bytearray(
        fat_image({"A.TXT": b"one", "LONG.BIN": LONG}, clusters=60, is_scattered=True, folder={"B": b"x"})
    )
    image[place : place + len(octets)] = octets
    steps(bytes(image))
