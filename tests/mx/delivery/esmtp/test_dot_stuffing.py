"""Content on its way over DATA."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.delivery.esmtp.dot_stuffing import ONE_WRITE_OCTETS, UnsafeContentError, octets_over_data
from tests.contracts.octets import Octets


def sent(headers: bytes, *pieces: bytes) -> bytes:
    """Everything that goes out."""
    return b"".join(octets_over_data(headers, Octets(*pieces)))


def received(wire: bytes) -> bytes:
    """What a strict next hop makes of it: line by line, up to the first line that is a dot alone."""
    lines = wire.split(b"\r\n")
    end = lines.index(b".")
    assert lines[end + 1 :] == [b""], "there is something behind the end of data"
    return b"".join(line.removeprefix(b".") + b"\r\n" for line in lines[:end])


@pytest.mark.parametrize(
    ("content", "wire"),
    [
        (b"a\r\n", b"a\r\n.\r\n"),
        (b"a", b"a\r\n.\r\n"),
        (b"", b".\r\n"),
        (b".\r\n", b"..\r\n.\r\n"),
        (b"a\r\n.\r\nb\r\n", b"a\r\n..\r\nb\r\n.\r\n"),
        (b"a\r\n..b\r\n", b"a\r\n...b\r\n.\r\n"),
        (b"a\r\n.", b"a\r\n..\r\n.\r\n"),
        (b"\r\n\r\n", b"\r\n\r\n.\r\n"),
    ],
)
def test_dots_are_stuffed_and_the_end_is_added(content: bytes, wire: bytes) -> None:
    """A dot is doubled at the start of a line only, and a missing last CRLF is added."""
    assert sent(b"", content) == wire


def test_a_small_message_is_one_piece() -> None:
    """Headers, content and end in one write."""
    assert list(octets_over_data(b"A: b\r\n", Octets(b"\r\n", b"x\r\n"))) == [b"A: b\r\n\r\nx\r\n.\r\n"]


@pytest.mark.parametrize("content", [b"a\nb", b"a\rb", b"\n", b"\r", b"a\r\r\nb", b"a\r\n\nb", b"a\r"])
@pytest.mark.parametrize("filling", [b"", b"x" * ONE_WRITE_OCTETS])
def test_a_lone_cr_or_lf_never_goes_out(content: bytes, filling: bytes) -> None:
    """Neither it nor an end of data is given out, whichever way the message goes."""
    pieces = octets_over_data(b"", Octets(filling, content))
    with pytest.raises(UnsafeContentError):
        while True:
            assert set(next(pieces)) <= set(b"xa")


LINES = st.lists(st.sampled_from([b".", b"..", b"a", b"\r\n", b"\r\n.", b"\r\n.\r\n"]), max_size=12).map(b"".join)


@given(LINES, LINES, st.lists(st.integers(0, 40), max_size=6))
def test_any_cut_of_a_long_message_gives_the_same_octets(headers: bytes, content: bytes, cuts: list[int]) -> None:
    """Borders of chunks fall between CR and LF, and before dots; what arrives is what was there."""
    filling = b"x" * ONE_WRITE_OCTETS + b"\r\n"
    headers += b"\r\n"
    edges = [0, *sorted(min(cut, len(content)) for cut in cuts), len(content)]
    pieces = [content[start:end] for start, end in itertools.pairwise(edges)]
    expected = headers + filling + content
    wire = sent(headers, filling, *pieces)
    assert received(wire) == (expected if expected.endswith(b"\r\n") else expected + b"\r\n")
    assert sent(headers, filling + content) == wire
