"""Virtual disks that grow."""

import contextlib
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mx.anatomy.budget import LimitReached
from mx.anatomy.containers.contract import Member, Obstacle, whole
from mx.anatomy.containers.virtual_disks import open_vhd, open_vhdx
from mx.anatomy.kinds import Kind, kinds
from tests.contracts.stepping import contents_of, obstacles_of, steps_of
from tests.corpus.formats.disks import disk_of, fat_image
from tests.corpus.formats.virtual_disks import dynamic_vhd, vhdx

VOLUME = fat_image({"LETTER.TXT": b"hello" * 9999}, clusters=9000)
DISK = disk_of([(0x06, VOLUME)])
MADE = {
    "VHD": (open_vhd, dynamic_vhd(DISK)),
    "VHD in another order": (open_vhd, dynamic_vhd(DISK, is_scattered=True)),
    "VHDX": (open_vhdx, vhdx(DISK)),
}


@pytest.mark.parametrize("case", MADE)
def test_the_blocks_are_put_in_order(case: str) -> None:
    """The disk is a member, and so is each partition; what is not kept is zeros."""
    reader, octets = MADE[case]
    disk, partition = contents_of(reader, octets)
    assert disk.rstrip(b"\0") == DISK.rstrip(b"\0")
    assert partition.rstrip(b"\0") == VOLUME.rstrip(b"\0")
    assert obstacles_of(reader, octets) == []


def test_a_volume_without_a_table_is_the_disk() -> None:
    """It is opened as such."""
    (disk,) = contents_of(open_vhd, dynamic_vhd(VOLUME))
    assert kinds(whole(disk), "")[0] is Kind.FAT


def test_an_empty_disk_is_empty() -> None:
    """Nobody has written to it yet."""
    assert steps_of(open_vhd, dynamic_vhd(bytes(1 << 20))) == []
    assert steps_of(open_vhdx, vhdx(bytes(1 << 20))) == []


def test_each_is_known_by_its_beginning() -> None:
    """The trailer of a VHD that grows says nothing more."""
    assert kinds(whole(dynamic_vhd(DISK)), "") == [Kind.VHD]
    assert kinds(whole(vhdx(DISK)), "") == [Kind.VHDX]


OBSTACLES = {
    "needs another disk": (open_vhd, dynamic_vhd(DISK, kind=4), "virtual-disk-doubtful"),
    "its maps leave sectors out": (open_vhd, dynamic_vhd(DISK, is_mapped=False), "virtual-disk-doubtful"),
    "its log was not played back": (open_vhdx, vhdx(DISK, has_log=True), "virtual-disk-doubtful"),
    "VHDX that needs another disk": (open_vhdx, vhdx(DISK, has_parent=True), "virtual-disk-doubtful"),
    "a block that is kept in part": (open_vhdx, vhdx(DISK, state=7), "virtual-disk-doubtful"),
    "no file system": (open_vhd, dynamic_vhd(b"octets" * 999), "virtual-disk-unknown"),
    "a file system of another kind": (open_vhdx, vhdx(disk_of([(0x83, VOLUME)])), "disk-partition"),
    "cut": (open_vhd, dynamic_vhd(DISK)[:3000], "virtual-disk-broken"),
    "VHDX that is cut": (open_vhdx, vhdx(DISK)[: 3 << 20], "virtual-disk-broken"),
    "blocks behind the end": (open_vhdx, vhdx(DISK)[: 4 << 20], "virtual-disk-broken"),
    "no header": (open_vhd, dynamic_vhd(DISK).replace(b"cxsparse", b"cxspares"), "virtual-disk-broken"),
    "no regions": (open_vhdx, vhdx(DISK).replace(b"regi", b"rege"), "virtual-disk-broken"),
    "no sizes": (open_vhdx, vhdx(DISK).replace(b"metadata\0\0\2", b"metadata\0\0\1"), "virtual-disk-broken"),
}  # fmt: skip


@pytest.mark.parametrize("case", OBSTACLES)
def test_what_cannot_be_put_in_order_is_unscannable(case: str) -> None:
    """Each for its reason."""
    reader, octets, name = OBSTACLES[case]
    assert obstacles_of(reader, octets) == [name]


def test_a_block_that_stands_for_two_is_doubtful() -> None:
    """A disk of many times its size would come of it."""
    image = bytearray(dynamic_vhd(DISK))
    image[1536 : 1536 + 8] = image[1536 : 1536 + 4] * 2
    assert obstacles_of(open_vhd, bytes(image)) == ["virtual-disk-doubtful"]


def test_a_disk_that_is_too_large_is_a_limit() -> None:
    """It is not put together."""
    with pytest.raises(LimitReached):
        steps_of(open_vhd, dynamic_vhd(DISK), unpacked_octets=1 << 16)


@pytest.mark.skipif(shutil.which("qemu-img") is None, reason="qemu-img is not installed")
@pytest.mark.parametrize(("form", "reader"), [("vpc", open_vhd), ("vhdx", open_vhdx)])
def test_disks_of_another_program_are_read(form: str, reader: object, tmp_path: Path) -> None:
    """As they are."""
    (tmp_path / "raw").write_bytes(DISK)
    words = ["qemu-img", "convert", "-f", "raw", "-O", form, "raw", "disk"]
    subprocess.run(words, cwd=tmp_path, check=True, capture_output=True, timeout=60)
    steps = steps_of(reader, (tmp_path / "disk").read_bytes())  # type: ignore[arg-type]
    assert not [step for step in steps if isinstance(step, Obstacle)]
    assert [step.content.raw.rstrip(b"\0") for step in steps if isinstance(step, Member)] == [
        DISK.rstrip(b"\0"),
        VOLUME.rstrip(b"\0"),
    ]


STRUCTURES = [*range(16, 64), *range(512, 600), *range(1536, 1600)]


@settings(max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(STRUCTURES), st.integers(0, 255)), max_size=5))
def test_mutated_disks_raise_nothing(changes: list[tuple[int, int]]) -> None:
    """But limits."""
    image = bytearray(MADE["VHD"][1])
    for place, octet in changes:
        image[place] = octet
    with contextlib.suppress(LimitReached):
        steps_of(open_vhd, bytes(image), unpacked_octets=64 << 20)
