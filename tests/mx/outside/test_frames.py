"""Frames between us and the processes of plug-ins."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mx.outside.frames import (
    MOST_OCTETS_BACK,
    NOTHING_SENT,
    Frame,
    Frames,
    Nonsense,
    document_of,
    frame_octets,
    json_octets,
    sent,
)
from tests.contracts.engine import Octets

FRAMES = [(Frame.CALL, 7, b"event"), (Frame.PING, 0, b""), (Frame.ANSWER, 1 << 31, b"{}")]


@given(st.lists(st.integers(1, 20), max_size=10))
def test_frames_come_out_however_they_were_cut(cuts: list[int]) -> None:
    """Octet by octet or all at once."""
    octets = b"".join(frame_octets(*frame) for frame in FRAMES)
    frames, found = Frames(MOST_OCTETS_BACK), []
    for cut in cuts:
        found += frames.feed(octets[:cut])
        octets = octets[cut:]
    assert [*found, *frames.feed(octets)] == FRAMES


@pytest.mark.parametrize(
    "octets", [b"\xff" * 9, frame_octets(Frame.ANSWER, 1, b"x" * (MOST_OCTETS_BACK + 1)), bytes(9)]
)
def test_what_is_no_frame_is_nonsense(octets: bytes) -> None:
    """Too long, or of no kind."""
    with pytest.raises(Nonsense):
        list(Frames(MOST_OCTETS_BACK).feed(octets))


@pytest.mark.parametrize("body", [b"", b"{", b"[1]", b"[" * 100_000, b"\xff"])
def test_what_is_no_object_is_nonsense(body: bytes) -> None:
    """Whatever else it is."""
    with pytest.raises(Nonsense):
        document_of(body)
    assert document_of(json_octets({"a": "\u00e4"})) == {"a": "\u00e4"}


def test_contents_are_sent_whole() -> None:
    """Whatever pieces they come in; nothing is no piece."""
    content = sent(Octets(b"x" * 100_000))
    assert (content.octets, list(content.chunks())) == (100_000, [b"x" * 100_000])
    assert list(NOTHING_SENT.chunks()) == []
