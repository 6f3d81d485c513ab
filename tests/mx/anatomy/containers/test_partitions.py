"""Disks with a table of partitions: each partition on its own, and those that nobody opens."""

import pytest

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Step, whole
from mx.anatomy.containers.partitions import looks_like_fat, open_partitions
from mx.anatomy.kinds import Kind, kinds, unread_container
from tests.corpus.formats.disks import SECTOR, disk_of, fat_image, fixed_vhd

FAT = fat_image({"A.TXT": b"one"}, clusters=40)


def steps(octets: bytes) -> list[Step]:
    return list(open_partitions(whole(octets), Budget(lambda: 0.0)))


def test_each_volume_is_a_member() -> None:
    """With its octets, and nothing amiss; a fixed VHD is the same disk with a trailer."""
    disk = disk_of([(0x0C, FAT), (0x06, FAT)])
    for image in (disk, fixed_vhd(disk)):
        assert kinds(whole(image), "") == [Kind.DISK] and unread_container(whole(image)) is None
        assert [(step.name, step.content.raw) for step in steps(image) if isinstance(step, Member)] == [
            ("partition 1", FAT),
            ("partition 2", FAT),
        ]
        assert not [step for step in steps(image) if isinstance(step, Obstacle)]


@pytest.mark.parametrize(
    ("partitions", "name"),
    [
        ([(0x07, b"\xeb\x52\x90NTFS    ")], "disk-partition"),
        ([(0x83, b"ext4")], "disk-partition"),
        ([(0x05, b"extended")], "disk-partition"),
        ([(0xEE, b"EFI PART")], "disk-partition"),
        ([(0x0C, b"no FAT at all")], "disk-partition"),
        ([(0x0C, b"")], "disk-cut"),
    ],
)
def test_what_nobody_opens_is_unscannable(partitions: list[tuple[int, bytes]], name: str) -> None:
    """Never clean; what there is of it is scanned as it stands."""
    found = steps(disk_of([*partitions, (0x0C, FAT)]))
    assert {step.name for step in found if isinstance(step, Obstacle)} == {name}
    assert found[-1] == next(step for step in found if isinstance(step, Member) and step.content.raw == FAT)


def test_a_partition_beyond_the_end_is_unscannable() -> None:
    """The image was cut."""
    assert steps(disk_of([(0x0C, FAT)])[:SECTOR]) == [Obstacle("disk-cut")]


def test_a_volumes_start_up_program_is_no_table() -> None:
    """Its octets stand where the table would; a partition among them that is a volume counts all the same."""
    volume = bytearray(fat_image({"A.TXT": b"one"}))
    volume[446:510] = bytes.fromhex("80000000070000000200000002000000").ljust(64, b"\x55")
    assert steps(bytes(volume)) == []
    disk = bytearray(disk_of([(0x0C, FAT)]))
    disk[:17] = FAT[:17]
    assert [step.content.raw for step in steps(bytes(disk)) if isinstance(step, Member)] == [FAT]


def test_a_short_disk_has_no_table() -> None:
    """Nothing is read beyond its end."""
    assert steps(b"") == steps(bytes(500)) == [] and not looks_like_fat(whole(b"\xeb"))
