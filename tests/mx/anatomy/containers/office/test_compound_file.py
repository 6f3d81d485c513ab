"""Compound files: whole, in pieces, damaged, and made to cost more than their size."""

import struct
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mx.anatomy.budget import Budget
from mx.anatomy.containers.contract import Stretch, whole
from mx.anatomy.containers.office.compound_file import CompoundFile, Entry
from tests.corpus.formats.compound import Tree, compound, shuffled

LARGE = bytes(range(256)) * 40
SMALL = b"small stream"
TREE: Tree = {"large": LARGE, "small": SMALL, "storage": {"inner": SMALL * 9, "deep": {"deeper": LARGE[::-1]}}}
WANTED = {
    ("large",): LARGE,
    ("small",): SMALL,
    ("storage", "inner"): SMALL * 9,
    ("storage", "deep", "deeper"): LARGE[::-1],
}
DIRECTORY_PLACE, SECTOR, ENTRY = 48, 512, 128


def opened(octets: bytes) -> CompoundFile:
    return CompoundFile(whole(octets), Budget(lambda: 0.0))


def streams_of(file: CompoundFile) -> dict[tuple[str, ...], bytes]:
    return {entry.path: read[0].raw for entry in file.entries if (read := file.read(entry))}


def entry_place(octets: bytes, number: int) -> int:
    """Where a directory entry lies, in a file whose directory is one run of sectors."""
    return (struct.unpack_from("<I", octets, DIRECTORY_PLACE)[0] + 1) * SECTOR + number * ENTRY


@pytest.mark.parametrize("form", [compound, lambda tree: shuffled(compound(tree))], ids=["plain", "shuffled"])
def test_every_stream_is_read(form: object) -> None:
    """Small and large, in one piece and in pieces, within storages."""
    file = opened(form(TREE))  # type: ignore[operator]
    assert streams_of(file) == WANTED
    assert not file.is_broken and not file.is_cut


def test_a_stream_in_one_piece_is_not_copied() -> None:
    octets = compound(TREE)
    file = opened(octets)
    large = next(entry for entry in file.entries if entry.name == "large")
    assert file.read(large)[0].base is octets


def test_a_stretch_of_something_larger_is_read() -> None:
    octets = compound(TREE)
    file = CompoundFile(Stretch(b"before" + octets + b"after", 6, 6 + len(octets)), Budget(lambda: 0.0))
    assert streams_of(file) == WANTED


def test_sectors_of_four_kilobytes() -> None:
    """Version 4 of the format: header, then sectors of 4096 octets."""
    content = bytes(5000)
    name = "a".encode("utf-16-le")
    root = "Root Entry".encode("utf-16-le")
    none = 0xFFFFFFFF

    def entry(name: bytes, kind: int, child: int, first: int, octets: int) -> bytes:
        return (
            name.ljust(64, b"\0")
            + struct.pack("<HBBIII", len(name) + 2, kind, 1, none, none, child)
            + bytes(36)
            + struct.pack("<IQ", first, octets)
        )

    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH6x", 0x3E, 4, 0xFFFE, 12, 6)
    header += struct.pack("<IIIIIIIII", 1, 1, 1, 0, 4096, none - 1, 0, none - 1, 0) + struct.pack("<I", 0).ljust(
        436, b"\xff"
    )
    fat = struct.pack("<IIII", none - 2, none - 1, 3, none - 1).ljust(4096, b"\xff")
    directory = (entry(root, 5, 1, none - 1, 0) + entry(name, 2, none, 2, 5000)).ljust(4096, b"\0")
    file = opened(header.ljust(4096, b"\0") + fat + directory + content.ljust(8192, b"\0"))
    assert streams_of(file) == {("a",): content}


def test_an_entry_that_nothing_leads_to_is_read() -> None:
    """A tree that was cut does not hide what it held."""
    octets = bytearray(compound(TREE))
    struct.pack_into("<I", octets, entry_place(octets, 0) + 76, 0xFFFFFFFF)
    file = opened(bytes(octets))
    assert {path[-1]: content for path, content in streams_of(file).items()} == {
        path[-1]: content for path, content in WANTED.items()
    }
    assert file.is_broken


def test_a_directory_that_the_header_does_not_lead_to_is_looked_for() -> None:
    octets = bytearray(compound(TREE))
    struct.pack_into("<I", octets, DIRECTORY_PLACE, 0x00FFFFFF)
    file = opened(bytes(octets))
    assert set(streams_of(file)) == set(WANTED)
    assert file.is_broken


def test_a_chain_that_ends_early_is_also_read_straight_on() -> None:
    """Both readings: what the table says, and what lies behind the first sector."""
    octets = bytearray(compound({"large": LARGE}))
    first = struct.unpack_from("<I", octets, entry_place(octets, 1) + 116)[0]
    struct.pack_into("<I", octets, SECTOR + 4 * first, 0xFFFFFFFE)
    file = opened(bytes(octets))
    readings = [one.raw for one in file.read(file.entries[1])]
    assert readings == [LARGE[:SECTOR], LARGE]
    assert file.is_broken


def test_a_chain_in_a_circle_ends() -> None:
    octets = bytearray(compound({"large": LARGE}))
    first = struct.unpack_from("<I", octets, entry_place(octets, 1) + 116)[0]
    struct.pack_into("<I", octets, SECTOR + 4 * first, first)
    file = opened(bytes(octets))
    assert all(len(one.raw) <= len(LARGE) for one in file.read(file.entries[1]))


def test_siblings_in_a_circle_end() -> None:
    octets = bytearray(compound(TREE))
    struct.pack_into("<III", octets, entry_place(octets, 1) + 68, 1, 2, 0)
    assert len(opened(bytes(octets)).entries) == 7


def test_two_thousand_entries_of_the_same_sectors_cost_no_more_than_the_file() -> None:
    """Each of another length, so that none is left out as known."""
    tree: dict[str, bytes] = {"a": bytes(1 << 20), **{f"s{number}": b"" for number in range(2000)}}
    octets = bytearray(compound(tree))
    first = struct.unpack_from("<I", octets, entry_place(octets, 1) + 116)[0]
    for number in range(2, 2002):
        struct.pack_into("<IQ", octets, entry_place(octets, number) + 116, first, (1 << 20) - number)
    started = time.process_time()
    file = opened(bytes(octets))
    for entry in file.entries:
        file.read(entry)
    assert file.is_cut
    assert time.process_time() - started < 2


def test_octets_behind_the_last_sector_are_told() -> None:
    octets = compound(TREE)
    assert opened(octets + b"more").behind.raw == b"more"
    assert opened(octets).behind.raw == b""


@pytest.mark.parametrize("octets", [b"", b"\xd0\xcf\x11\xe0", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\xff" * 600])
def test_what_is_none_has_no_entries(octets: bytes) -> None:
    file = opened(octets)
    assert file.entries == ()
    assert file.is_broken


@given(st.lists(st.tuples(st.integers(0, 4000), st.integers(0, 255)), min_size=1, max_size=6), st.integers(0, 20_000))
@settings(max_examples=200, deadline=None)
def test_damage_never_raises(changes: list[tuple[int, int]], cut: int) -> None:
    """And nothing is longer than the file."""
    octets = bytearray(compound(TREE))
    for place, value in changes:
        octets[place] = value
    file = opened(bytes(octets[: len(octets) - cut]))
    entries: tuple[Entry, ...] = file.entries
    assert all(one.octets <= len(octets) for entry in entries for one in file.read(entry))
