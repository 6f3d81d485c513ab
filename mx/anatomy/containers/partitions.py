"""Disk images that begin with a table of partitions (MBR): each partition is a member of its own, opened in its turn.

Standards: the table of four at octet 446, as every PC has had it since 1983.
Failure: a partition with a file system that no reader opens (NTFS, ext, an extended or GPT one) is `disk-partition`,
one that lies outside of the image `disk-cut`: both unscannable. Where the image begins as a volume of its own, its
start-up program stands where the table would: then partitions count that are volumes, and nothing is amiss.
"""

from collections.abc import Iterator

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Member, Obstacle, Step, Stretch

_TABLE, _ENTRY_OCTETS, _SECTOR = 446, 16, 512
_FAT_TYPES = frozenset({0x01, 0x04, 0x06, 0x0B, 0x0C, 0x0E, 0x11, 0x14, 0x16, 0x1B, 0x1C, 0x1E})


def open_partitions(content: Stretch, budget: Budget) -> Iterator[Step]:
    """Every partition that has a size."""
    budget.check_time()
    is_volume = looks_like_fat(content)
    for number in range(4):
        place = content.start + _TABLE + number * _ENTRY_OCTETS
        entry = content.base[place : min(place + _ENTRY_OCTETS, content.end)]
        if len(entry) == _ENTRY_OCTETS and entry[4]:
            partition = _partition(content, entry)
            is_fat = entry[4] in _FAT_TYPES and looks_like_fat(partition)
            if partition.octets and (is_fat or not is_volume):
                yield Member(f"partition {number + 1}", "", "partition", partition)
            if not is_fat and not is_volume:
                yield Obstacle("disk-partition" if partition.octets else "disk-cut")


def _partition(content: Stretch, entry: bytes) -> Stretch:
    first, sectors = int.from_bytes(entry[8:12], "little"), int.from_bytes(entry[12:16], "little")
    begins = min(content.start + first * _SECTOR, content.end) if first else content.end
    return Stretch(content.base, begins, min(begins + sectors * _SECTOR, content.end))


def looks_like_fat(content: Stretch) -> bool:
    """Whether it begins as a FAT volume does: a jump, and the sizes of sectors and clusters."""
    boot = content.base[content.start : min(content.start + 17, content.end)]
    return len(boot) == 17 and boot[0] in b"\xeb\xe9" and boot[11] == 0 and boot[12] in b"\x02\x04\x08\x10"
