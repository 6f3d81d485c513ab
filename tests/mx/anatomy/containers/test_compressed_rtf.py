"""Compressed RTF: the two examples of MS-OXRTFCP section 4, plain RTF, what is cut, and what is none."""

import struct
import time

import pytest

from mx.anatomy.budget import Budget, LimitReached, Limits
from mx.anatomy.containers.compressed_rtf import decompress_rtf
from mx.anatomy.containers.contract import Stretch

SIMPLE = bytes.fromhex(
    "2d0000002b0000004c5a4675f1c5c7a703000a007263706731323542320af32068656c090020627705b06c647d0a800fa0"
)
CROSSING = bytes.fromhex("1a0000001c0000004c5a4675e2d44b51410004205758595a0d6e7d010eb0")


def decompressed(content: bytes, limits: Limits | None = None) -> bytes:
    return decompress_rtf(Stretch(b"before" + content, 6, 6 + len(content)), Budget(time.process_time, limits))


def test_the_published_examples_are_read() -> None:
    """A text of its own, and one whose copies run over what they write themselves."""
    assert decompressed(SIMPLE) == b"{\\rtf1\\ansi\\ansicpg1252\\pard hello world}\r\n"
    assert decompressed(CROSSING) == b"{\\rtf1 WXYZWXYZWXYZWXYZWXYZ}"


def test_plain_rtf_stands_behind_its_header() -> None:
    assert decompressed(struct.pack("<II4sI", 20, 8, b"MELA", 0) + b"{\\rtf1}") == b"{\\rtf1}"


@pytest.mark.parametrize("content", [b"", b"LZFu", bytes(16) + b"{\\rtf1}"])
def test_what_is_none_gives_nothing(content: bytes) -> None:
    assert decompressed(content) == b""


@pytest.mark.parametrize("length", range(len(SIMPLE)))
def test_what_is_cut_is_read_as_far_as_it_goes(length: int) -> None:
    assert decompressed(SIMPLE).startswith(decompressed(SIMPLE[:length]))


def test_output_is_charged() -> None:
    """The budget ends what unpacks to more than a message may."""
    packed = struct.pack("<II4sI", 0, 0, b"LZFu", 0) + (b"\x00" + b"x" * 8) * 200_000
    with pytest.raises(LimitReached):
        decompressed(packed, Limits(unpacked_octets=1 << 20))
