"""BinHex 4.0."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.budget import LimitReached
from mx.anatomy.containers.binhex import open_binhex
from mx.anatomy.containers.contract import Member
from tests.contracts.stepping import contents_of, steps_of
from tests.corpus.hiding.undeclared import binhex

OCTETS = bytes(range(256))
BLOCK = binhex(OCTETS)


@pytest.mark.parametrize(
    "text",
    [BLOCK, b"words\r\n" + BLOCK + b"words", BLOCK.partition(b"\r\n\r\n")[2], BLOCK.replace(b"\r\n", b"\n")],
)
def test_reads_the_data_fork(text: bytes) -> None:
    """With or without the sentence before it."""
    assert contents_of(open_binhex, text) == [OCTETS]


def test_gives_the_name() -> None:
    """As the file has it."""
    (step,) = steps_of(open_binhex, binhex(b"content of it", b"a.exe"))
    assert isinstance(step, Member)
    assert step.name == "a.exe"


def test_runs_are_expanded_within_the_budget() -> None:
    """255 octets for three."""
    raw = b"\1x\0TEXTttxt\0\0" + (1 << 20).to_bytes(4, "big") + bytes(4) + b"\0\0" + b"z\x90\xff" * 30_000
    letters = b"!\"#$%&'()*+,-012345689@ABCDEFGHIJKLMNPQRSTUVXYZ[`abcdefhijklmpqr"
    raw += bytes(-len(raw) % 3)
    bits = "".join(f"{octet:08b}" for octet in raw)
    text = b":" + bytes(letters[int(bits[at : at + 6], 2)] for at in range(0, len(bits), 6)) + b":"
    (content,) = contents_of(open_binhex, text)
    assert content.strip(b"z") == b""
    with pytest.raises(LimitReached):
        steps_of(open_binhex, text, unpacked_octets=1 << 20)


@given(st.binary(max_size=60))
def test_any_octets_will_do(octets: bytes) -> None:
    """Never raises; letters that are no file are a member as they are."""
    contents_of(open_binhex, b":" + b"!" * 20 + octets)


def test_lines_of_something_else_are_one_artifact() -> None:
    """Each line of Intel HEX begins with a colon; a file among them is a file."""
    lines = b"".join(b":10%04X00%b00\r\n" % (number, b"3C" * 30) for number in range(500))
    found = contents_of(open_binhex, lines + binhex(b"content") + lines)
    assert b"content" in found and len(found) < 110
