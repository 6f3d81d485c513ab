"""Dumps of octets, line by line."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.hex_dumps import dumped

OCTETS = b"MZ" + bytes(range(0, 250, 3)) + b"the end"
ROWS = [OCTETS[at : at + 16] for at in range(0, len(OCTETS), 16)]


def _intel(place: int, row: bytes) -> bytes:
    record = bytes([len(row), place >> 8, place & 255, 0]) + row
    return b":" + (record + bytes([-sum(record) & 255])).hex().upper().encode() + b"\r\n"


def _motorola(place: int, row: bytes) -> bytes:
    record = bytes([len(row) + 3, place >> 8, place & 255]) + row
    return b"S1" + (record + bytes([~sum(record) & 255])).hex().upper().encode() + b"\r\n"


PLACED = [(16 * number, row) for number, row in enumerate(ROWS)]
DUMPS = {
    "Intel HEX": b"".join(_intel(*each) for each in PLACED) + b":00000001FF\r\n",
    "S-records": b"S00600004844521B\r\n" + b"".join(_motorola(*each) for each in PLACED) + b"S9030000FC\r\n",
    "xxd": b"".join(b"%08x: %b  %b\n" % (at, row.hex(" ", 2).encode(), b"." * 16) for at, row in PLACED),
    "hexdump": b"".join(
        b"%08x  %b  %b  |%b|\n" % (at, row[:8].hex(" ").encode(), row[8:].hex(" ").encode(), b"ab" * 8)
        for at, row in PLACED
    ).replace(b"   |", b"  |"),
    "od": b"".join(b"%07o %b\n" % (at, row.hex(" ").encode()) for at, row in PLACED),
    "batch file": b"".join(b"echo %b>>x\r\n" % row.hex(" ").upper().encode() for row in ROWS),
    "C": b"".join(b'"%b"\n' % row.hex().encode() for row in ROWS),
}


@pytest.mark.parametrize("form", DUMPS)
def test_reads_the_octets_of_the_lines(form: str) -> None:
    """All of them and nothing else."""
    assert OCTETS in list(dumped(b"Some words before it.\r\n" + DUMPS[form]))


def test_prose_is_none() -> None:
    """Nor is one line."""
    assert list(dumped(b"A dead beef cafe.\r\n" * 10 + b"echo 4d 5a 90 00 4d 5a 90 00\r\n")) == []


PIECES = [b"00", b"00 ", b":", b"\n", b"S1", b"echo ", b"00000000: ", b"  ", b">", b"AB" * 8 + b"\n"]


@given(st.lists(st.sampled_from(PIECES), max_size=60).map(b"".join))
def test_any_octets_will_do(text: bytes) -> None:
    """Never raises."""
    list(dumped(text))


@pytest.mark.parametrize(
    "piece", [*PIECES, b"00 00\n", b":0000000000\n", b"0000 00\n", b"echo 00 00 00 00 00 00 00 00\n"]
)
def test_time_is_linear(piece: bytes) -> None:
    """64 KB of anything are read in well under a second."""
    began = time.process_time()
    list(dumped(b"\n" + b"00" * 8 + b"\n" + piece * ((1 << 16) // len(piece))))
    assert time.process_time() - began < 1
