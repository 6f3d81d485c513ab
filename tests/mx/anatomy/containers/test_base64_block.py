"""Base64 that nothing declares."""

import base64
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.anatomy.containers.base64_block import MOST_BLOCKS, open_base64_blocks
from tests.contracts.stepping import contents_of, steps_of

OCTETS = bytes(range(256))
LINES = base64.encodebytes(OCTETS)

FOUND = {
    "alone": LINES,
    "CR LF": LINES.replace(b"\n", b"\r\n"),
    "between texts": b"See below.\n\n" + LINES + b"\nRegards\n",
    "quoted": b"> " + LINES.replace(b"\n", b"\n> "),
    "armour": b"-----BEGIN THING-----\n" + LINES + b"-----END THING-----\n",
    "one line": base64.b64encode(OCTETS),
    "no padding": base64.b64encode(OCTETS[:192]) + b"\nRegards",
    "URL-safe": base64.urlsafe_b64encode(OCTETS),
}


@pytest.mark.parametrize("case", FOUND)
def test_finds_the_block(case: str) -> None:
    """Exactly its content is one of the members."""
    assert any(found in (OCTETS, OCTETS[:192]) for found in contents_of(open_base64_blocks, FOUND[case]))


def test_finds_each_block() -> None:
    """A line that is shorter ends one."""
    text = b"\n\n".join(base64.encodebytes(OCTETS[:size]) for size in (100, 200, 150))
    assert {OCTETS[:100], OCTETS[:200], OCTETS[:150]} <= set(contents_of(open_base64_blocks, text))


def test_members_are_guesses() -> None:
    """Nothing asks for this reading."""
    assert all(step.is_guess for step in steps_of(open_base64_blocks, LINES))  # type: ignore[union-attr]


def test_a_flood_of_blocks_ends_in_one_artifact() -> None:
    """A list of digests is no reason to refuse a mail, and nothing of it is left out."""
    text = b"\n\n".join(b"%064x" % number for number in range(5000))
    found = contents_of(open_base64_blocks, text)
    assert len(found) <= MOST_BLOCKS + 1
    assert len(found[-1]) > 200_000


@given(st.lists(st.sampled_from([b"A" * 40, b"\n", b"=", b" ", b"> ", b"text"]), max_size=40).map(b"".join))
def test_any_octets_will_do(text: bytes) -> None:
    """Never raises."""
    contents_of(open_base64_blocks, text)


@pytest.mark.parametrize("piece", [b"A" * 40 + b"\n", b"A" * 31 + b"\n", b"\n" + b" " * 100, b"A"])
def test_time_is_linear(piece: bytes) -> None:
    """64 KB of anything are read in a moment."""
    began = time.process_time()
    contents_of(open_base64_blocks, piece * ((1 << 16) // len(piece)))
    assert time.process_time() - began < 1
